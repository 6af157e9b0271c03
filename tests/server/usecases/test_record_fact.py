"""What was learned is written once, whoever learns it and however often: races, stale facts, charges, pauses."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from server.core import facts as f
from server.core.errors import Problem, ProblemCode
from server.core.image import Image, Kind, Status
from server.core.limits import Policy
from server.core.ports import Unit
from server.core.stores import Wake
from server.usecases.change_image import cancel_image, retry_image
from server.usecases.claim_turn import end_overdue
from server.usecases.move_image import Rules, move_image
from server.usecases.note_callback import note_callback
from server.usecases.record_fact import keep_task, record_fact
from tests.server.usecases.studio import RESULT, TASK, Studio, picture

GENERATED = f.Generated(1, TASK, RESULT)


async def record_at_once(studio: Studio, image: Image, *facts: f.Fact) -> Image:
    studio.told.clear()
    await asyncio.gather(*(record_fact(studio.database, image.id, fact, studio.rules) for fact in facts))
    return await studio.load(image.id)


# Races


async def test_the_same_fact_from_two_workers_is_one_transition_and_one_event(studio: Studio) -> None:
    image = await studio.bring(Status.PROCESSING)
    after = await record_at_once(studio, image, GENERATED, GENERATED)
    assert (after.status, after.version) == (Status.SAVING, image.version + 1)
    assert [event.data["status"] for event in studio.told.events] == ["saving"]


async def test_of_two_ends_at_once_one_comes_true(studio: Studio) -> None:
    image = await studio.bring(Status.SAVING)
    ends = [f.Stored(1, picture()), f.ResultRejected(1), f.Stored(1, picture()), f.DeadlinePassed(1)]
    after = await record_at_once(studio, image, *ends)
    assert after.version == image.version + 1
    assert [event.data["status"] for event in studio.told.events] == [str(after.status)]
    assert (after.status is Status.COMPLETED) == bool(after.renditions)


async def test_a_wish_to_cancel_and_the_end_at_once_lose_neither(studio: Studio) -> None:
    for _ in range(5):
        image = await studio.bring(Status.SAVING)
        after = await record_at_once(studio, image, f.CancelRequested(), f.Stored(1, picture()))
        assert after.renditions
        if after.cancel_requested_at is not None:
            assert (after.status, after.version) == (Status.CANCELED, image.version + 2)
            assert after.trashed_at is not None
        else:
            assert (after.status, after.version) == (Status.COMPLETED, image.version + 1)


async def test_ten_who_ask_for_news_wake_a_worker_and_change_nothing(studio: Studio) -> None:
    image = await studio.bring(Status.PROCESSING)
    after = await record_at_once(studio, image, *[f.RefreshRequested(1)] * 10)
    assert studio.told.events == []
    assert after.version == image.version
    assert after.wake_at is not None and image.wake_at is not None
    assert after.wake_at < image.wake_at
    assert Wake("image", image.id) in studio.told.wakes


async def test_ten_polls_at_once_move_the_next_look_and_nothing_else(studio: Studio) -> None:
    image = await studio.bring(Status.PROCESSING)
    after = await record_at_once(studio, image, *[f.Generating(1, TASK)] * 10)
    assert after.version == image.version
    assert after.tries == 10
    assert studio.told.events == []


async def test_a_stale_write_finds_what_the_row_already_holds(studio: Studio) -> None:
    """A worker that was stopped for a minute comes back: its fact is held already, and nothing happens twice."""
    image = await studio.bring(Status.PROCESSING)
    completed = await studio.record(image, GENERATED, f.Stored(1, picture()))
    studio.told.clear()
    assert await studio.record(image, f.Generating(1, TASK), GENERATED, f.Stored(1, picture())) == completed
    assert studio.told.events == []


async def test_a_fact_of_a_past_attempt_leaves_the_present_one_alone(studio: Studio) -> None:
    image = await studio.expire(await studio.bring(Status.UNKNOWN))
    await end_overdue(studio.database, image.id, studio.rules)
    await retry_image(studio.database, studio.viewer, image.id, studio.rules)
    present = await studio.accept(image, "second-task")
    assert present.attempt == 2
    for fact in (f.GenerationFailed(1, TASK), f.Accepted(1, TASK), GENERATED, f.Stored(1, picture())):
        assert await studio.record(image, fact) == present


# A task is never dropped


async def test_the_late_result_of_a_past_attempt_is_asked_for_by_itself(studio: Studio) -> None:
    image = await studio.expire(await studio.bring(Status.UNKNOWN))
    await end_overdue(studio.database, image.id, studio.rules)
    await retry_image(studio.database, studio.viewer, image.id, studio.rules)
    await studio.accept(image, "second-task")
    studio.told.clear()
    await studio.record(image, GENERATED)
    attempt = await studio.attempt(image, 1)
    assert attempt.wake_at is not None
    assert studio.told.wakes == [Wake("attempt", attempt.id)]


async def test_an_answer_that_comes_after_the_end_is_asked_for_by_itself(studio: Studio) -> None:
    """The submit's answer was so late that its image has been given up: the task may yet bring a paid picture."""
    image = await studio.expire(await studio.bring(Status.UNKNOWN))
    await end_overdue(studio.database, image.id, studio.rules)
    attempt = await studio.attempt(image)
    assert await keep_task(studio.database, attempt, TASK, studio.rules.policy)
    after = await studio.record(image, f.Accepted(1, TASK))
    assert after.status is Status.FAILED
    attempt = await studio.attempt(image)
    assert (attempt.task_id, attempt.settled_at) == (TASK, None)
    assert attempt.wake_at is not None


async def test_a_task_whose_fact_got_lost_is_asked_for_within_a_turn(studio: Studio) -> None:
    """Killed between the two: nobody waits for the submit's time-out, for the answer is known."""
    image = await studio.bring(Status.SUBMITTING)
    assert await keep_task(studio.database, await studio.attempt(image), TASK, studio.rules.policy)
    after = await studio.load(image.id)
    assert (after.status, after.version, after.deadline_at) == (Status.SUBMITTING, image.version, image.deadline_at)
    assert after.wake_at is not None
    assert after.wake_at <= await studio.database.time() + timedelta(seconds=studio.rules.policy.turn)


async def test_a_second_task_of_one_attempt_is_refused(studio: Studio) -> None:
    image = await studio.bring(Status.SUBMITTING)
    attempt = await studio.attempt(image)
    assert await keep_task(studio.database, attempt, TASK, studio.rules.policy)
    assert await keep_task(studio.database, attempt, TASK, studio.rules.policy)
    assert not await keep_task(studio.database, attempt, "another", studio.rules.policy)
    assert (await studio.attempt(image)).task_id == TASK


async def test_of_two_tasks_at_once_one_is_kept(studio: Studio) -> None:
    attempt = await studio.attempt(await studio.bring(Status.SUBMITTING))
    tasks = [f"task-{n}" for n in range(5)]
    kept = await asyncio.gather(*(keep_task(studio.database, attempt, task, studio.rules.policy) for task in tasks))
    assert sum(kept) == 1


async def test_the_submits_own_answer_beats_a_callbacks_candidate(studio: Studio) -> None:
    intent = await studio.submit(await studio.bring(Status.PENDING))
    await note_callback(studio.database, intent.nonce, "candidate", studio.rules)
    assert (await studio.attempt(intent.image)).known_task == "candidate"
    assert await keep_task(studio.database, intent.attempt, TASK, studio.rules.policy)
    assert (await studio.attempt(intent.image)).known_task == TASK


# What is charged, and when an attempt is settled


async def test_an_attempt_is_charged_once(studio: Studio) -> None:
    image = await studio.bring(Status.SUBMITTING)
    assert await studio.charges() == 0
    await studio.record(image, f.Accepted(1, TASK), f.Accepted(1, TASK), f.Generating(1, TASK), GENERATED, GENERATED)
    await studio.record(image, f.Stored(1, picture()))
    assert await studio.charges() == 1
    [row] = await studio.sql("SELECT * FROM ledger")
    assert (float(row["amount_usd"]), row["model"], row["image"]) == (0.04, "nano-banana-2", image.id)


async def test_a_result_that_comes_before_the_answer_is_charged_too(studio: Studio) -> None:
    await studio.record(await studio.bring(Status.UNKNOWN), GENERATED)
    assert await studio.charges() == 1


async def test_what_may_have_been_charged_is_in_the_ledger(studio: Studio) -> None:
    image = await studio.expire(await studio.bring(Status.UNKNOWN))
    assert await studio.charges() == 0
    await end_overdue(studio.database, image.id, studio.rules)
    assert await studio.charges() == 1


@pytest.mark.parametrize(
    ("fact", "outcome"),
    [
        (f.Refused(1), "unreachable"),
        (f.Rejected(1, Problem(ProblemCode.PROMPT_REJECTED)), "rejected"),
        (f.Rejected(1, Problem(ProblemCode.INPUT_UNREACHABLE)), "rejected"),
    ],
)
async def test_what_was_not_taken_is_settled_and_not_charged(studio: Studio, fact: f.Fact, outcome: str) -> None:
    image = await studio.record(await studio.bring(Status.SUBMITTING), fact)
    attempt = await studio.attempt(image)
    assert (attempt.outcome, attempt.settled_at is not None, attempt.wake_at) == (outcome, True, None)
    assert await studio.charges() == 0


async def test_a_confirmed_failure_that_is_repeated_settles_its_attempt(studio: Studio) -> None:
    studio.rules = Rules(Policy(retry_confirmed_failure=True))
    image = await studio.record(await studio.bring(Status.PROCESSING), f.GenerationFailed(1, TASK, confirmed=True))
    assert image.status is Status.PENDING
    attempt = await studio.attempt(image)
    assert (attempt.outcome, attempt.settled_at is not None) == ("failed", True)
    assert (await studio.accept(image, "second-task")).attempt == 2
    assert await studio.charges() == 2


@pytest.mark.parametrize(
    ("status", "fact", "outcome"),
    [
        (Status.PROCESSING, f.GenerationFailed(1, TASK), "failed"),
        (Status.SAVING, f.Stored(1, picture()), "generated"),
        (Status.SAVING, f.ResultRejected(1), "generated"),
    ],
)
async def test_the_providers_last_word_settles(studio: Studio, status: Status, fact: f.Fact, outcome: str) -> None:
    image = await studio.record(await studio.bring(status), fact)
    attempt = await studio.attempt(image)
    assert (attempt.outcome, attempt.settled_at is not None, attempt.wake_at) == (outcome, True, None)


@pytest.mark.parametrize("fact", [f.DeadlinePassed(1), f.NoOutput(1, TASK)])
async def test_a_task_without_a_last_word_is_asked_for_slowly(studio: Studio, fact: f.Fact) -> None:
    image = await studio.bring(Status.PROCESSING)
    for _ in range(5):
        image = await studio.record(image, fact)
    assert image.status is Status.FAILED
    attempt = await studio.attempt(image)
    assert attempt.settled_at is None
    assert attempt.wake_at is not None and image.finished_at is not None
    assert attempt.wake_at - image.finished_at == timedelta(minutes=10)


async def test_what_a_task_says_is_kept_in_the_metadata(studio: Studio) -> None:
    image = await studio.record(
        await studio.bring(Status.PROCESSING), f.Generated(1, TASK, RESULT, {"operationType": "nano-banana-2_1k"})
    )
    assert image.metadata == {"nanobanana_task_id": TASK, "operationType": "nano-banana-2_1k"}
    assert (await studio.attempt(image)).result_url == RESULT


# What depends on a picture


async def test_what_is_made_from_a_failed_picture_fails_down_the_chain(studio: Studio) -> None:
    [upload] = await studio.upload()
    [first] = await studio.request(inputs=(upload.id,))
    [second] = await studio.request(inputs=(first.id,))
    await studio.record(upload, f.IngestStarted(), f.ResultRejected())
    for image in (first, second):
        after = await studio.load(image.id)
        assert after.status is Status.FAILED
        assert after.error == {"code": "input_failed", "detail": None, "charged": False}


async def test_a_stored_picture_lets_what_waits_for_it_go(studio: Studio) -> None:
    upload = await studio.bring(Status.SAVING, Kind.UPLOAD)
    [image] = await studio.request(inputs=(upload.id,))
    studio.told.clear()
    await studio.record(upload, f.Stored(renditions=picture()))
    assert Wake("dispatch") in studio.told.wakes
    assert (await studio.load(image.id)).status is Status.PENDING


# What follows


async def test_every_look_to_come_is_woken_for(studio: Studio) -> None:
    image = await studio.bring(Status.SUBMITTING)
    for fact in (f.Accepted(1, TASK), f.Generating(1, TASK), GENERATED, f.SaveFailed(1)):
        studio.told.clear()
        image = await studio.record(image, fact)
        wake = Wake("image", image.id) if isinstance(fact, f.Generated) else Wake("due", at=image.wake_at)
        assert wake in studio.told.wakes


async def test_a_canceled_picture_that_was_paid_comes_into_the_trash(studio: Studio) -> None:
    image = await studio.bring(Status.PROCESSING)
    await cancel_image(studio.database, studio.viewer, image.id, studio.rules)
    after = await studio.record(image, GENERATED, f.Stored(1, picture()))
    assert (after.status, after.trashed_at) == (Status.CANCELED, after.finished_at)
    assert set(after.renditions) == {"original", "preview", "thumb"}


async def test_a_rolled_back_unit_tells_and_wakes_nothing(studio: Studio) -> None:
    image = await studio.bring(Status.PROCESSING)
    studio.told.clear()

    async def move_and_fail(unit: Unit) -> None:
        await move_image(unit, image, GENERATED, studio.rules)
        raise LookupError

    with pytest.raises(LookupError):
        await studio.database.transact(move_and_fail)
    assert await studio.load(image.id) == image
    assert (studio.told.events, studio.told.wakes) == ([], [])
