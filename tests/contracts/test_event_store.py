"""The port `EventStore`, on its one adapter: numbers without gap or repeat, in the order of commits."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from server.core.events import Change, Event, EventKind, Position
from server.core.ports import Unit
from tests.contracts.rows import Home

DATA = {"id": "x", "version": 1, "name": "é 🦊", "nested": {"list": [1, 2.5, None, True]}}


def change(workspace: UUID, **data: object) -> Change:
    return Change(workspace, EventKind.IMAGE_CHANGED, {**DATA, **data})


async def append(home: Home, *changes: Change) -> list[Event]:
    return await home.do(lambda unit: unit.events.append(changes))


async def after(home: Home, seq: int, limit: int = 100) -> list[Event]:
    return await home.do(lambda unit: unit.events.after(home.workspace, seq, limit))


async def top(home: Home) -> Position:
    position = await home.do(lambda unit: unit.events.position(home.workspace))
    assert position is not None
    return position


async def test_events_are_numbered_from_one_and_read_back_whole(home: Home) -> None:
    first = await append(home, change(home.workspace), change(home.workspace, name="second"))
    [third] = await append(home, Change(home.workspace, EventKind.PROJECT_REMOVED, {"id": "p", "version": 2}))
    assert [event.seq for event in [*first, third]] == [1, 2, 3]
    assert await after(home, 0) == [replace(event, epoch="") for event in (*first, third)]
    position = await home.do(lambda unit: unit.events.position(home.workspace))
    assert position is not None
    assert {event.epoch for event in (*first, third)} == {position.epoch}
    assert first[0].data == DATA
    assert abs(third.at - await home.database.time()) < timedelta(seconds=5)


async def test_reading_begins_after_a_number_and_is_bounded(home: Home) -> None:
    await append(home, *(change(home.workspace) for _ in range(10)))
    assert [event.seq for event in await after(home, 4, 3)] == [5, 6, 7]
    assert await after(home, 10) == []
    assert await after(home, 99) == []


async def test_several_streams_are_read_at_once_each_from_its_own_number(home: Home, other: Home) -> None:
    await append(home, *(change(home.workspace) for _ in range(5)), *(change(other.workspace) for _ in range(5)))
    places = {home.workspace: 1, other.workspace: 3, uuid4(): 0}
    found = await home.do(lambda unit: unit.events.after_each(places, 3))
    assert [[event.seq for event in events] for events in found.values()] == [[2, 3, 4], [4, 5], []]
    assert all(event.workspace == workspace for workspace, events in found.items() for event in events)
    assert await home.do(lambda unit: unit.events.after_each({}, 3)) == {}


async def test_nothing_to_append_takes_no_number(home: Home) -> None:
    assert await append(home) == []
    assert (await top(home)).seq == 0


async def test_each_workspace_counts_for_itself(home: Home, other: Home) -> None:
    events = await append(home, change(home.workspace), change(other.workspace), change(home.workspace))
    by_workspace = {id: [e.seq for e in events if e.workspace == id] for id in (home.workspace, other.workspace)}
    assert by_workspace == {home.workspace: [1, 2], other.workspace: [1]}
    assert [event.seq for event in await after(home, 0)] == [1, 2]
    assert [event.seq for event in await after(other, 0)] == [1]


async def test_many_units_at_once_leave_no_gap_and_no_repeat(home: Home) -> None:
    batches = await asyncio.gather(*(append(home, change(home.workspace), change(home.workspace)) for _ in range(20)))
    assert sorted(event.seq for events in batches for event in events) == list(range(1, 41))
    assert all(events[1].seq == events[0].seq + 1 for events in batches)
    assert (await top(home)).seq == 40


async def test_a_number_is_seen_only_with_its_event(home: Home) -> None:
    """The order of numbers is the order of commits: whoever reads a top can read all that is below it."""
    appended, done = asyncio.Event(), asyncio.Event()

    async def hold(unit: Unit) -> None:
        await unit.events.append([change(home.workspace)])
        appended.set()
        async with asyncio.timeout(5):
            await done.wait()

    holder = asyncio.create_task(home.do(hold))
    await appended.wait()
    assert (await top(home)).seq == 0
    assert await after(home, 0) == []
    rival = asyncio.create_task(append(home, change(home.workspace)))
    # The rival has reached the stream's lock once PostgreSQL says that somebody waits for one.
    async with asyncio.timeout(5):
        while not await home.sql("SELECT 1 FROM pg_locks WHERE NOT granted"):
            pass
    done.set()
    await holder
    assert [event.seq for event in await rival] == [2]
    assert [event.seq for event in await after(home, 0)] == [1, 2]


async def test_a_number_that_is_rolled_back_is_given_again(home: Home) -> None:
    async def fail(unit: Unit) -> None:
        await unit.events.append([change(home.workspace)])
        raise LookupError

    with pytest.raises(LookupError):
        await home.do(fail)
    assert [event.seq for event in await append(home, change(home.workspace))] == [1]


async def test_units_that_tell_two_workspaces_crosswise_do_not_lock_each_other_out(home: Home, other: Home) -> None:
    here, there = change(home.workspace), change(other.workspace)
    async with asyncio.timeout(10):
        await asyncio.gather(*(append(home, *pair) for pair in [(here, there), (there, here)] * 10))
    assert ((await top(home)).seq, (await top(other)).seq) == (20, 20)


# Positions and epochs


async def test_tops_of_several_streams_come_in_one_query_without_those_there_are_not(home: Home, other: Home) -> None:
    await append(home, change(home.workspace))
    tops = await home.do(lambda unit: unit.events.positions([home.workspace, other.workspace, uuid4()]))
    assert {id: position.seq for id, position in tops.items()} == {home.workspace: 1, other.workspace: 0}
    assert await home.do(lambda unit: unit.events.positions([])) == {}
    assert await home.do(lambda unit: unit.events.position(uuid4())) is None


async def test_an_epoch_is_a_streams_own_and_stays(home: Home, other: Home) -> None:
    before = await top(home)
    await append(home, change(home.workspace))
    assert (await top(home)).epoch == before.epoch
    assert (await top(other)).epoch != before.epoch


async def test_a_stream_that_was_made_anew_has_another_epoch(home: Home) -> None:
    before = await top(home)
    await home.sql("UPDATE stream SET epoch = gen_random_uuid() RETURNING seq")
    assert (await top(home)).epoch != before.epoch


async def test_renewed_streams_have_other_epochs_and_their_numbers_go_on(home: Home, other: Home) -> None:
    await append(home, *(change(home.workspace) for _ in range(3)))
    before = await top(home), await top(other)
    assert await home.do(lambda unit: unit.events.count_streams()) == 2
    assert await home.do(lambda unit: unit.events.renew()) == 2
    after_it = await top(home), await top(other)
    assert len({position.epoch for position in before + after_it}) == 4
    assert [position.seq for position in after_it] == [3, 0]
    assert [event.seq for event in await append(home, change(home.workspace))] == [4]


async def test_streams_are_renewed_while_others_append_to_several(home: Home, other: Home) -> None:
    here, there = change(home.workspace), change(other.workspace)
    async with asyncio.timeout(10):
        await asyncio.gather(
            *(append(home, *pair) for pair in [(here, there), (there, here)] * 5),
            *(home.do(lambda unit: unit.events.renew()) for _ in range(5)),
        )
    assert ((await top(home)).seq, (await top(other)).seq) == (10, 10)


async def test_an_epoch_does_not_tell_what_it_is_made_from(home: Home) -> None:
    [row] = await home.sql("SELECT epoch, (SELECT system_identifier FROM pg_control_system()) AS system FROM stream")
    epoch = (await top(home)).epoch
    assert str(row["epoch"])[:8] not in epoch
    assert str(row["system"]) not in epoch


# Pruning


async def test_old_events_go_and_numbers_go_on(home: Home) -> None:
    await append(home, *(change(home.workspace) for _ in range(3)))
    await home.sql("UPDATE event SET at = at - interval '1 hour' WHERE seq < 3 RETURNING seq")
    assert await home.do(lambda unit: unit.events.prune(1_800.0, 10)) == 2
    assert await home.do(lambda unit: unit.events.prune(1_800.0, 10)) == 0
    assert [event.seq for event in await after(home, 0)] == [3]
    assert [event.seq for event in await append(home, change(home.workspace))] == [4]


async def test_so_many_old_events_go_at_once_the_oldest_first(home: Home) -> None:
    await append(home, *(change(home.workspace) for _ in range(5)))
    # As where a clock was set back: the numbers are no help.
    await home.sql("UPDATE event SET at = at - make_interval(hours => CAST(seq AS integer)) RETURNING seq")
    kept = []
    while await home.do(lambda unit: unit.events.prune(1_800.0, 2)):
        kept.append([event.seq for event in await after(home, 0)])
    assert kept == [[1, 2, 3], [1], []]


# Scrubbing


async def test_of_what_is_scrubbed_only_id_and_version_are_told(home: Home, other: Home) -> None:
    image, kept = str(uuid4()), str(uuid4())
    mine = [change(home.workspace, id=id, version=version) for id, version in ((image, 1), (kept, 1), (image, 2))]
    await append(home, *mine, change(other.workspace, id=image))
    await home.do(lambda unit: unit.events.scrub([home.workspace], [UUID(image)]))
    told = [(event.seq, event.kind, event.data) for event in await after(home, 0)]
    assert told == [
        (1, EventKind.IMAGE_REMOVED, {"id": image, "version": 1}),
        (2, EventKind.IMAGE_CHANGED, mine[1].data),
        (3, EventKind.IMAGE_REMOVED, {"id": image, "version": 2}),
    ]
    [theirs] = await home.do(lambda unit: unit.events.after(other.workspace, 0, 10))
    assert theirs.kind is EventKind.IMAGE_CHANGED
