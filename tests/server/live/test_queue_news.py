"""Every room knows how its queue stands: at once, at most once a second, and asking for nothing while nothing stirs."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from server.core.image import Scope
from server.live.ear import Hearing
from server.live.news import Batch
from server.usecases.cancel_many import cancel_many
from server.usecases.move_image import Rules
from server.usecases.pause_workspace import pause_workspace
from tests.server.live.peers import Peer, eventually
from tests.server.live.people import new_person, sql
from tests.server.live.queues import QUICK, SLOW, Readings, ask, checks, last, stir, tab_of, until_waiting
from tests.server.live.scene import Scene


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
