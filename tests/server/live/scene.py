"""A hub on a real PostgreSQL and somebody whose tabs it serves; what a test wants lost or away can be."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from server.core.ports import Unavailable, Unit
from server.infra.database import PostgresDatabase
from server.infra.memory.bus import MemoryBus, MemorySubscription
from server.infra.memory.clock import MemoryClock
from server.live.hub import Hub
from server.live.times import LiveTimes
from tests.server.live.peers import Peer, Stream
from tests.server.live.people import Person, change, commit

T = TypeVar("T")
QUIET = LiveTimes(check=3600, beat=3600, recheck=3600, probe=3600)
"""Nothing happens by itself, so that a test sees what its own act brought about."""


class Flaky:
    """A database that can be taken away, and that counts."""

    def __init__(self, database: PostgresDatabase) -> None:
        self._database = database
        self.away = False
        self.asked = 0
        self.refused = asyncio.Event()
        self._waiting = asyncio.Event()
        self._gate = asyncio.Event()
        self._gate.set()

    @contextmanager
    def held(self) -> Iterator[asyncio.Event]:
        """Nothing is answered; the event tells that something was asked."""
        self._waiting.clear()
        self._gate.clear()
        try:
            yield self._waiting
        finally:
            self._gate.set()

    async def transact(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        self.asked += 1
        self._waiting.set()
        await self._gate.wait()
        if self.away:
            self.refused.set()
            raise Unavailable("taken away")
        return await self._database.transact(work)


class WatchedSubscription(MemorySubscription):
    """Shows what it listens to."""

    def __init__(self, bus: MemoryBus) -> None:
        super().__init__(bus)
        self.channels: set[str] = set()

    async def add(self, channel: str) -> None:
        self.channels.add(channel)
        await super().add(channel)

    async def remove(self, channel: str) -> None:
        self.channels.discard(channel)
        await super().remove(channel)


class WatchedBus(MemoryBus):
    """Shows its subscriptions."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[WatchedSubscription] = []

    def subscribe(self) -> MemorySubscription:
        listener = WatchedSubscription(self)
        self._listeners.add(listener)
        self.opened.append(listener)
        return listener


class Scene:
    """A hub and somebody whose tabs it serves."""

    def __init__(self, database: PostgresDatabase, person: Person) -> None:
        self.real, self.person = database, person
        self.database, self.bus = Flaky(database), WatchedBus()
        self.hubs: list[Hub] = []

    async def hub(self, times: LiveTimes = QUIET) -> Hub:
        hub = Hub(self.database, self.bus, MemoryClock(), times)
        self.hubs.append(hub)
        await hub.start()
        return hub

    async def tab(self, hub: Hub, stream: Stream | None = None) -> Peer:
        peer = Peer(hub, self.person.by_session, stream)
        before = len(peer.stream.frames), len(peer.stream.queues)
        await peer.join()
        await peer.until(lambda p: len(p.stream.frames) > before[0] or p.closed is not None)
        if not self.database.away:
            await peer.until(lambda p: len(p.stream.queues) > before[1] or p.closed is not None)
        return peer

    async def commit(self, count: int = 1) -> int:
        return (await commit(self.real, self.person.workspace, count))[-1].seq

    async def change(self, count: int = 1) -> int:
        return await change(self.real, self.bus, self.person.workspace, count)
