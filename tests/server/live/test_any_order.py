"""Whatever is lost, doubled, late or out of order, a tab sees every number once and in order.

Or it is told to reset, or caught up because it was slow: then it sees each number at most once, and in order. In the
end it shows what the database holds, and knows how the queue stands.

The hub, its rooms, sockets and sessions are the real ones; the database and the bus are models that a test can play
any trick on.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, TypeVar, cast
from uuid import UUID, uuid4

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from server.core.account import Viewer
from server.core.events import Event, EventKind, Position
from server.core.fair_queue import QueueState
from server.core.pause import Pause
from server.core.ports import News, Unit
from server.core.stream_frames import QUEUE_CHANNEL, channel, encode_message
from server.infra.memory.clock import MemoryClock
from server.live.hub import Hub
from server.live.times import LiveTimes
from tests.server.live.peers import Peer, Stream, viewer_of

T = TypeVar("T")
WORKSPACE, ACCOUNT, SESSION = uuid4(), uuid4(), uuid4()
IMAGES = 5
CHANNEL = channel(WORKSPACE)
TIMES = LiveTimes(gap=0.0, retry=0.0, queue=0.0, check=3600, beat=3600, recheck=3600, probe=3600, linger=0.0)


class Answer:
    """What a store says when it is read, a moment after it was asked."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    async def read(self, *_: Any) -> Any:
        await asyncio.sleep(0)
        return self._answer


class History:
    """One workspace's stream, and a unit of work that yields between its queries, as a database does."""

    def __init__(self) -> None:
        self.epoch = "e0"
        self.rows: dict[int, Event] = {}
        self.log: list[Event] = []
        self.top = 0
        self.queries = 0
        self.waiting = 0
        self.now = datetime(2025, 1, 1, tzinfo=UTC)

    def commit(self, count: int, padding: int = 0) -> list[Event]:
        numbers = range(self.top + 1, self.top + 1 + count)
        events = [self._event(seq, padding) for seq in numbers]
        self.rows.update({event.seq: event for event in events})
        self.log += events
        self.top += count
        return events

    def _event(self, seq: int, padding: int) -> Event:
        data = {"id": str(seq % IMAGES), "version": seq, "epoch": self.epoch, "prompt": "x" * padding}
        return Event(WORKSPACE, seq, EventKind.IMAGE_CHANGED, data, datetime(2025, 1, 1, tzinfo=UTC), self.epoch)

    @property
    def images(self) -> dict[str, int]:
        """The version of every image, as a page of the API would bring it."""
        return {event.data["id"]: event.seq for event in self.log}

    def prune(self, count: int) -> None:
        for seq in sorted(self.rows)[:count]:
            del self.rows[seq]

    def restore(self, back: int) -> None:
        self.top = max(0, self.top - back)
        self.epoch = f"e{int(self.epoch[1:]) + 1}"
        self.rows = {seq: event for seq, event in self.rows.items() if seq <= self.top}
        self.log = [event for event in self.log if event.seq <= self.top]

    async def transact(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        await asyncio.sleep(0)
        return await work(cast(Unit, self))

    @property
    def events(self) -> History:
        return self

    @property
    def accounts(self) -> History:
        return self

    @property
    def queue(self) -> Answer:
        return Answer({WORKSPACE: QueueState(waiting=self.waiting)} if self.waiting else {})

    @property
    def provider(self) -> Answer:
        return Answer(Pause())

    async def alive(self, viewers: Sequence[Viewer]) -> list[bool]:
        await asyncio.sleep(0)
        return [True for _ in viewers]

    async def position(self, workspace: UUID) -> Position | None:
        return (await self.positions([workspace])).get(workspace)

    async def positions(self, workspaces: Sequence[UUID]) -> Mapping[UUID, Position]:
        top = Position(self.epoch, self.top)
        await asyncio.sleep(0)
        return {WORKSPACE: top}

    async def after_each(self, places: Mapping[UUID, int], limit: int) -> Mapping[UUID, list[Event]]:
        if not places:
            return {}
        self.queries += 1
        [seq] = places.values()
        rows = [self.rows[number] for number in sorted(self.rows) if number > seq][:limit]
        await asyncio.sleep(0)
        return {WORKSPACE: rows}


class Trickster:
    """A bus whose messages the test hands over itself."""

    def __init__(self) -> None:
        self.news: asyncio.Queue[tuple[str, bytes] | None] = asyncio.Queue()

    async def publish(self, channel: str, message: bytes) -> None:
        self.news.put_nowait((channel, message))

    def subscribe(self) -> Trickster:
        return self

    async def add(self, channel: str) -> None:
        await asyncio.sleep(0)

    async def remove(self, channel: str) -> None: ...

    async def messages(self) -> AsyncIterator[News]:
        """All that waits, as one read of a real bus."""
        while True:
            waiting = [await self.news.get()]
            while not self.news.empty():
                waiting.append(self.news.get_nowait())
            for gap, together in groupby(waiting, lambda heard: heard is None):
                yield None if gap else [heard for heard in together if heard is not None]

    async def aclose(self) -> None: ...


class Mirror(Stream):
    """What a tab shows: a page of the API, and the events since."""

    def __init__(self, history: History, epoch: str | None = None, position: int | None = None) -> None:
        super().__init__(epoch, position)
        self._history = history
        self.images = history.images

    def apply(self, text: str) -> None:
        heard, resets = len(self.events), self.resets
        super().apply(text)
        if self.resets > resets:
            self.images = self._history.images
        for event in self.events[heard:]:
            data = event["data"]
            self.images[data["id"]] = max(self.images.get(data["id"], 0), data["version"])


class World:
    """A hub, its tabs, and what was committed but not yet told."""

    def __init__(self) -> None:
        self.history, self.bus = History(), Trickster()
        self.hub = Hub(cast(Any, self.history), cast(Any, self.bus), MemoryClock(), TIMES)
        self.untold: list[bytes] = []
        self.tabs: list[Peer] = []
        self.joins: set[asyncio.Task[None]] = set()

    async def act(self, verb: str, number: int) -> None:
        if verb == "commit":
            self.untold.append(encode_message(self.history.commit(1 + number % 3)))
        elif verb == "publish" and self.untold:
            self.bus.news.put_nowait((CHANNEL, self.untold.pop(number % len(self.untold))))
        elif verb == "repeat" and self.untold:
            self.bus.news.put_nowait((CHANNEL, self.untold[number % len(self.untold)]))
        elif verb == "lose" and self.untold:
            self.untold.pop(number % len(self.untold))
        elif verb == "flood":
            self.bus.news.put_nowait((CHANNEL, encode_message(self.history.commit(1 + number % 6, padding=60_000))))
        elif verb in ("stall", "read") and self.tabs:
            reading = self.tabs[number % len(self.tabs)].reading
            (reading.set if verb == "read" else reading.clear)()
        elif verb == "join":
            self.connect(Mirror(self.history))
        elif verb == "page":
            self.connect(Mirror(self.history, self.history.epoch, self.history.top))
        elif verb == "reconnect" and self.tabs:
            await self.reconnect(self.tabs.pop(number % len(self.tabs)))
        elif verb in ("queue", "queue in vain"):
            self.history.waiting = number % 3
            if verb == "queue":
                self.bus.news.put_nowait((QUEUE_CHANNEL, b""))
        elif verb == "gap":
            self.bus.news.put_nowait(None)
        elif verb == "prune":
            self.history.prune(number)
        elif verb == "restore":
            self.history.restore(number % 4)
            self.untold.clear()
        for _ in range(number % 7):
            await asyncio.sleep(0)

    def connect(self, stream: Stream) -> None:
        tab = Peer(self.hub, viewer_of(ACCOUNT, WORKSPACE, SESSION), stream)
        self.tabs.append(tab)
        task = asyncio.create_task(tab.join())
        self.joins.add(task)
        task.add_done_callback(self.joins.discard)

    async def reconnect(self, tab: Peer) -> None:
        if self.joins:
            await asyncio.wait(self.joins)
        await tab.leave()
        self.connect(tab.stream)

    async def settle(self) -> None:
        """The bus works again, and all read: after one comparison of the rooms every tab must be at the top."""
        for tab in self.tabs:
            tab.reading.set()
        if self.joins:
            await asyncio.wait(self.joins)
        self.bus.news.put_nowait(None)
        for tab in self.tabs:
            await tab.until(self.is_whole)

    def is_whole(self, tab: Peer) -> bool:
        assert tab.closed is None, tab.reason
        if (tab.stream.epoch, tab.stream.position) != (self.history.epoch, self.history.top):
            return False
        return [queue["waiting"] for queue in tab.stream.queues[-1:]] == [self.history.waiting]


VERBS = ("commit", "publish", "repeat", "lose", "join", "page", "reconnect", "gap", "prune", "restore")
SLOW_VERBS = ("stall", "flood", "flood", "read")
QUEUE_VERBS = ("queue", "queue in vain")
LIKELY = ("commit", "publish", "commit", "publish", "join", "page", *VERBS, *SLOW_VERBS, *QUEUE_VERBS)


async def play(script: list[tuple[str, int]]) -> World:
    world = World()
    await world.hub.start()
    try:
        for verb, number in script:
            await world.act(verb, number)
        await world.settle()
    finally:
        await world.hub.aclose()
    return world


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(LIKELY), st.integers(0, 20)), max_size=60))
@example([("page", 16), ("flood", 6), ("restore", 5), ("commit", 0)])
def test_every_tab_ends_whole(script: list[tuple[str, int]]) -> None:
    world = asyncio.run(play(script))
    exact = not {"restore", "prune", "flood"} & {verb for verb, _ in script}
    for tab in world.tabs:
        assert isinstance(tab.stream, Mirror)
        assert tab.stream.images == world.history.images
        if exact:
            first = tab.stream.frames[0]
            assert tab.stream.resets == (first["type"] == "reset"), "only the fresh start"
            since = first["seq"] if first["type"] == "reset" else first["from"] - 1
            assert tab.stream.numbers == list(range(since + 1, world.history.top + 1))


def test_a_slow_tab_catches_up_and_then_goes_on() -> None:
    async def scene() -> World:
        joined = [("join", 6), *[("read", 6)] * 5]
        world = await play([*joined, ("stall", 0), *[("flood", 5)] * 2, ("read", 6), ("flood", 0)])
        stream = world.tabs[0].stream
        assert (stream.catchups, stream.resets, stream.position) == (1, 1, 13)
        assert len(stream.numbers) < 13, "the latest of each image only"
        return world

    asyncio.run(scene())


def test_news_published_in_order_cost_no_query() -> None:
    async def scene() -> None:
        world = World()
        await world.hub.start()
        world.connect(Stream())
        await asyncio.wait(world.joins)
        queries = world.history.queries
        for _ in range(50):
            await world.act("commit", 2)
            await world.act("publish", 0)
        await world.tabs[0].until_at(world.history.top)
        assert world.history.queries == queries
        await world.hub.aclose()

    asyncio.run(scene())


def test_a_herd_of_returning_tabs_costs_one_query() -> None:
    async def scene() -> None:
        world = World()
        world.history.commit(200)
        await world.hub.start()
        for i in range(49):
            world.connect(Stream("e0", 190 + i % 10))
        await asyncio.wait(world.joins)
        for tab in world.tabs:
            await tab.until_at(200)
            assert tab.stream.resets == 0
        assert world.history.queries == 1
        await world.hub.aclose()

    asyncio.run(scene())


def test_a_herd_after_a_restore_costs_one_query_more() -> None:
    async def scene() -> None:
        world = World()
        world.history.commit(200)
        await world.hub.start()
        for _ in range(49):
            world.connect(Stream("gone", 300))
        await asyncio.wait(world.joins)
        for tab in world.tabs:
            await tab.until_at(200)
            assert tab.stream.resets == 1
        assert world.history.queries <= 2
        await world.hub.aclose()

    asyncio.run(scene())
