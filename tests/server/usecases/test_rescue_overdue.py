"""What is due and was not woken is found, by one rescuer, without waiting for anybody."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

from server.core import facts as f
from server.core.events import Change, EventKind
from server.core.image import Image, Kind, Status
from server.core.ports import Unit
from server.core.stores import Wake
from server.usecases.answer_once import OnceKey
from server.usecases.claim_turn import claim_turn, end_overdue
from server.usecases.rescue_overdue import forget_old, rescue_overdue
from server.usecases.settle_attempt import claim_attempt
from tests.server.usecases.studio import Studio

GRACE = 0.5


async def rescue(studio: Studio) -> list[Wake]:
    return await rescue_overdue(studio.database, GRACE, studio.rules.policy, 500)


async def overdue(studio: Studio, status: Status, kind: Kind = Kind.GENERATION) -> Image:
    image = await studio.bring(status, kind)
    await studio.sql("UPDATE image SET wake_at = now() - interval '5 s' WHERE id = :id RETURNING id", id=image.id)
    return await studio.load(image.id)


async def test_every_overdue_row_is_moved_on_and_its_turn_can_be_claimed(studio: Studio) -> None:
    statuses = [Status.SUBMITTING, Status.PROCESSING, Status.SAVING, Status.UNKNOWN, Status.PENDING]
    images = [await overdue(studio, status) for status in statuses]
    images.append(await overdue(studio, Status.PENDING, Kind.UPLOAD))
    wakes = {wake.id: wake for wake in await rescue(studio)}
    assert set(wakes) == {image.id for image in images}
    for image in images:
        after = await studio.load(image.id)
        assert wakes[image.id] == Wake("image", image.id, turn=after.wake_at)
        assert after.wake_at - await studio.database.time() > timedelta(seconds=3)
        assert after.version == image.version
        assert await claim_turn(studio.database, image.id, wakes[image.id].turn, studio.rules.policy) is not None


async def test_what_was_just_rescued_is_left_alone_for_a_turn(studio: Studio) -> None:
    image = await overdue(studio, Status.PROCESSING)
    assert len(await rescue(studio)) == 1
    assert await rescue(studio) == []
    await studio.let_pass(11, image)
    assert len(await rescue(studio)) == 1


async def test_an_ordinary_wake_up_may_be_a_little_late(studio: Studio) -> None:
    image = await studio.bring(Status.PROCESSING)
    await studio.sql("UPDATE image SET wake_at = now() + interval '1 s' WHERE id = :id RETURNING id", id=image.id)
    assert await rescue(studio) == []


async def test_finished_rows_are_never_rescued(studio: Studio) -> None:
    for status in (Status.COMPLETED, Status.FAILED, Status.CANCELED):
        await studio.bring(status)
    assert await rescue(studio) == []


async def test_rows_that_others_hold_are_skipped_not_waited_for(studio: Studio) -> None:
    held, free = await overdue(studio, Status.PROCESSING), await overdue(studio, Status.PROCESSING)
    holding, done = asyncio.Event(), asyncio.Event()

    async def hold(unit: Unit) -> None:
        assert await unit.images.renew([held], 1.0)
        holding.set()
        async with asyncio.timeout(5):
            await done.wait()

    holder = asyncio.create_task(studio.database.transact(hold))
    await holding.wait()
    async with asyncio.timeout(2):
        assert [wake.id for wake in await rescue(studio)] == [free.id]
    done.set()
    await holder


async def test_rescuers_at_once_share_the_work(studio: Studio) -> None:
    images = [await overdue(studio, Status.PROCESSING) for _ in range(10)]
    found = await asyncio.gather(*(rescue(studio) for _ in range(4)))
    rescued = [wake.id for wakes in found for wake in wakes]
    assert sorted(rescued, key=str) == sorted((image.id for image in images), key=str)


async def test_attempts_that_are_due_are_rescued_too(studio: Studio) -> None:
    image = await studio.expire(await studio.bring(Status.PROCESSING))
    await end_overdue(studio.database, image.id, studio.rules)
    assert await rescue(studio) == []
    await studio.sql("UPDATE attempt SET wake_at = now() - interval '5 s' RETURNING id")
    [wake] = await rescue(studio)
    attempt = await studio.attempt(image)
    assert wake == Wake("attempt", attempt.id, turn=attempt.wake_at)
    assert await claim_attempt(studio.database, attempt.id, None, studio.rules.policy) is None
    assert await claim_attempt(studio.database, attempt.id, wake.turn, studio.rules.policy) is not None


async def test_a_worker_that_died_before_its_intent_is_replaced(studio: Studio) -> None:
    """F1: the reservation stands, the row is still pending, and whoever is next submits it."""
    image = await studio.reserve(await studio.bring(Status.PENDING))
    await studio.let_pass(11, image)
    [wake] = await rescue(studio)
    held = await claim_turn(studio.database, image.id, wake.turn, studio.rules.policy)
    assert held is not None
    assert (held.image.status, held.image.attempt) == (Status.PENDING, 0)
    assert held.image.dispatched_at is not None


async def test_a_worker_that_died_in_a_submit_is_not_repeated(studio: Studio) -> None:
    """F2, F3: what is still submitting at its wake-up becomes unknown, and then fails; there is no second intent."""
    image = await studio.bring(Status.SUBMITTING)
    await studio.let_pass(41, image)
    assert [wake.id for wake in await rescue(studio)] == [image.id]
    doubtful = await end_overdue(studio.database, image.id, studio.rules)
    assert doubtful.status is Status.UNKNOWN
    await studio.expire(image)
    failed = await end_overdue(studio.database, image.id, studio.rules)
    assert failed.error == {"code": "may_have_been_charged", "detail": None, "charged": True}
    assert failed.attempt == 1


# Forgetting


async def test_old_events_and_keys_are_forgotten_and_young_ones_kept(studio: Studio) -> None:
    await studio.request(OnceKey("old", b"hash"))
    await studio.sql("UPDATE event SET at = now() - interval '8 days' RETURNING seq")
    await studio.sql("UPDATE idempotency SET at = now() - interval '25 hours' RETURNING key")
    await studio.request(OnceKey("young", b"hash"))
    assert not await forget_old(studio.database, 7), "there is no more"
    assert [row["key"] for row in await studio.sql("SELECT key FROM idempotency")] == ["young"]
    [event] = await studio.sql("SELECT seq FROM event")
    workspace: UUID = studio.viewer.workspace
    position = await studio.database.transact(lambda unit: unit.events.position(workspace))
    assert position is not None
    assert event["seq"] == position.seq == 3


async def test_a_forgotten_past_does_not_renumber_the_stream(studio: Studio) -> None:
    await studio.request(count=3)
    await studio.sql("UPDATE event SET at = now() - interval '8 days' RETURNING seq")
    await forget_old(studio.database, 7)
    studio.told.clear()

    async def tell(unit: Unit) -> None:
        unit.tell(Change(studio.viewer.workspace, EventKind.PROJECT_CHANGED, {"id": "x", "version": 1}))

    await studio.database.transact(tell)
    assert [event.seq for event in studio.told.events] == [5]


async def test_rescue_leaves_deadlines_to_the_step(studio: Studio) -> None:
    image = await studio.expire(await studio.bring(Status.PROCESSING))
    await studio.let_pass(5, image)
    assert [wake.id for wake in await rescue(studio)] == [image.id]
    assert (await studio.load(image.id)).status is Status.PROCESSING
    assert (await studio.record(image, f.DeadlinePassed(1))).status is Status.FAILED
