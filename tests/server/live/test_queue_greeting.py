"""Who comes is told how the queue stands: once, and never of a time before they came."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from server.core.ports import Unavailable
from server.live.frames import SERVER_FRAME, QueueFrame
from tests.server.live.peers import Peer, eventually
from tests.server.live.people import sql
from tests.server.live.queues import QUICK, SLOW, Readings, ask, last, stir, tab_of, until_waiting
from tests.server.live.scene import QUIET, Scene


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


async def test_a_new_room_is_told_once_the_database_is_back(scene: Scene, readings: Readings) -> None:
    hub = await scene.hub(replace(QUICK, retry=0.02))
    readings.errors = [Unavailable("taken away"), Unavailable("still away")]
    await until_waiting(await tab_of(hub, scene.person), 0)
    assert readings.errors == []


async def test_who_was_to_be_told_by_a_reading_that_failed_is_told_after_the_next_check(
    scene: Scene, readings: Readings
) -> None:
    hub = await scene.hub(replace(QUICK, check=0.02))
    first = await scene.tab(hub)
    readings.hold, asked = asyncio.Event(), len(readings.asked)
    await stir(scene)
    await eventually(lambda: len(readings.asked) == asked + 1)
    await stir(scene)
    await first.until_at(await scene.change())
    second = Peer(hub, scene.person.by_session)
    await second.join()
    await second.until(lambda p: bool(p.stream.frames))
    # One for all, and one for those who came.
    readings.errors = [RuntimeError("a mistake"), RuntimeError("another one")]
    readings.hold.set()
    await until_waiting(second, 0)
    assert readings.errors == []


async def test_after_a_reset_the_queue_is_told_again(scene: Scene, database_url: str) -> None:
    """The page has dropped what it knew."""
    await ask(scene)
    tab = await scene.tab(await scene.hub(replace(SLOW, check=0.02)))
    told = len(tab.stream.queues)
    await sql(database_url, "UPDATE stream SET epoch = gen_random_uuid()")
    await tab.until(lambda p: p.stream.resets == 2)
    await tab.until(lambda p: len(p.stream.queues) > told)
    assert last(tab)["waiting"] == 1
