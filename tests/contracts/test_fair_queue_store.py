"""The port `FairQueue`, on its one adapter."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from server.core.fair_queue import PLACES, QueueState
from server.core.image import Image, Kind, Rendition, Status
from server.core.limits import Rate
from server.core.ports import Unit
from server.core.stores import Wake
from server.infra.program import until
from tests.contracts.rows import Home, settle_in

SUBMIT = Rate("submit", 2, 60.0)
STORED = {
    "renditions": {"original": Rendition("w/i/o.png", "ab" * 32, "image/png", 640, 480, 99)},
    "width": 640,
    "height": 480,
    "sha256": "ab" * 32,
    "error": {"code": "x"},
}


async def reserve(home: Home, per_workspace: int = 8, total: int = 64, most: int = 1_000) -> list[Wake]:
    async def work(unit: Unit) -> list[Wake]:
        await unit.queue.hold()
        return await unit.queue.reserve(per_workspace, total, most)

    return await home.do(work)


async def reserved(home: Home, **limits: int) -> list[UUID | None]:
    return [wake.id for wake in await reserve(home, **limits)]


async def state(home: Home) -> QueueState:
    states = await home.do(lambda unit: unit.queue.read([home.workspace]))
    return states.get(home.workspace, QueueState())


async def order(home: Home) -> list[UUID]:
    return list((await state(home)).places)


async def end(home: Home, *ids: UUID | None) -> None:
    """Whatever they were doing is over."""
    await home.sql(
        "UPDATE image SET status = 'canceled', dispatched_at = NULL, wake_at = NULL, deadline_at = NULL, "
        "finished_at = now() WHERE id = ANY(CAST(:ids AS uuid[])) RETURNING id",
        ids=list(ids),
    )


async def somebody_waits_for_a_lock(home: Home) -> bool:
    return bool(await home.sql("SELECT true FROM pg_locks WHERE NOT granted"))


def ids(images: Sequence[Image]) -> list[UUID]:
    return [image.id for image in images]


# Whose turn it is


async def test_turns_go_to_those_who_have_fewest(home: Home, other: Home) -> None:
    mine = [await home.image() for _ in range(4)]
    theirs = await other.image()
    wakes = await reserve(home, total=3)
    assert [wake.id for wake in wakes] == [mine[0].id, theirs.id, mine[1].id]
    for wake in wakes:
        image = await home.do(lambda unit, wake=wake: unit.images.load(wake.id))
        assert image is not None
        assert image.dispatched_at is not None
        assert (wake.turn, image.version, image.status) == (image.wake_at, 1, Status.PENDING)


async def test_a_place_that_comes_free_goes_round(home: Home, other: Home) -> None:
    """Not to whose images are oldest: they would have it every time."""
    third = await settle_in(home.database, "eve@example.org")
    waiting = {one.workspace: [await one.image() for _ in range(3)] for one in (home, other, third)}
    served: list[UUID | None] = []
    for _ in range(6):
        [id] = await reserved(home, total=1)
        served.append(id)
        await end(home, id)
    first, second, last = waiting.values()
    assert served == ids([first[0], second[0], last[0], first[1], second[1], last[1]])


@pytest.mark.parametrize(("behind", "first"), [(3, False), (4, True)])
async def test_who_is_four_turns_behind_goes_first_whatever_is_in_flight(
    home: Home, other: Home, behind: int, first: bool
) -> None:
    """Slow pictures hold their places longest."""
    now = await home.database.time()
    mine, theirs = await home.image(), await other.image()
    await home.image(status=Status.SUBMITTING, attempt=1, dispatched_at=now)
    await have_served(home, 10 - behind)
    await have_served(other, 10)
    assert await reserved(home, most=1) == [mine.id if first else theirs.id]


@pytest.mark.parametrize(("outcome", "first"), [("bad_key", False), ("rate_limited", True)])
async def test_what_the_key_was_refused_for_lets_the_others_go_first(home: Home, outcome: str, first: bool) -> None:
    refused = await home.image(attempt=1)
    attempt = await home.attempt(refused)
    await home.do(lambda unit: unit.attempts.note(attempt.id, outcome=outcome))
    other = await home.image()
    assert await order(home) == ids([refused, other] if first else [other, refused])


async def have_served(home: Home, rounds: int) -> None:
    """So many turns so far, the last one just now."""
    await home.sql(
        "INSERT INTO served (workspace, rounds, at) VALUES (:id, :rounds, now()) RETURNING workspace",
        id=home.workspace,
        rounds=rounds,
    )


async def test_who_was_held_up_makes_up_for_few_turns_only(home: Home, other: Home) -> None:
    """Both waited all the time; one has had a hundred turns more."""
    [mine, theirs] = [[await one.image() for _ in range(12)] for one in (home, other)]
    await have_served(home, 100)
    await have_served(other, 0)
    served = []
    for _ in range(12):
        [id] = await reserved(home, total=1)
        served.append(id)
        await end(home, id)
    assert served == ids([*theirs[:8], mine[0], theirs[8], mine[1], theirs[9]])


async def test_who_comes_anew_joins_beside_the_others(home: Home, other: Home) -> None:
    """Turns of another time are neither held against anybody nor made up for."""
    for _ in range(5):
        await end(home, (await home.image()).id, *await reserved(home))
    for turns in (5, 0):
        await home.sql("DELETE FROM served RETURNING workspace")
        await home.sql(
            "INSERT INTO served (workspace, rounds, at) VALUES (:id, :turns, now() - interval '1 hour') "
            "RETURNING workspace",
            id=home.workspace,
            turns=turns * 100,
        )
        await have_served(other, 250)
        long_ago = await other.database.time() - timedelta(hours=2)
        theirs = [await other.image(phase_started_at=long_ago) for _ in range(3)]
        mine = [await home.image() for _ in range(3)]
        served = []
        for _ in range(6):
            [id] = await reserved(home, total=1)
            served.append(id)
            await end(home, id)
        assert served == ids([mine[0], theirs[0], mine[1], theirs[1], mine[2], theirs[2]])


async def test_within_a_workspace_it_goes_by_priority_then_age_then_position(home: Home) -> None:
    now = await home.database.time()
    by_position = [await home.image(created_at=now, position=place) for place in (2, 0, 1)]
    old = await home.image(created_at=now - timedelta(hours=1))
    wanted = await home.image(created_at=now)
    await home.do(lambda unit: unit.queue.move_to_front(home.workspace, [wanted.id]))
    expected = ids([wanted, old, by_position[1], by_position[2], by_position[0]])
    assert await order(home) == expected
    assert await reserved(home) == expected


# Limits


async def test_no_more_than_asked_for_are_reserved(home: Home) -> None:
    for _ in range(6):
        await home.image()
    assert len(await reserved(home, most=1)) == 1
    assert len(await reserved(home, per_workspace=3)) == 2
    assert len(await reserved(home, total=5)) == 2
    assert await reserved(home, total=0) == []
    assert await reserved(home, most=0) == []


@pytest.mark.parametrize(("source", "free"), [(Status.PENDING, False), (Status.COMPLETED, True), (Status.FAILED, True)])
async def test_an_unfinished_input_holds_back(home: Home, source: Status, free: bool) -> None:
    now = await home.database.time()
    ended = {} if source is Status.PENDING else {"wake_at": None, "deadline_at": None, "finished_at": now}
    input = await home.image(**{**STORED, "kind": Kind.UPLOAD, "status": source, **ended})
    image = await home.image(inputs=(input.id,))
    before = await state(home)
    assert (before.waiting, before.places) == (1, {image.id: 1} if free else {})
    assert await reserved(home) == ([image.id] if free else [])


async def test_dispatchers_wait_for_each_other(home: Home) -> None:
    for _ in range(6):
        await home.image()
    chosen = await asyncio.gather(*(reserved(home, per_workspace=4) for _ in range(5)))
    assert sum(map(len, chosen)) == 4


async def test_unanswered_is_what_the_provider_has_not_taken(home: Home) -> None:
    async def unanswered() -> int:
        return await home.do(lambda unit: unit.queue.unanswered())

    await home.image()
    assert await unanswered() == 0
    await reserved(home)
    assert await unanswered() == 1
    now = await home.database.time()
    metadata = {"nanobanana_task_id": "t"}
    for status in (Status.SUBMITTING, Status.PROCESSING, Status.UNKNOWN):
        await home.image(status=status, attempt=1, dispatched_at=now, metadata=metadata)
    assert await unanswered() == 2


async def test_the_rate_is_counted_for_all(home: Home) -> None:
    async def left() -> int:
        verdict = await home.do(lambda unit: unit.queue.pace(SUBMIT))
        return verdict.remaining + 1 if verdict.allowed else 0

    assert await left() == await left() == 2
    assert (await home.do(lambda unit: unit.queue.count(SUBMIT, 1))).allowed
    assert await left() == 1
    after = await home.do(lambda unit: unit.queue.count(SUBMIT, 1))
    assert not after.allowed
    assert 29 < after.retry_after <= 30
    assert await left() == 0
    assert 59 < (await home.do(lambda unit: unit.queue.count(SUBMIT, 1))).retry_after <= 60


async def test_one_reminder_is_out_at_a_time(home: Home) -> None:
    soon = await home.database.time() + timedelta(minutes=1)
    claims = [await home.do(lambda unit: unit.queue.claim_reminder(soon)) for _ in range(3)]
    assert claims == [True, False, False]
    await home.sql("UPDATE rate_limit SET arrival = extract(epoch FROM now()) RETURNING key")
    assert await home.do(lambda unit: unit.queue.claim_reminder(soon))


# Places


async def test_places_are_the_order_in_which_images_are_reserved(home: Home, other: Home) -> None:
    now = await home.database.time()
    waiting = [await one.image(created_at=now) for one in (home, home, home, other, home, other)]
    await home.image(dispatched_at=now, status=Status.SUBMITTING, attempt=1)
    places = {**(await state(home)).places, **(await state(other)).places}
    assert sorted(places.values()) == [1, 2, 3, 4, 5, 6]
    expected = sorted(places, key=lambda id: places[id])
    assert set(expected) == set(ids(waiting))
    going = [await reserved(home, per_workspace=64, most=1) for _ in range(3)]
    assert [id for one in going for id in one] + await reserved(home, per_workspace=64) == expected


async def test_a_workspace_sees_what_it_has_and_how_many_go_before(home: Home, other: Home) -> None:
    assert await home.do(lambda unit: unit.queue.read([home.workspace, other.workspace, uuid4()])) == {}
    mine = [await home.image() for _ in range(2)]
    theirs = await other.image()
    read = await home.do(lambda unit: unit.queue.read([home.workspace, other.workspace]))
    assert read == {
        home.workspace: QueueState(False, 0, 2, {mine[0].id: 1, mine[1].id: 3}),
        other.workspace: QueueState(False, 0, 1, {theirs.id: 2}),
    }
    await reserved(home, most=1)
    assert await state(home) == QueueState(False, 1, 1, {mine[1].id: 2})
    assert await state(other) == QueueState(False, 0, 1, {theirs.id: 1})
    await home.image(kind=Kind.UPLOAD, model=None, prompt="")
    assert (await state(home)).waiting == 1


async def test_the_first_places_are_told_and_all_are_counted(home: Home) -> None:
    await home.image()
    await home.sql(
        "INSERT INTO image (id, workspace, project, kind, status, wake_at, deadline_at, prompt, model) "
        "SELECT gen_random_uuid(), workspace, project, kind, status, wake_at, deadline_at, prompt, model "
        "FROM image, generate_series(1, :more) RETURNING id",
        more=PLACES,
    )
    told = await state(home)
    assert told.waiting == PLACES + 1
    assert list(told.places.values()) == list(range(1, PLACES + 1))


# To the front


async def test_what_is_moved_to_the_front_goes_first_in_the_order_named(home: Home, other: Home) -> None:
    images = [await home.image() for _ in range(5)]
    theirs = [await other.image() for _ in range(2)]

    async def move(*places: int) -> None:
        named = [images[place].id for place in places]
        await home.do(lambda unit: unit.queue.move_to_front(home.workspace, [*named, theirs[1].id, uuid4()]))

    for _ in range(2):
        await move(4, 2)
        assert await order(home) == ids([images[4], images[2], images[0], images[1], images[3]])
    await move(3)
    assert await order(home) == ids([images[3], images[4], images[2], images[0], images[1]])
    assert await order(other) == ids(theirs)
    await home.do(lambda unit: unit.queue.move_to_front(home.workspace, []))
    for image in images:
        assert await home.do(lambda unit, image=image: unit.images.load(image.id)) == image


async def test_what_has_gone_is_not_moved(home: Home) -> None:
    gone, waiting = await home.image(), await home.image()
    await reserved(home, most=1)
    await home.do(lambda unit: unit.queue.move_to_front(home.workspace, [gone.id]))
    await home.sql("UPDATE image SET dispatched_at = NULL RETURNING id")
    await home.do(lambda unit: unit.queue.move_to_front(home.workspace, [waiting.id]))
    assert await order(home) == [waiting.id, gone.id]


async def test_of_two_who_order_at_once_one_is_the_later(home: Home) -> None:
    images = [await home.image() for _ in range(6)]
    first, second = [image.id for image in images[3:]], [image.id for image in images[:3]]
    ordered, go_on = asyncio.Event(), asyncio.Event()

    async def order_slowly(unit: Unit) -> None:
        await unit.queue.move_to_front(home.workspace, first)
        ordered.set()
        await go_on.wait()

    earlier = asyncio.create_task(home.do(order_slowly))
    await ordered.wait()
    later = asyncio.create_task(home.do(lambda unit: unit.queue.move_to_front(home.workspace, second)))
    assert await until(lambda: somebody_waits_for_a_lock(home), 10)
    go_on.set()
    await earlier
    await later
    assert await order(home) == [*second, *first]


async def test_what_has_ended_keeps_no_place_in_front(home: Home) -> None:
    image, others = await home.image(), [await home.image() for _ in range(2)]
    await home.do(lambda unit: unit.queue.move_to_front(home.workspace, [others[1].id]))
    before = await home.do(lambda unit: unit.images.load(others[1].id))
    assert before is not None
    over = replace(before, status=Status.CANCELED, finished_at=before.created_at, wake_at=None, deadline_at=None)
    ended = await home.do(lambda unit: unit.images.replace(before, over))
    assert ended is not None
    await home.do(lambda unit: unit.images.replace(ended, replace(before, version=ended.version)))
    assert await order(home) == ids([image, *others])


# Pauses


async def test_a_paused_workspace_is_passed_by_and_keeps_its_own_order(home: Home, other: Home) -> None:
    mine, theirs = [await home.image() for _ in range(2)], await other.image()
    assert not await home.do(lambda unit: unit.queue.is_paused(home.workspace))
    assert [await home.do(lambda unit: unit.queue.pause(home.workspace, True)) for _ in range(2)] == [True, False]
    assert await home.do(lambda unit: unit.queue.is_paused(home.workspace))
    assert await state(home) == QueueState(True, 0, 2, {mine[0].id: 1, mine[1].id: 2})
    assert await state(other) == QueueState(False, 0, 1, {theirs.id: 1})
    assert await reserved(home) == [theirs.id]
    assert [await home.do(lambda unit: unit.queue.pause(home.workspace, False)) for _ in range(2)] == [True, False]
    assert await reserved(home) == ids(mine)


async def test_a_pause_gives_back_what_is_reserved_and_lets_go_on_what_is_sent(home: Home) -> None:
    now = await home.database.time()
    sent = await home.image(status=Status.SUBMITTING, attempt=1, dispatched_at=now)
    image = await home.image()
    assert await reserved(home) == [image.id]
    await home.do(lambda unit: unit.queue.pause(home.workspace, True))
    assert await state(home) == QueueState(True, 1, 1, {image.id: 1})
    after = await home.do(lambda unit: unit.images.load(image.id))
    assert after is not None
    assert (after.dispatched_at, after.wake_at) == (None, image.deadline_at)
    assert await home.do(lambda unit: unit.images.load(sent.id)) == sent


async def test_nobody_reserves_for_a_workspace_that_is_being_paused(home: Home) -> None:
    """Whoever reserves at this moment waits for the pause, and finds it."""
    await home.image()
    holding, waiting = asyncio.Event(), asyncio.Event()

    async def pause(unit: Unit) -> None:
        await unit.queue.pause(home.workspace, True)
        holding.set()
        await waiting.wait()

    pausing = asyncio.create_task(home.do(pause))
    await holding.wait()
    reserving = asyncio.create_task(reserved(home))
    assert await until(lambda: somebody_waits_for_a_lock(home), 10)
    waiting.set()
    await pausing
    assert await reserving == []


async def test_a_pause_is_no_claim_to_turns_later(home: Home, other: Home) -> None:
    for _ in range(2):
        [await one.image() for one in (home, other)]
    await end(home, *await reserved(home, total=2))
    await home.do(lambda unit: unit.queue.pause(home.workspace, True))
    await home.do(lambda unit: unit.queue.pause(home.workspace, False))
    assert [row["workspace"] for row in await home.sql("SELECT workspace FROM served")] == [other.workspace]
