"""What the steps work with: the server's parts, the provider's client, the fetcher of results and the decoder."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from jobs.nanobanana.client import NanoBanana
from jobs.nanobanana.download import ResultFetcher
from server.core.ports import Decoder
from server.infra.decoder import ProcessDecoder
from server.settings import SIMULATOR_KEY, Settings
from server.wiring import Dependencies, open_dependencies


@dataclass(frozen=True, slots=True)
class Workshop:
    """One a process."""

    parts: Dependencies
    client: NanoBanana
    fetcher: ResultFetcher
    decoder: Decoder


@asynccontextmanager
async def open_workshop(settings: Settings) -> AsyncIterator[Workshop]:
    """Open all of it, and close it in reverse. Raises `SettingsError`, `Unavailable`."""
    async with AsyncExitStack() as stack:
        parts = await stack.enter_async_context(open_dependencies(settings))
        key = settings.nanobanana_api_key.get_secret_value() if settings.nanobanana_api_key else SIMULATOR_KEY
        client = NanoBanana(settings.provider_url, key, submit_timeout=parts.rules.policy.submit_timeout)
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
        yield Workshop(parts, client, fetcher, decoder)
