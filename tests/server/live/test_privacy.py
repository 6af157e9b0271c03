"""Nobody is told what is not theirs, in whatever order things happen: not on connecting, not in a replay, an event, a
catch-up or a queue, by neither door, and not after a role was taken away.

The hub, its rooms, sockets and sessions are the real ones, and the database is a model; `test_privacy_at_the_doors.py`
has all parts real.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from itertools import product
from typing import Any, cast
from uuid import UUID, uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.core.stream_frames import QUEUE_CHANNEL, channel, encode_message
from server.infra.memory.clock import MemoryClock
from server.live.close_codes import CloseCode
from server.live.hub import Hub
from server.live.news import Batch
from server.live.sse import Messages
from server.live.times import LiveTimes
from server.usecases.check_viewers import tell_ended
from tests.server.live.peers import Peer, Stream
from tests.server.live.test_any_order import Trickster
from tests.server.live.town import House, Person, Town

TIMES = LiveTimes(gap=0.0, retry=0.0, queue=0.0, check=3600, beat=3600, recheck=3600, probe=3600, linger=0.0)
NOWHERE = uuid4()


class Witness(Stream):
    """A tab of somebody's in a workspace, theirs or not, that knows what it may hear."""

    def __init__(self, town: Town, person: Person, workspace: UUID) -> None:
        super().__init__()
        self.town, self.person, self.workspace = town, person, workspace
        self.session = person.session
        self.heard = 0

    def apply(self, text: str) -> None:
        self.heard += 1
        assert self.person.stays.get(self.workspace), "nothing at all is told to who never was a member"
        frame = json.loads(text)
        for event in [frame, *frame.get("events", [])]:
            if event["type"] == "event":
                self._check(event["data"])
        house = self.town.house(self.workspace)
        assert house is not None
        if frame["type"] == "queue":
            assert frame["waiting"] // 1_000 * 1_000 == house.base, "another workspace's queue"
        if "epoch" in frame:
            assert frame["epoch"] == house.epoch
        super().apply(text)

    def _check(self, data: dict[str, Any]) -> None:
        assert data["of"] == str(self.workspace), "another workspace's event"
        assert self.person.may_see(self.workspace, self.session, data["born"]), "told after the role was taken away"


class Reader(Peer):
    """A peer by the other door, which gets its frames as server-sent events."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._messages = Messages()

    def _take(self, batch: Batch) -> None:
        for text in b"".join(map(self._messages.text, batch.frames)).decode().split("\n\n")[:-1]:
            *place, data = text.split("\n")
            self.stream.apply(data.removeprefix("data: "))
            for line in place:
                assert line == f"id: {self.stream.epoch}:{self.stream.position}"


class World:
    """A hub in the town, its tabs, and what was committed and not yet told."""

    def __init__(self) -> None:
        self.town, self.bus = Town(), Trickster()
        self.hub = Hub(cast(Any, self.town), cast(Any, self.bus), MemoryClock(), TIMES)
        self.untold: list[tuple[UUID, bytes]] = []
        self.tabs: list[Peer] = []
        self.joins: set[asyncio.Task[None]] = set()

    async def act(self, verb: str, who: int, where: int, number: int) -> None:
        town = self.town
        town.moment += 1
        person, house = town.people[who], town.houses[where]
        if verb == "commit":
            self.untold.append((house.id, encode_message(house.commit(1 + number % 3, town.moment, 0))))
        elif verb == "flood":
            self._tell(house, encode_message(house.commit(1 + number % 6, town.moment, 60_000)))
        elif verb in ("publish", "repeat", "lose") and self.untold:
            place = number % len(self.untold)
            workspace, message = self.untold[place] if verb == "repeat" else self.untold.pop(place)
            if verb != "lose":
                self.bus.news.put_nowait((channel(workspace), message))
        elif verb in ("socket", "stream", "stranger"):
            workspace = NOWHERE if verb == "stranger" and number % 2 else house.id
            self._connect(Reader if verb == "stream" else Peer, Witness(town, person, workspace))
        elif verb == "return" and self.tabs:
            await self._return(self.tabs[number % len(self.tabs)])
        elif verb in ("stall", "read") and self.tabs:
            reading = self.tabs[number % len(self.tabs)].reading
            (reading.set if verb == "read" else reading.clear)()
        elif verb == "queue":
            house.waiting = house.base + number
            self.bus.news.put_nowait((QUEUE_CHANNEL, b""))
        elif verb == "pace":
            town.pace = number
        elif verb == "gap":
            self.bus.news.put_nowait(None)
        elif verb == "prune":
            house.rows = {seq: event for seq, event in house.rows.items() if seq > number}
        elif verb in ("take away", "give") and house in town.houses[2:]:
            (person.leave if verb == "take away" else person.enter)(house.id, town.moment)
            await tell_ended(cast(Any, self.bus), person.account)
        elif verb == "sign out":
            session = person.session
            person.sessions[session] = town.moment
            person.sign_in()
            await tell_ended(cast(Any, self.bus), session)
        for _ in range(number):
            await asyncio.sleep(0)

    def _tell(self, house: House, message: bytes) -> None:
        self.bus.news.put_nowait((channel(house.id), message))

    def _connect(self, kind: type[Peer], stream: Witness) -> None:
        tab = kind(self.hub, stream.person.viewer, stream)
        self.tabs.append(tab)
        task = asyncio.create_task(tab.join(stream.workspace))
        self.joins.add(task)
        task.add_done_callback(self.joins.discard)

    async def _return(self, tab: Peer) -> None:
        """The same tab on another connection: with its place, and whoever is signed in by now."""
        if self.joins:
            await asyncio.wait(self.joins)
        await tab.leave()
        self.tabs.remove(tab)
        assert isinstance(tab.stream, Witness)
        tab.stream.session = tab.stream.person.session
        self._connect(type(tab), tab.stream)

    async def settle(self) -> None:
        """All that was told has been heard, and all read: who may not be there is gone, and the others are whole."""
        for tab in self.tabs:
            tab.reading.set()
        if self.joins:
            await asyncio.wait(self.joins)
        self.bus.news.put_nowait(None)
        for tab in self.tabs:
            await tab.until(self.is_right)

    def is_right(self, tab: Peer) -> bool:
        if tab.fault is not None:
            raise tab.fault
        stream = tab.stream
        assert isinstance(stream, Witness)
        if stream.person.sessions[stream.session] is not None or not stream.person.is_in(stream.workspace):
            return tab.closed in (CloseCode.NOT_SIGNED_IN, CloseCode.NO_SUCH_WORKSPACE)
        house = self.town.house(stream.workspace)
        if tab.closed is not None:
            assert tab.closed == CloseCode.NO_SUCH_WORKSPACE, tab.reason
            return len(stream.person.stays[stream.workspace]) > 1
        return house is not None and (stream.epoch, stream.position) == (house.epoch, house.top)


OFTEN = ("commit", "publish", "commit", "publish", "socket", "stream", "return", "take away", "give", "flood")
VERBS = (*OFTEN, "repeat", "lose", "stranger", "stall", "read", "queue", "gap", "prune", "sign out", "pace")
ACTS = st.tuples(st.sampled_from(VERBS), st.integers(0, 1), st.integers(0, 3), st.integers(0, 20))


async def play(script: Sequence[tuple[str, int, int, int]]) -> World:
    """With tabs of both where both may be, from the beginning."""
    world = World()
    await world.hub.start()
    try:
        for who, where, kind in product((0, 1), (2, 3), ("socket", "stream")):
            await world.act(kind, who, where, 0)
        await asyncio.wait(world.joins)
        for act in script:
            await world.act(*act)
        await world.settle()
    finally:
        await world.hub.aclose()
    return world


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ACTS, min_size=3, max_size=60))
def test_whatever_happens_nobody_is_told_what_is_not_theirs(script: list[tuple[str, int, int, int]]) -> None:
    asyncio.run(play(script))
