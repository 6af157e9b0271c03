"""Every room knows how its queue stands: at once, at most once a second, and asking for nothing while nothing stirs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from server.core.image import Image, Kind, Scope, Status
from server.core.ports import Unavailable, Unit
from server.core.stream_frames import QUEUE_CHANNEL
from server.live import records as records_module
from server.live.ear import Hearing
from server.live.frames import SERVER_FRAME, QueueFrame
from server.live.hub import Hub
from server.live.news import Batch
from server.usecases.cancel_many import cancel_many
from server.usecases.move_image import Rules
from server.usecases.pause_workspace import pause_workspace
from server.usecases.read_queue import Queue, read_queues
from tests.server.live.peers import Peer, eventually
from tests.server.live.people import Person, new_person, sql
from tests.server.live.scene import QUIET, Scene

SLOW = replace(QUIET, queue=3600)
"""One reading of the queue, and no second one while the test lasts."""
QUICK = replace(QUIET, queue=0.01)


class Readings:
    """How often the queue was read, and for whom."""

    def __init__(self) -> None:
        self.asked: list[list[UUID]] = []
        self.hold: asyncio.Event | None = None
        self.errors: list[Exception] = []

    async def read(self, database: Any, workspaces: Sequence[UUID]) -> tuple[Mapping[UUID, Queue], Queue]:
        self.asked.append(list(workspaces))
        if self.errors:
            raise self.errors.pop()
        answer = await read_queues(database, workspaces)
        if self.hold is not None:
            await self.hold.wait()
        return answer


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> Readings:
    made = Readings()
    monkeypatch.setattr(records_module, "read_queues", made.read)
    return made


async def ask(scene: Scene, count: int = 1) -> list[str]:
    """So many wishes, written down and told to nobody."""
    person, ids = scene.person, []

    async def write(unit: Unit) -> None:
        [project] = await unit.projects.all(person.workspace)
        later = unit.now + timedelta(days=1)
        image = Image(
            id=uuid4(),
            workspace=person.workspace,
            project=project.id,
            author=person.account,
            kind=Kind.GENERATION,
            status=Status.PENDING,
            version=1,
            created_at=unit.now,
            phase_started_at=unit.now,
            wake_at=later,
            deadline_at=later,
            prompt="a fox",
            model="nano-banana-2",
        )
        await unit.images.add([image])
        ids.append(str(image.id))

    for _ in range(count):
        await scene.real.transact(write)
    return ids


async def stir(scene: Scene) -> None:
    await scene.bus.publish(QUEUE_CHANNEL, b"")


async def tab_of(hub: Hub, person: Person) -> Peer:
    peer = Peer(hub, person.by_session)
    await peer.join()
    await peer.until(lambda p: bool(p.stream.queues))
    return peer


async def checks(scene: Scene, number: int) -> None:
    """The hub has compared its rooms that often."""
    before = scene.database.asked
    await eventually(lambda: scene.database.asked >= before + number)


def last(tab: Peer) -> dict[str, Any]:
    return tab.stream.queues[-1]


async def until_waiting(tab: Peer, number: int) -> None:
    await tab.until(lambda p: bool(p.stream.queues) and last(p)["waiting"] == number)


async def test_every_welcome_is_followed_by_the_queue(scene: Scene, readings: Readings) -> None:
    ids = await ask(scene, count=2)
    hub = await scene.hub(SLOW)
    first, second = await scene.tab(hub), await scene.tab(hub)
    await second.leave()
    back = await scene.tab(hub, second.stream)
    for tab in (first, back):
        frame = SERVER_FRAME.validate_python(last(tab))
        assert isinstance(frame, QueueFrame)
        assert (frame.waiting, frame.in_flight, frame.paused) == (2, 0, False)
        assert {str(id): place for id, place in frame.places.items()} == {ids[0]: 1, ids[1]: 2}
    assert [frame["type"] for frame in back.stream.frames] == ["reset", "replay"]
    assert len(readings.asked) == 1, "who comes later finds it in memory"


async def test_who_comes_after_a_change_is_never_told_of_the_time_before(scene: Scene) -> None:
    """The queue is read at most once a second; a page may have asked for it by itself in that second."""
    hub = await scene.hub(replace(QUIET, queue=1.0))
    first = await scene.tab(hub)
    await ask(scene)
    await stir(scene)
    await until_waiting(first, 1)
    # From here on for a second nobody is told.
    await ask(scene)
    await stir(scene)
    # What is published after it is heard after it.
    await first.until_at(await scene.change())
    second = await tab_of(hub, scene.person)
    assert [frame["waiting"] for frame in second.stream.queues] == [2]
    await until_waiting(first, 2)
    third = await tab_of(hub, scene.person)
    assert [frame["waiting"] for frame in third.stream.queues] == [2]


async def test_a_change_reaches_every_tab_in_the_same_bytes(scene: Scene) -> None:
    hub = await scene.hub(QUICK)
    told: list[Batch] = []

    class Copying(Peer):
        async def _send(self, batch: Batch) -> None:
            if b'"waiting":3' in batch.frames[0].payload:
                told.append(batch)
            await super()._send(batch)

    tabs = [Copying(hub, scene.person.by_session) for _ in range(3)]
    for tab in tabs:
        await tab.join()
        await until_waiting(tab, 0)
    await ask(scene, count=3)
    await stir(scene)
    for tab in tabs:
        await until_waiting(tab, 3)
    assert len(told) == 3
    assert told[0] is told[1] is told[2]


async def test_only_rooms_whose_queue_has_changed_are_told(scene: Scene, readings: Readings) -> None:
    hub = await scene.hub(QUICK)
    tab, other = await scene.tab(hub), await tab_of(hub, await new_person(scene.real, "bob@atelier.example"))
    asked = len(readings.asked)
    await ask(scene)
    await stir(scene)
    await until_waiting(tab, 1)
    await stir(scene)
    await eventually(lambda: len(readings.asked) == asked + 2)
    await ask(scene)
    await stir(scene)
    await until_waiting(tab, 2)
    assert [queue["waiting"] for queue in tab.stream.queues] == [0, 1, 2]
    assert len(other.stream.queues) == 1


async def test_all_rooms_are_read_at_once(scene: Scene, readings: Readings) -> None:
    hub = await scene.hub(QUICK)
    people = [await new_person(scene.real, f"{name}@atelier.example") for name in ("bob", "eve", "kim")]
    for person in people:
        await tab_of(hub, person)
    readings.asked.clear()
    await stir(scene)
    await eventually(lambda: bool(readings.asked))
    assert [set(asked) for asked in readings.asked] == [{person.workspace for person in people}]


async def test_the_first_change_is_told_at_once_and_the_next_wait_for_their_second(
    scene: Scene, readings: Readings
) -> None:
    hub = await scene.hub(SLOW)
    tab = await scene.tab(hub)
    asked = len(readings.asked)
    for _ in range(20):
        await ask(scene)
        await stir(scene)
        await until_waiting(tab, last(tab)["waiting"] or 1)
    assert len(readings.asked) == asked + 1
    assert last(tab)["waiting"] == 1


async def test_what_changes_while_it_is_read_is_read_again(scene: Scene, readings: Readings) -> None:
    hub = await scene.hub(QUICK)
    tab = await scene.tab(hub)
    readings.hold, asked = asyncio.Event(), len(readings.asked)
    await stir(scene)
    await eventually(lambda: len(readings.asked) == asked + 1)
    await ask(scene)
    await stir(scene)
    readings.hold.set()
    await until_waiting(tab, 1)


async def test_who_comes_while_it_is_read_is_told(scene: Scene, readings: Readings) -> None:
    hub = await scene.hub(QUICK)
    readings.hold = asyncio.Event()
    early = Peer(hub, scene.person.by_session)
    await early.join()
    await eventually(lambda: bool(readings.asked))
    late = Peer(hub, scene.person.by_session)
    await late.join()
    readings.hold.set()
    for tab in (early, late):
        await until_waiting(tab, 0)
        assert len(tab.stream.queues) == 1


# Asking for nothing


async def test_where_nobody_listens_nothing_is_read(scene: Scene, readings: Readings) -> None:
    hub = await scene.hub(QUICK)
    tab = await scene.tab(hub)
    await tab.leave()
    asked = len(readings.asked)
    await ask(scene)
    await stir(scene)
    [room] = hub._rooms.values()
    await eventually(lambda: room.queue is None)
    assert len(readings.asked) == asked
    await until_waiting(await scene.tab(hub, tab.stream), 1)
    assert len(readings.asked) == asked + 1


async def test_an_idle_system_is_not_asked(scene: Scene, readings: Readings) -> None:
    hub = await scene.hub(replace(QUICK, check=0.01))
    tab = await scene.tab(hub)
    # A check may have found the room before its first reading.
    await checks(scene, 5)
    readings.asked.clear()
    await checks(scene, 10)
    assert readings.asked == []
    assert len(tab.stream.queues) == 1


@pytest.mark.parametrize("moving", ["something waits", "the provider is paused"])
async def test_what_moves_by_itself_is_looked_at_by_the_check(
    scene: Scene, readings: Readings, database_url: str, moving: str
) -> None:
    """Whoever changed it could not tell: the message was lost, or there was none, for a pause ends by itself."""
    if moving == "something waits":
        await ask(scene)
    else:
        await sql(database_url, "UPDATE provider_state SET reason = 'unreachable', paused_until = now() + '1 hour'")
    tab = await scene.tab(await scene.hub(replace(QUICK, check=0.02)))
    before = last(tab)
    await sql(database_url, "UPDATE provider_state SET reason = NULL, paused_until = NULL")
    await cancel_many(scene.real, scene.person.by_session, Scope(), Rules())
    await tab.until(lambda p: last(p) != before)
    assert (last(tab)["waiting"], last(tab)["provider"]["reason"]) == (0, None)
    await checks(scene, 5)
    readings.asked.clear()
    await checks(scene, 10)
    assert readings.asked == []


async def test_without_a_bus_every_room_is_looked_at_by_the_check(scene: Scene) -> None:
    hub = await scene.hub(replace(QUICK, check=0.02, probe=0.02))
    tab = await scene.tab(hub)
    scene.bus.cut()
    await eventually(lambda: hub.hearing is Hearing.DEGRADED)
    await ask(scene)
    await until_waiting(tab, 1)


async def test_after_a_gap_of_the_bus_every_room_is_looked_at(scene: Scene) -> None:
    tab = await scene.tab(await scene.hub(QUICK))
    scene.bus.cut()
    await pause_workspace(scene.real, scene.person.by_session, True)
    scene.bus.mend()
    await tab.until(lambda p: last(p)["paused"])


async def test_events_that_were_never_published_bring_the_queue_along(scene: Scene) -> None:
    tab = await scene.tab(await scene.hub(replace(QUICK, check=0.02)))
    await ask(scene)
    await tab.until_at(await scene.commit())
    await until_waiting(tab, 1)


# The database away


async def test_the_database_away_is_waited_for(scene: Scene) -> None:
    tab = await scene.tab(await scene.hub(replace(QUICK, retry=0.02)))
    scene.database.away = True
    await stir(scene)
    await scene.database.refused.wait()
    await ask(scene)
    scene.database.away = False
    await until_waiting(tab, 1)
    assert tab.closed is None


async def test_a_new_room_is_told_once_the_database_is_back(scene: Scene, readings: Readings) -> None:
    hub = await scene.hub(replace(QUICK, retry=0.02))
    readings.errors = [Unavailable("taken away"), Unavailable("still away")]
    await until_waiting(await tab_of(hub, scene.person), 0)
    assert readings.errors == []


async def test_a_mistake_ends_no_loop(scene: Scene, readings: Readings) -> None:
    hub = await scene.hub(QUICK)
    readings.errors = [RuntimeError("a mistake")]
    first = Peer(hub, scene.person.by_session)
    await first.join()
    await eventually(lambda: readings.errors == [])
    for tab in (await tab_of(hub, scene.person), first):
        await until_waiting(tab, 0)
    readings.errors = [RuntimeError("another one")]
    await stir(scene)
    await eventually(lambda: readings.errors == [])
    await ask(scene)
    await stir(scene)
    await until_waiting(first, 1)


async def test_after_a_reset_the_queue_is_told_again(scene: Scene, database_url: str) -> None:
    """The page has dropped what it knew."""
    await ask(scene)
    tab = await scene.tab(await scene.hub(replace(SLOW, check=0.02)))
    told = len(tab.stream.queues)
    await sql(database_url, "UPDATE stream SET epoch = gen_random_uuid()")
    await tab.until(lambda p: p.stream.resets == 2)
    await tab.until(lambda p: len(p.stream.queues) > told)
    assert last(tab)["waiting"] == 1


async def test_who_comes_during_a_reading_is_told_once_and_by_the_next(scene: Scene, readings: Readings) -> None:
    readings.hold = asyncio.Event()
    hub = await scene.hub(QUICK)
    first = Peer(hub, scene.person.by_session)
    await first.join()
    await eventually(lambda: bool(readings.asked))
    second = Peer(hub, scene.person.by_session)
    await second.join()
    await second.until(lambda p: bool(p.stream.frames))
    await ask(scene)
    readings.hold.set()
    await until_waiting(second, 1)
    assert [frame["waiting"] for frame in second.stream.queues] == [1]
    await until_waiting(first, 1)
    assert [frame["waiting"] for frame in first.stream.queues] == [0, 1]
