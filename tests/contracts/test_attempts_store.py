"""The port `Attempts`, on its one adapter."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from server.core.image import Attempt
from server.core.poll_times import RECENT, Past
from server.core.ports import Unit
from server.core.stores import Wake
from tests.contracts.rows import Home

NONCE = b"hash of a nonce"


async def read(home: Home, attempt: Attempt) -> Attempt:
    found = await home.do(lambda unit: unit.attempts.of(attempt.image, attempt.number))
    assert found is not None
    return found


async def test_an_opened_attempt_is_found_by_image_number_and_nonce(home: Home) -> None:
    attempt = await home.attempt(nonce=NONCE)
    found = await read(home, attempt)
    assert found == replace(attempt, created_at=found.created_at, submitted_at=found.submitted_at)
    assert found.submitted_at is not None
    assert await home.do(lambda unit: unit.attempts.by_nonce(NONCE)) == found
    assert await home.do(lambda unit: unit.attempts.hold(attempt.id)) == found
    assert await home.do(lambda unit: unit.attempts.of(attempt.image, 2)) is None
    assert await home.do(lambda unit: unit.attempts.by_nonce(b"another")) is None
    assert await home.do(lambda unit: unit.attempts.hold(uuid4())) is None


async def test_a_number_is_opened_once(home: Home) -> None:
    attempt = await home.attempt()
    again = replace(attempt, id=uuid4())
    assert not await home.do(lambda unit: unit.attempts.open(again, uuid4().bytes))
    second = replace(again, number=2)
    assert await home.do(lambda unit: unit.attempts.open(second, uuid4().bytes))


async def test_the_price_is_kept_as_it_was_promised(home: Home) -> None:
    prices = (0.0425, 0.0, None)
    for price in prices:
        assert (await read(home, await home.attempt(price_usd=price))).price_usd == price


async def test_a_nonce_is_its_attempts_own(home: Home) -> None:
    first, second = await home.attempt(nonce=NONCE), await home.attempt(nonce=b"another")
    assert await home.do(lambda unit: unit.attempts.has_nonce(first.id, NONCE))
    assert not await home.do(lambda unit: unit.attempts.has_nonce(second.id, NONCE))
    assert not await home.do(lambda unit: unit.attempts.has_nonce(uuid4(), NONCE))


async def test_the_first_task_stays(home: Home) -> None:
    attempt = await home.attempt()
    assert await home.do(lambda unit: unit.attempts.keep_task(attempt.id, "t1"))
    accepted = (await read(home, attempt)).accepted_at
    assert accepted is not None
    assert await home.do(lambda unit: unit.attempts.keep_task(attempt.id, "t1"))
    assert not await home.do(lambda unit: unit.attempts.keep_task(attempt.id, "t2"))
    after = await read(home, attempt)
    assert (after.task_id, after.accepted_at) == ("t1", accepted)


async def test_a_candidate_comes_and_goes(home: Home) -> None:
    attempt = await home.attempt()
    for candidate in ("t1", "t1", "t2", None, None):
        await home.do(lambda unit, candidate=candidate: unit.attempts.keep_candidate(attempt.id, candidate))
        after = await read(home, attempt)
        assert (after.candidate_task_id, after.known_task, after.task_id) == (candidate, candidate, None)


async def test_what_is_noted_stands_and_nothing_else_changes(home: Home) -> None:
    attempt = await home.attempt()
    before = await read(home, attempt)
    now = await home.database.time()
    noted = {"result_url": "https://x.example/r", "finished_at": now, "settled_at": now, "wake_at": now, "outcome": "x"}
    await home.do(lambda unit: unit.attempts.note(attempt.id, **noted))
    assert await read(home, attempt) == replace(before, **noted)
    await home.do(lambda unit: unit.attempts.note(attempt.id, wake_at=None))
    assert await read(home, attempt) == replace(before, **{**noted, "wake_at": None})


async def test_a_column_that_may_not_be_noted_is_refused(home: Home) -> None:
    attempt = await home.attempt()
    with pytest.raises(KeyError):
        await home.do(lambda unit: unit.attempts.note(attempt.id, task_id="t1"))


async def test_a_moved_attempt_belongs_to_the_other_image_and_is_not_asked_for(home: Home) -> None:
    attempt, image = await home.attempt(), await home.image()
    now = await home.database.time()
    await home.do(lambda unit: unit.attempts.note(attempt.id, wake_at=now))
    await home.do(lambda unit: unit.attempts.move(attempt.id, image.id))
    assert await home.do(lambda unit: unit.attempts.of(attempt.image, 1)) is None
    moved = await home.do(lambda unit: unit.attempts.of(image.id, 1))
    assert moved is not None
    assert (moved.id, moved.wake_at) == (attempt.id, None)


async def test_one_who_is_held_is_changed_by_nobody_else(home: Home) -> None:
    attempt = await home.attempt()
    holding, done = asyncio.Event(), asyncio.Event()

    async def hold(unit: Unit) -> str | None:
        await unit.attempts.hold(attempt.id)
        holding.set()
        async with asyncio.timeout(5):
            await done.wait()
        held = await unit.attempts.of(attempt.image, 1)
        assert held is not None
        return held.outcome

    holder = asyncio.create_task(home.do(hold))
    await holding.wait()
    rival = asyncio.create_task(home.do(lambda unit: unit.attempts.note(attempt.id, outcome="rival")))
    # The rival has reached the lock once PostgreSQL says that somebody waits for it.
    async with asyncio.timeout(5):
        while not await home.sql("SELECT 1 FROM pg_locks WHERE NOT granted"):
            pass
    done.set()
    assert await holder is None
    await rival
    assert (await read(home, attempt)).outcome == "rival"


async def test_the_key_is_proved_by_what_was_accepted_since_the_refusal(home: Home) -> None:
    refused, other = await home.attempt(), await home.attempt()

    async def proved() -> bool:
        return await home.do(lambda unit: unit.attempts.key_proved_since(refused.image))

    await home.do(lambda unit: unit.attempts.keep_task(other.id, "before"))
    assert not await proved(), "it was never refused"
    now = await home.database.time()
    await home.do(lambda unit: unit.attempts.note(refused.id, settled_at=now, outcome="rate_limited"))
    await home.do(lambda unit: unit.attempts.note(other.id, accepted_at=now + timedelta(seconds=1)))
    assert not await proved(), "it was not refused for the key"
    await home.do(lambda unit: unit.attempts.note(refused.id, outcome="bad_key"))
    assert await proved()
    await home.do(lambda unit: unit.attempts.note(refused.id, settled_at=now + timedelta(seconds=2)))
    assert not await proved(), "it was refused again since"


# Turns


async def test_a_due_attempt_is_claimed_by_one_of_many(home: Home) -> None:
    attempt = await home.attempt()
    assert await home.do(lambda unit: unit.attempts.claim(attempt.id, None, 10.0)) is None
    now = await home.database.time()
    await home.do(lambda unit: unit.attempts.note(attempt.id, wake_at=now))
    claims = await asyncio.gather(
        *(home.do(lambda unit: unit.attempts.claim(attempt.id, None, 10.0)) for _ in range(5))
    )
    [claimed] = [one for one in claims if one is not None]
    assert claimed.wake_at > now
    assert await home.do(lambda unit: unit.attempts.claim(attempt.id, claimed.wake_at, 10.0)) is not None


async def test_overdue_attempts_are_moved_on(home: Home) -> None:
    late, due, idle = await home.attempt(), await home.attempt(), await home.attempt()
    now = await home.database.time()
    await home.do(lambda unit: unit.attempts.note(late.id, wake_at=now - timedelta(seconds=9)))
    await home.do(lambda unit: unit.attempts.note(due.id, wake_at=now + timedelta(seconds=9)))
    wakes = await home.do(lambda unit: unit.attempts.claim_overdue(0.5, 10.0, 5))
    assert wakes == [Wake("attempt", late.id, turn=(await read(home, late)).wake_at)]
    assert (await read(home, idle)).wake_at is None


# What is learned


async def generated(home: Home, took: float | None, called_back: bool = True, **fields: object) -> None:
    attempt = await home.attempt(**fields)

    async def note(unit: Unit) -> None:
        called_back_at = unit.now if called_back else None
        known = {"called_back_at": called_back_at, "finished_at": unit.now, "took": took, "outcome": "generated"}
        await unit.attempts.note(attempt.id, **known)

    await home.do(note)


async def learned(home: Home) -> Past:
    return await home.do(lambda unit: unit.attempts.learned("nano-banana-2", "1K"))


async def test_of_nothing_nothing_is_learned(home: Home) -> None:
    await home.attempt()
    await generated(home, 1_000.0, resolution="4K")
    await generated(home, 1_000.0, model="nano-banana")
    past = await learned(home)
    assert (past.count, past.silent) == (0, 0)
    assert 0 < past.p50 <= past.p90


async def test_the_times_of_one_model_and_size_are_learned_from(home: Home) -> None:
    for took in (10.0, 20.0, 30.0, 40.0, 50.0):
        await generated(home, took, called_back=took > 20)
    assert await learned(home) == Past(5, 30.0, 46.0, silent=2)


async def test_only_the_last_count(home: Home) -> None:
    await generated(home, 5_000.0, called_back=False)
    await home.sql("UPDATE attempt SET finished_at = finished_at - interval '1 day' RETURNING id")
    for _ in range(RECENT):
        await generated(home, 10.0)
    assert await learned(home) == Past(RECENT, 10.0, 10.0, silent=0)


async def test_what_took_nobody_knows_how_long_teaches_nothing(home: Home) -> None:
    await generated(home, None, called_back=False)
    await generated(home, 10.0)
    assert await learned(home) == Past(1, 10.0, 10.0, silent=0)


async def test_what_took_no_time_at_all_is_no_reason_to_divide_by_it(home: Home) -> None:
    await generated(home, 0.0)
    past = await learned(home)
    assert 0 < past.p50 <= past.p90
