"""One subscription for the process, and whether it hears: what we publish ourselves must come back through it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from uuid import uuid4

from server.core.ports import Bus, Subscription, Unavailable
from server.ending import end
from server.live.times import LiveTimes

LOG = logging.getLogger(__name__)

TOGETHER = 500
"""Channels asked for at once when the subscription is opened again."""


class Hearing(StrEnum):
    """`degraded`: the bus is away for everybody, news come by the checks. `deaf`: it works, yet we hear nothing."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    DEAF = "deaf"


class Ear:
    """`on_news` gets what was heard at once, `on_gap` is called when something may have been missed."""

    def __init__(
        self, bus: Bus, times: LiveTimes, on_news: Callable[[list[tuple[str, bytes]]], None], on_gap: Callable[[], None]
    ) -> None:
        self._bus = bus
        self._times = times
        self._on_news = on_news
        self._on_gap = on_gap
        self._own = f"probe:{uuid4()}"
        self._channels: set[str] = {self._own}
        self._unconfirmed: set[str] = set()
        self._away = False
        self._deaf = False
        self._unanswered_since: float | None = None
        self._subscription: Subscription = bus.subscribe()
        self._listening: asyncio.Task[None] | None = None
        self._probing: asyncio.Task[None] | None = None

    @property
    def hearing(self) -> Hearing:
        """As of the last probe."""
        if self._away:
            return Hearing.DEGRADED
        return Hearing.DEAF if self._deaf or self._silent() else Hearing.HEALTHY

    async def start(self) -> None:
        """Begin to listen. A bus that is away is no error: it is waited for."""
        self._listening = asyncio.create_task(self._listen(self._subscription))
        await self.listen(self._own)
        await self._probe()
        self._probing = asyncio.create_task(self._probe_forever())

    async def listen(self, channel: str) -> bool:
        """Whether the bus confirmed the channel in time; else it is joined later, and a gap is told then."""
        self._channels.add(channel)
        is_confirmed = await self._add(channel)
        if not is_confirmed:
            self._unconfirmed.add(channel)
        return is_confirmed

    async def let_go(self, channel: str) -> None:
        """Stop listening to a channel."""
        self._channels.discard(channel)
        self._unconfirmed.discard(channel)
        with suppress(Unavailable, TimeoutError):
            async with asyncio.timeout(self._times.bus):
                await self._subscription.remove(channel)

    async def aclose(self) -> None:
        """End the subscription."""
        await end(*(task for task in (self._probing, self._listening) if task is not None))
        await self._drop(self._subscription)

    async def _add(self, channel: str) -> bool:
        try:
            await self._subscription.add(channel)
        except Unavailable:
            return False
        return True

    async def _listen(self, subscription: Subscription) -> None:
        async for news in subscription.messages():
            if news is None:
                self._on_gap()
            else:
                self._take(news)

    def _take(self, news: list[tuple[str, bytes]]) -> None:
        others = [heard for heard in news if heard[0] != self._own]
        if len(others) < len(news):
            self._unanswered_since = None
            self._deaf = False
        if not others:
            return
        try:
            self._on_news(others)
        except Exception:
            LOG.exception("News could not be taken in")
            self._on_gap()

    async def _probe_forever(self) -> None:
        while True:
            await asyncio.sleep(self._times.probe)
            try:
                await self._probe()
                await self._confirm()
            except Exception:
                LOG.exception("The subscription could not be tried")

    async def _probe(self) -> None:
        if self._silent():
            await self._open_again()
        if self._unanswered_since is None:
            self._unanswered_since = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(self._times.bus):
                await self._bus.publish(self._own, b"?")
            self._away = False
        except (Unavailable, TimeoutError):
            self._away = True
            self._unanswered_since = None

    async def _confirm(self) -> None:
        """A slow bus confirms too late for whoever asked: what it told until then was not for us, so it is a gap."""
        channels = list(self._unconfirmed)[:TOGETHER]
        answers = await asyncio.gather(*map(self._add, channels))
        confirmed = {channel for channel, answer in zip(channels, answers, strict=True) if answer}
        self._unconfirmed -= confirmed
        if confirmed:
            self._on_gap()

    def _silent(self) -> bool:
        since = self._unanswered_since
        return since is not None and asyncio.get_running_loop().time() - since > self._times.silence

    async def _open_again(self) -> None:
        LOG.warning("The bus takes our news and brings none back: opening the subscription again")
        if self._listening is not None:
            await end(self._listening)
        await self._drop(self._subscription)
        self._subscription = self._bus.subscribe()
        self._listening = asyncio.create_task(self._listen(self._subscription))
        self._unanswered_since = None
        self._deaf = True
        channels = list(self._channels)
        for start in range(0, len(channels), TOGETHER):
            await asyncio.gather(*map(self._add, channels[start : start + TOGETHER]))
        self._on_gap()

    async def _drop(self, subscription: Subscription) -> None:
        with suppress(Unavailable, TimeoutError):
            async with asyncio.timeout(self._times.bus):
                await subscription.aclose()
