"""A callback is a hint: what it may do to the database, and what not (F19 to F21)."""

from __future__ import annotations

import asyncio

from server.core import facts as f
from server.core.image import Status
from server.core.stores import Wake
from server.usecases.claim_turn import end_overdue
from server.usecases.confirm_candidate import confirm_candidate
from server.usecases.intend_submit import Intent, hash_nonce
from server.usecases.note_callback import note_callback
from server.usecases.record_fact import keep_task
from tests.server.usecases.studio import RESULT, TASK, Studio, picture


async def call_back(studio: Studio, intent: Intent, task: str | None = TASK) -> bool:
    return await note_callback(studio.database, intent.nonce, task, studio.rules)


async def submitted(studio: Studio) -> Intent:
    intent = await studio.submit(await studio.bring(Status.PENDING))
    studio.told.clear()
    return intent


async def test_before_the_submits_answer_it_brings_the_task(studio: Studio) -> None:
    """F20, F17: the nonce is the only road to a task whose submit was never answered."""
    intent = await submitted(studio)
    await studio.record(intent.image, f.Ambiguous(1, "no answer"))
    assert await call_back(studio, intent)
    attempt = await studio.attempt(intent.image)
    assert (attempt.candidate_task_id, attempt.task_id, attempt.known_task) == (TASK, None, TASK)
    image = await studio.load(intent.image.id)
    assert image.status is Status.UNKNOWN
    assert image.wake_at <= await studio.database.time()
    assert Wake("image", image.id) in studio.told.wakes


async def test_when_it_first_came_is_kept_even_after_the_end(studio: Studio) -> None:
    intent = await submitted(studio)
    await keep_task(studio.database, intent.attempt, TASK, studio.rules.policy)
    await studio.record(intent.image, f.Accepted(1, TASK), f.Generated(1, TASK, RESULT), f.Stored(1, picture()))
    assert (await studio.attempt(intent.image)).called_back_at is None
    await call_back(studio, intent)
    first = (await studio.attempt(intent.image)).called_back_at
    assert first is not None
    await call_back(studio, intent)
    assert (await studio.attempt(intent.image)).called_back_at == first


async def test_a_callback_about_another_task_says_nothing_of_when_this_one_ended(studio: Studio) -> None:
    intent = await submitted(studio)
    await keep_task(studio.database, intent.attempt, TASK, studio.rules.policy)
    for task in ("another", None):
        await call_back(studio, intent, task)
    assert (await studio.attempt(intent.image)).called_back_at is None


async def test_the_answer_with_the_same_task_changes_nothing_with_another_it_alarms(studio: Studio) -> None:
    intent = await submitted(studio)
    await call_back(studio, intent)
    await studio.record(intent.image, f.Generating(1, TASK))
    assert await keep_task(studio.database, intent.attempt, TASK, studio.rules.policy)
    assert not await keep_task(studio.database, intent.attempt, "another", studio.rules.policy)
    assert (await studio.attempt(intent.image)).known_task == TASK


async def test_ten_at_once_and_after_the_end_change_nothing_twice(studio: Studio) -> None:
    """F19: 200 each, one transition, one event."""
    intent = await submitted(studio)
    assert all(await asyncio.gather(*(call_back(studio, intent) for _ in range(10))))
    assert studio.told.events == []
    await studio.record(intent.image, f.Generated(1, TASK, RESULT))
    saving = await studio.load(intent.image.id)
    assert all(await asyncio.gather(*(call_back(studio, intent) for _ in range(10))))
    assert await studio.load(saving.id) == saving
    completed = await studio.record(saving, f.Stored(1, picture()))
    studio.told.clear()
    assert all(await asyncio.gather(*(call_back(studio, intent) for _ in range(10))))
    assert await studio.load(saving.id) == completed
    assert (studio.told.events, studio.told.wakes) == ([], [])


async def test_an_unknown_nonce_is_nobodys(studio: Studio) -> None:
    """F21"""
    intent = await submitted(studio)
    assert not await note_callback(studio.database, "guessed", TASK, studio.rules)
    assert not await note_callback(studio.database, hash_nonce(intent.nonce).hex(), TASK, studio.rules)
    assert (await studio.attempt(intent.image)).known_task is None


async def test_a_wrong_task_changes_nothing_once_the_own_one_is_known(studio: Studio) -> None:
    intent = await submitted(studio)
    await keep_task(studio.database, intent.attempt, TASK, studio.rules.policy)
    before = await studio.attempt(intent.image)
    assert await call_back(studio, intent, "forged")
    assert await studio.attempt(intent.image) == before


async def test_a_wrong_candidate_is_found_out_and_forgotten(studio: Studio) -> None:
    intent = await submitted(studio)
    await call_back(studio, intent, "forged")
    attempt = await studio.attempt(intent.image)
    assert not await confirm_candidate(studio.database, attempt, "https://us.example/api/callbacks/nanobanana/other")
    assert (await studio.attempt(intent.image)).known_task is None
    await call_back(studio, intent)
    assert (await studio.attempt(intent.image)).known_task == TASK


async def test_a_candidate_whose_record_names_our_nonce_is_ours(studio: Studio) -> None:
    intent = await submitted(studio)
    await call_back(studio, intent)
    attempt = await studio.attempt(intent.image)
    own = f"https://us.example/api/callbacks/nanobanana/{intent.nonce}"
    assert await confirm_candidate(studio.database, attempt, own)
    assert await confirm_candidate(studio.database, attempt, None)
    assert (await studio.attempt(intent.image)).known_task == TASK


async def test_a_callback_without_a_task_is_no_news_while_none_is_known(studio: Studio) -> None:
    intent = await submitted(studio)
    before = await studio.load(intent.image.id)
    assert await call_back(studio, intent, None)
    assert await studio.load(intent.image.id) == before
    assert studio.told.wakes == []


async def test_after_its_image_was_given_up_it_wakes_the_attempt(studio: Studio) -> None:
    intent = await submitted(studio)
    for _ in range(2):
        await studio.expire(intent.image)
        await end_overdue(studio.database, intent.image.id, studio.rules)
    failed = await studio.load(intent.image.id)
    assert failed.status is Status.FAILED
    assert await call_back(studio, intent)
    attempt = await studio.attempt(failed)
    assert attempt.known_task == TASK
    assert attempt.wake_at is not None
    assert Wake("attempt", attempt.id) in studio.told.wakes
    assert await studio.load(failed.id) == failed


async def test_the_nonce_is_kept_hashed(studio: Studio) -> None:
    intent = await submitted(studio)
    [row] = await studio.sql("SELECT nonce_hash FROM attempt")
    assert row["nonce_hash"] == hash_nonce(intent.nonce)
    assert intent.nonce.encode() not in row["nonce_hash"]
    assert len(intent.nonce) >= 32
