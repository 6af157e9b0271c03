"""Whose turn it is: one worker at a time, and deadlines by the database's clock."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from server.core import facts as f
from server.core.image import FINISHED, Image, Kind, Status
from server.core.ports import Unit
from server.usecases.change_image import edit_image
from server.usecases.claim_turn import Turn, claim_due, claim_turn, end_overdue, give_back, renew_turns
from server.usecases.rescue_overdue import rescue_overdue
from tests.server.usecases.studio import TASK, Studio, picture

WATCHED = [Status.PENDING, Status.SUBMITTING, Status.UNKNOWN, Status.PROCESSING, Status.SAVING]


async def claim(studio: Studio, image: Image, turn: object = None) -> Turn | None:
    return await claim_turn(studio.database, image.id, turn, studio.rules.policy)  # type: ignore[arg-type]


async def due(studio: Studio, status: Status = Status.PROCESSING) -> Image:
    """An image that is to be looked at now."""
    image = await studio.bring(status)
    await studio.sql("UPDATE image SET wake_at = now() - interval '1 second' WHERE id = :id RETURNING id", id=image.id)
    return await studio.load(image.id)


async def test_a_due_image_is_claimed_for_one_turn(studio: Studio) -> None:
    image = await due(studio)
    studio.told.clear()
    held = await claim(studio, image)
    assert held is not None
    assert held.image.wake_at == held.now + timedelta(seconds=studio.rules.policy.turn)
    assert (held.image.version, held.attempt) == (image.version, await studio.attempt(image))
    assert studio.told.events == []


async def test_of_five_claims_at_once_one_wins(studio: Studio) -> None:
    image = await due(studio)
    claims = await asyncio.gather(*(claim(studio, image) for _ in range(5)))
    assert sum(held is not None for held in claims) == 1


async def test_an_early_wake_up_finds_nothing(studio: Studio) -> None:
    assert await claim(studio, await studio.bring(Status.PROCESSING)) is None


@pytest.mark.parametrize("status", sorted(FINISHED))
async def test_a_finished_image_has_no_turn(studio: Studio, status: Status) -> None:
    assert await claim(studio, await studio.bring(status)) is None


async def test_a_pending_upload_is_due_at_once_and_has_no_attempt(studio: Studio) -> None:
    held = await claim(studio, await studio.bring(Status.PENDING, Kind.UPLOAD))
    assert held is not None
    assert held.attempt is None


# Turns that rescue or dispatch hand on


async def test_the_bearer_of_a_turn_claims_before_its_time_and_once(studio: Studio) -> None:
    image = await due(studio)
    [wake] = await rescue_overdue(studio.database, 0.5, studio.rules.policy, 500)
    assert await claim(studio, image) is None
    assert await claim(studio, image, wake.turn) is not None
    assert await claim(studio, image, wake.turn) is None


async def test_of_five_bearers_of_one_turn_one_claims(studio: Studio) -> None:
    image = await studio.bring(Status.PENDING)
    reserved = await studio.reserve(image)
    claims = await asyncio.gather(*(claim(studio, image, reserved.wake_at) for _ in range(5)))
    assert sum(held is not None for held in claims) == 1


async def test_an_old_turn_is_worth_nothing(studio: Studio) -> None:
    image = await due(studio)
    assert await claim(studio, image, image.wake_at + timedelta(seconds=1)) is not None
    assert await claim(studio, image, image.wake_at) is None


# Keeping it


async def test_a_turn_is_prolonged_while_the_step_works(studio: Studio) -> None:
    held = await claim(studio, await due(studio))
    assert held is not None
    renewed = await renew_turns(studio.database, [held.image], studio.rules.policy)
    assert renewed[held.image.id] > held.image.wake_at
    after = await studio.load(held.image.id)
    assert (after.wake_at, after.version) == (renewed[held.image.id], held.image.version)


async def test_many_turns_are_prolonged_together_and_a_lost_one_is_left_out(studio: Studio) -> None:
    kept, lost = [await claim(studio, await due(studio)) for _ in range(2)]
    assert kept is not None
    assert lost is not None
    await studio.record(lost.image, f.Generated(1, TASK, "https://files.example/x"))
    renewed = await renew_turns(studio.database, [kept.image, lost.image], studio.rules.policy)
    assert set(renewed) == {kept.image.id}


async def test_a_turn_that_is_given_back_is_anybodys_at_once(studio: Studio) -> None:
    held = await claim(studio, await due(studio))
    assert held is not None
    await renew_turns(studio.database, [held.image], studio.rules.policy)
    await give_back(studio.database, held.image)
    assert await claim(studio, held.image) is not None


async def test_a_turn_is_not_given_back_where_the_image_has_moved_on(studio: Studio) -> None:
    held = await claim(studio, await due(studio))
    assert held is not None
    saving = await studio.record(held.image, f.Generated(1, TASK, "https://files.example/x"))
    taken = await claim(studio, saving)
    assert taken is not None
    await give_back(studio.database, held.image)
    assert (await studio.load(saving.id)).wake_at == taken.image.wake_at


async def test_what_is_due_is_claimed_together_with_its_attempts(studio: Studio) -> None:
    late, later = await due(studio), await due(studio)
    await studio.let_pass(60, late)
    [first] = await claim_due(studio.database, 1, studio.rules.policy)
    assert first.image.id == late.id
    assert first.attempt is not None
    assert (first.attempt.image, first.attempt.number) == (late.id, late.attempt)
    [second] = await claim_due(studio.database, 10, studio.rules.policy)
    assert second.image.id == later.id
    assert await claim_due(studio.database, 10, studio.rules.policy) == []


async def test_a_turn_that_another_took_is_lost(studio: Studio) -> None:
    image = await due(studio)
    slow = await claim(studio, image)
    await studio.let_pass(11, image)
    assert await claim(studio, image) is not None
    assert slow is not None
    assert await renew_turns(studio.database, [slow.image], studio.rules.policy) == {}


async def test_a_turn_ends_where_the_image_has_moved_on(studio: Studio) -> None:
    held = await claim(studio, await due(studio))
    assert held is not None
    await studio.record(held.image, f.Generated(1, TASK, "https://files.example/x"))
    assert await renew_turns(studio.database, [held.image], studio.rules.policy) == {}


async def test_a_turn_is_never_prolonged_past_the_deadline(studio: Studio) -> None:
    image = await due(studio)
    await studio.sql(
        "UPDATE image SET deadline_at = now() + interval '3 seconds' WHERE id = :id RETURNING id", id=image.id
    )
    held = await claim(studio, image)
    assert held is not None
    renewed = await renew_turns(studio.database, [held.image], studio.rules.policy)
    assert renewed == {held.image.id: held.image.deadline_at}


async def test_a_rename_at_the_same_moment_gives_no_turn_back(studio: Studio) -> None:
    """The row is read before the turn is taken and written after it: the write must not undo the claim."""
    image = await due(studio)
    read, claimed = asyncio.Event(), asyncio.Event()

    async def rename(unit: Unit) -> Image | None:
        before = await unit.images.load(image.id)
        assert before is not None
        read.set()
        async with asyncio.timeout(5):
            await claimed.wait()
        return await unit.images.replace(before, replace(before, name="Fox"))

    renaming = asyncio.create_task(studio.database.transact(rename))
    await read.wait()
    assert await claim(studio, image) is not None
    claimed.set()
    assert await renaming is None
    assert await claim(studio, image) is None
    await edit_image(studio.database, studio.viewer, image.id, name="Fox")
    assert await claim(studio, image) is None
    assert (await studio.load(image.id)).name == "Fox"


# Deadlines


@pytest.mark.parametrize(
    ("status", "after", "error"),
    [
        (Status.PENDING, Status.FAILED, ("expired", False)),
        (Status.SUBMITTING, Status.UNKNOWN, None),
        # F3: it may have been charged, and says so.
        (Status.UNKNOWN, Status.FAILED, ("may_have_been_charged", True)),
        # F18
        (Status.PROCESSING, Status.FAILED, ("timed_out", True)),
        (Status.SAVING, Status.FAILED, ("save_timed_out", True)),
    ],
)
async def test_a_deadline_takes_effect(
    studio: Studio, status: Status, after: Status, error: tuple[str, bool] | None
) -> None:
    image = await studio.expire(await studio.bring(status))
    ended = await end_overdue(studio.database, image.id, studio.rules)
    assert ended.status is after
    assert (ended.error and (ended.error["code"], ended.error["charged"])) == error


async def test_an_upload_that_could_not_be_stored_was_not_charged(studio: Studio) -> None:
    image = await studio.expire(await studio.bring(Status.SAVING, Kind.UPLOAD))
    ended = await end_overdue(studio.database, image.id, studio.rules)
    assert ended.error == {"code": "save_timed_out", "detail": None, "charged": False}


@pytest.mark.parametrize("status", WATCHED)
async def test_nothing_ends_before_its_time_whoever_says_so(studio: Studio, status: Status) -> None:
    """F26: the database's clock decides, so a worker whose clock is an hour ahead ends nothing early."""
    image = await studio.bring(status)
    await studio.let_pass((image.deadline_at - await studio.database.time()).total_seconds() - 5, image)
    before = await studio.load(image.id)
    assert await end_overdue(studio.database, image.id, studio.rules) == before
    assert await studio.load(image.id) == before


async def test_ending_twice_is_harmless(studio: Studio) -> None:
    image = await studio.expire(await studio.bring(Status.PROCESSING))
    ends = await asyncio.gather(*(end_overdue(studio.database, image.id, studio.rules) for _ in range(5)))
    assert {ended.status for ended in ends} == {Status.FAILED}
    assert (await studio.load(image.id)).version == image.version + 1


async def test_what_a_pause_keeps_waiting_does_not_expire(studio: Studio) -> None:
    refused, waiting = await studio.bring(Status.SUBMITTING), await studio.bring(Status.PENDING)
    await studio.record(refused, f.Refused(1, f.Halt.OUT_OF_CREDITS))
    await studio.expire(waiting)
    studio.told.clear()
    await end_overdue(studio.database, waiting.id, studio.rules)
    after = await studio.load(waiting.id)
    assert after.status is Status.PENDING
    assert after.deadline_at - await studio.database.time() > timedelta(days=6)
    assert studio.told.events == []
    await studio.end_pause()
    await studio.expire(waiting)
    assert (await end_overdue(studio.database, waiting.id, studio.rules)).status is Status.FAILED


async def test_a_pause_prolongs_nothing_that_is_at_the_provider(studio: Studio) -> None:
    refused, other = await studio.bring(Status.SUBMITTING), await studio.bring(Status.PROCESSING)
    await studio.record(refused, f.Refused(1, f.Halt.OUT_OF_CREDITS))
    await studio.expire(other)
    assert (await end_overdue(studio.database, other.id, studio.rules)).status is Status.FAILED


async def test_a_fact_that_comes_first_beats_the_deadline(studio: Studio) -> None:
    image = await studio.expire(await studio.bring(Status.SAVING))
    stored = await studio.record(image, f.Stored(1, picture()))
    assert await end_overdue(studio.database, image.id, studio.rules) == stored
