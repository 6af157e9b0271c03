"""What the steps work with: the server's parts, the provider's client, the fetcher of results and the decoder."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from jobs.keeper import Keeper
from jobs.nanobanana.client import NanoBanana
from jobs.nanobanana.download import ResultFetcher
from jobs.rescheduler import Rescheduler
from server.core.ports import Decoder, Push
from server.infra.decoder import ProcessDecoder
from server.infra.push import WebPush
from server.settings import SIMULATOR_KEY, Settings
from server.wiring import Dependencies, open_dependencies

POSTMEN = 8
"""Devices that one process tells at once."""


@dataclass
class Hands:
    """How many more rows that are due this process can look after at once."""

    free: int = 200


@dataclass(frozen=True, slots=True)
class Workshop:
    """One a process."""

    parts: Dependencies
    client: NanoBanana
    fetcher: ResultFetcher
    decoder: Decoder
    keeper: Keeper
    rescheduler: Rescheduler
    post: Push
    hands: Hands = field(default_factory=Hands)
    postmen: Hands = field(default_factory=lambda: Hands(POSTMEN))


@asynccontextmanager
async def open_workshop(settings: Settings) -> AsyncIterator[Workshop]:
    """Open all of it, and close it in reverse. Raises `SettingsError`, `Unavailable`."""
    async with AsyncExitStack() as stack:
        parts = await stack.enter_async_context(open_dependencies(settings))
        key = settings.nanobanana_api_key.get_secret_value() if settings.nanobanana_api_key else SIMULATOR_KEY
        policy = parts.rules.policy
        client = NanoBanana(
            settings.provider_url, key, submit_timeout=policy.submit_timeout, ask_timeout=policy.ask_timeout
        )
        stack.push_async_callback(client.aclose)
        fetcher = ResultFetcher(
            settings.nanobanana_result_hosts.split(","),
            simulator=settings.provider_url if settings.simulated else None,
            max_bytes=settings.result_max_bytes,
            timeout=settings.result_timeout,
        )
        stack.push_async_callback(fetcher.aclose)
        decoder = ProcessDecoder(settings.upload_max_pixels)
        await decoder.start()
        stack.push_async_callback(decoder.aclose)
        keeper = Keeper(parts.database, policy)
        await stack.enter_async_context(keeper.running())
        post = WebPush(parts.push_destinations, parts.vapid, settings.push_subject, parts.clock, policy.push_timeout)
        stack.push_async_callback(post.aclose)
        yield Workshop(parts, client, fetcher, decoder, keeper, Rescheduler(parts.database, parts.rules), post)
