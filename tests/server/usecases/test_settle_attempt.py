"""Attempts whose image ended without them: asked for slowly, and their late pictures kept (F18)."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from server.core import facts as f
from server.core.image import Attempt, Image, Status
from server.core.stores import Wake
from server.usecases.change_image import restore_image, retry_image
from server.usecases.claim_turn import claim_turn, end_overdue
from server.usecases.settle_attempt import claim_attempt, settle_attempt
from tests.server.usecases.studio import RESULT, TASK, Studio, picture

GENERATED = f.Generated(1, TASK, RESULT, {"operationType": "nano-banana-2_1k"})


async def timed_out(studio: Studio) -> tuple[Image, Attempt]:
    """An image that the provider did not finish in time, and its attempt."""
    image = await studio.expire(await studio.bring(Status.PROCESSING))
    ended = await end_overdue(studio.database, image.id, studio.rules)
    assert ended.status is Status.FAILED
    return ended, await studio.attempt(image)


async def settle(studio: Studio, attempt: Attempt, fact: f.Fact) -> Image | None:
    return await settle_attempt(studio.database, attempt, fact, studio.rules.policy)


async def test_a_late_result_becomes_a_picture_of_its_own_in_the_trash_and_is_told(studio: Studio) -> None:
    image, attempt = await timed_out(studio)
    studio.told.clear()
    late = await settle(studio, attempt, GENERATED)
    assert late is not None
    assert late == await studio.load(late.id)
    assert (late.status, late.attempt, late.version) == (Status.SAVING, 1, 1)
    assert (late.prompt, late.project, late.created_at) == (image.prompt, image.project, image.created_at)
    assert late.trashed_at is not None
    assert late.metadata == {
        "nanobanana_task_id": TASK,
        "operationType": "nano-banana-2_1k",
        "late_of": str(image.id),
    }
    assert [event.data["id"] for event in studio.told.events] == [str(late.id)]
    assert Wake("image", late.id) in studio.told.wakes
    assert await studio.load(image.id) == image


async def test_a_late_picture_is_saved_like_any_other(studio: Studio) -> None:
    _, attempt = await timed_out(studio)
    late = await settle(studio, attempt, GENERATED)
    assert late is not None
    held = await claim_turn(studio.database, late.id, None, studio.rules.policy)
    assert held is not None
    assert held.attempt is not None
    assert (held.attempt.id, held.attempt.result_url) == (attempt.id, RESULT)
    stored = await studio.record(late, f.Stored(1, picture()))
    assert (stored.status, stored.trashed_at) == (Status.COMPLETED, late.trashed_at)
    assert (await studio.attempt(late)).settled_at is not None
    restored = await restore_image(studio.database, studio.viewer, late.id)
    assert restored.trashed_at is None


async def test_a_late_result_is_charged_once(studio: Studio) -> None:
    _, attempt = await timed_out(studio)
    late = await settle(studio, attempt, GENERATED)
    assert late is not None
    await studio.record(late, f.Stored(1, picture()))
    assert await studio.charges() == 1


async def test_two_who_ask_at_once_make_one_late_picture(studio: Studio) -> None:
    _, attempt = await timed_out(studio)
    late = await asyncio.gather(*(settle(studio, attempt, GENERATED) for _ in range(5)))
    assert sum(image is not None for image in late) == 1
    assert len(await studio.all_images()) == 2


async def test_what_is_settled_stays_settled(studio: Studio) -> None:
    _, attempt = await timed_out(studio)
    await settle(studio, attempt, f.GenerationFailed(1, TASK))
    assert await settle(studio, attempt, GENERATED) is None
    assert len(await studio.all_images()) == 1


async def test_a_failure_settles(studio: Studio) -> None:
    image, attempt = await timed_out(studio)
    assert await settle(studio, attempt, f.GenerationFailed(1, TASK)) is None
    after = await studio.attempt(image)
    assert (after.outcome, after.settled_at is not None, after.wake_at) == ("failed", True, None)


@pytest.mark.parametrize("fact", [f.Generating(1, TASK), f.PollFailed(1), f.TaskMissing(1), f.NoOutput(1, TASK)])
async def test_anything_else_is_asked_again_in_ten_minutes(studio: Studio, fact: f.Fact) -> None:
    image, attempt = await timed_out(studio)
    before = await studio.database.time()
    assert await settle(studio, attempt, fact) is None
    after = await studio.attempt(image)
    assert after.settled_at is None
    assert timedelta(minutes=9) < after.wake_at - before < timedelta(minutes=11)


async def test_after_a_day_it_is_given_up(studio: Studio) -> None:
    image, _ = await timed_out(studio)
    await studio.sql("UPDATE attempt SET created_at = now() - interval '25 hours' RETURNING id")
    await settle(studio, await studio.attempt(image), f.Generating(1, TASK))
    after = await studio.attempt(image)
    assert (after.outcome, after.settled_at is not None, after.wake_at) == ("lost", True, None)


async def test_an_attempt_whose_image_lives_is_left_to_it(studio: Studio) -> None:
    image = await studio.bring(Status.PROCESSING)
    assert await settle(studio, await studio.attempt(image), GENERATED) is None
    assert await studio.load(image.id) == image
    assert (await studio.attempt(image)).settled_at is None


async def test_the_first_attempts_picture_comes_beside_that_of_the_second(studio: Studio) -> None:
    image, attempt = await timed_out(studio)
    await retry_image(studio.database, studio.viewer, image.id, studio.rules)
    await studio.record(
        await studio.generate(image, "second-task"), f.Stored(2, picture(1920, 1080)), f.Generated(1, TASK, RESULT)
    )
    late = await settle(studio, await studio.attempt(image, 1), GENERATED)
    assert late is not None
    assert (late.width, late.height, late.sha256, dict(late.renditions)) == (None, None, None, {})
    assert (await studio.load(image.id)).status is Status.COMPLETED
    assert attempt.number == 1
    assert await studio.charges() == 2


# Turns


async def test_an_attempt_is_claimed_when_it_is_due_by_one(studio: Studio) -> None:
    _, attempt = await timed_out(studio)
    policy = studio.rules.policy
    assert await claim_attempt(studio.database, attempt.id, None, policy) is None
    await studio.sql("UPDATE attempt SET wake_at = now() RETURNING id")
    claims = await asyncio.gather(*(claim_attempt(studio.database, attempt.id, None, policy) for _ in range(5)))
    assert sum(claimed is not None for claimed in claims) == 1


async def test_a_settled_attempt_has_no_turn(studio: Studio) -> None:
    image = await studio.bring(Status.COMPLETED)
    attempt = await studio.attempt(image)
    assert await claim_attempt(studio.database, attempt.id, None, studio.rules.policy) is None
