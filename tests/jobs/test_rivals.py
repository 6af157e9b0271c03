"""Rivals over one image: a late hand, a deadline and a callback never take away what another has just learned."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

import pytest

from server.core import facts as f
from server.core.image import Image, Status
from server.core.ports import Unit
from server.infra.database import PostgresDatabase
from server.usecases.claim_turn import claim_turn
from server.usecases.confirm_candidate import confirm_candidate
from server.usecases.intend_submit import commit_intent, prepare_intent
from server.usecases.move_image import move_image
from server.usecases.note_callback import note_callback
from server.usecases.record_fact import keep_task, record_fact
from tests.server.usecases.studio import RESULT, TASK, Studio, Told, open_studio
from tests.studio import eventually

T = TypeVar("T")


@pytest.fixture
async def atelier(database: PostgresDatabase) -> AsyncIterator[Studio]:
    """A person in an empty database; nobody works there but the test."""
    yield await open_studio(database, Told())


async def test_a_connection_that_failed_takes_nothing_back_from_who_submits_now(atelier: Studio) -> None:
    """F7: stopped while it connects, a worker comes back when another has sent the POST; one charge all the same."""
    image = await atelier.bring(Status.PENDING)
    intent = await atelier.submit(image)
    await record_fact(
        atelier.database, image.id, f.Refused(0, f.Halt.UNREACHABLE, None, "ConnectTimeout"), atelier.rules
    )
    assert (await atelier.load(image.id)).status is Status.SUBMITTING
    await keep_task(atelier.database, intent.attempt, TASK, atelier.rules.policy)
    assert (await atelier.record(image, f.Accepted(1, TASK))).status is Status.PROCESSING
    assert (await atelier.attempt(image)).settled_at is None


@pytest.mark.parametrize(
    ("before", "news", "then"),
    [
        (Status.SUBMITTING, f.Accepted(1, TASK), Status.PROCESSING),
        (Status.SUBMITTING, f.DeadlinePassed(1), Status.UNKNOWN),
        (Status.UNKNOWN, f.Accepted(1, TASK), Status.PROCESSING),
        (Status.PROCESSING, f.Generated(1, TASK, RESULT), Status.SAVING),
    ],
)
async def test_a_deadline_ends_only_the_phase_it_belongs_to(
    atelier: Studio, before: Status, news: f.Fact, then: Status
) -> None:
    """Whoever found the deadline passed lost to news: the next phase has a deadline of its own."""
    image = await atelier.expire(await atelier.bring(before))

    async def end_too_late(unit: Unit) -> Image:
        stale = await unit.images.load(image.id)
        assert stale is not None
        await record_fact(atelier.database, image.id, news, atelier.rules)
        return await move_image(unit, stale, f.DeadlinePassed(1), atelier.rules)

    assert (await atelier.database.transact(end_too_late)).status is then
    assert (await atelier.load(image.id)).status is then


async def test_a_callback_that_meets_the_deadline_still_has_its_task_asked_for(atelier: Studio) -> None:
    """The image ends in the moment between the callback's look at it and its own write."""
    image = await atelier.bring(Status.PENDING)
    intent = await atelier.submit(image)
    await atelier.record(image, f.Ambiguous(1, "no answer"))
    unknown = await atelier.expire(image)
    ended, may_commit = asyncio.Event(), asyncio.Event()

    async def end(unit: Unit) -> None:
        await move_image(unit, unknown, f.DeadlinePassed(1), atelier.rules)
        ended.set()
        await may_commit.wait()

    ending = asyncio.create_task(atelier.database.transact(end))
    await ended.wait()
    calling = asyncio.create_task(note_callback(atelier.database, intent.nonce, TASK, atelier.rules))
    await eventually(lambda: _waiting(atelier), lambda waiting: waiting == 1)
    may_commit.set()
    await asyncio.gather(ending, calling)
    assert (await atelier.load(image.id)).status is Status.FAILED
    attempt = await atelier.attempt(image)
    assert attempt.candidate_task_id == TASK
    assert attempt.wake_at is not None


async def test_a_callback_and_a_worker_do_not_wait_for_each_other(atelier: Studio) -> None:
    """Locks are taken in one order: the image, then its attempt."""
    image = await atelier.bring(Status.PENDING)
    intent = await atelier.submit(image)
    held, go_on = asyncio.Event(), asyncio.Event()

    async def record(unit: Unit) -> None:
        row = await unit.images.load(image.id)
        assert row is not None
        await unit.images.replace(row, row)
        held.set()
        await go_on.wait()
        await unit.attempts.keep_task(intent.attempt.id, TASK)

    worker, web = Counting(atelier.database), Counting(atelier.database)
    recording = asyncio.create_task(worker.transact(record))
    await held.wait()
    calling = asyncio.create_task(note_callback(web, intent.nonce, TASK, atelier.rules))
    await eventually(lambda: _waiting(atelier), lambda waiting: waiting == 1)
    go_on.set()
    await asyncio.gather(recording, calling)
    assert (worker.runs, web.runs) == (1, 1)


class Counting:
    """The real database, and how often its units had to be run."""

    def __init__(self, database: PostgresDatabase) -> None:
        self._database = database
        self.runs = 0

    async def transact(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        async def counted(unit: Unit) -> T:
            self.runs += 1
            return await work(unit)

        return await self._database.transact(counted)


async def _waiting(atelier: Studio) -> int:
    [row] = await atelier.sql(
        "SELECT count(*) AS waiting FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    return int(row["waiting"])


async def test_the_candidate_that_came_meanwhile_is_not_forgotten(atelier: Studio) -> None:
    """A foreign task was asked about; while it was, the right one was called back."""
    image = await atelier.bring(Status.PENDING)
    intent = await atelier.submit(image)
    await note_callback(atelier.database, intent.nonce, "foreign", atelier.rules)
    asked = await atelier.attempt(image)
    await note_callback(atelier.database, intent.nonce, TASK, atelier.rules)
    assert not await confirm_candidate(atelier.database, asked, "https://x.example/api/callbacks/nanobanana/other")
    assert (await atelier.attempt(image)).candidate_task_id == TASK


@pytest.mark.parametrize(
    ("answer", "then"), [(f.Refused(1, f.Halt.RATE_LIMITED, 30.0), Status.PENDING), (f.Rejected(1), Status.FAILED)]
)
async def test_a_clear_no_is_heard_although_it_comes_late(atelier: Studio, answer: f.Fact, then: Status) -> None:
    """PostgreSQL was away while the answer waited; rescue was first, and took the image for unknown."""
    image = await atelier.record(await atelier.bring(Status.SUBMITTING), f.DeadlinePassed(1))
    assert image.status is Status.UNKNOWN
    after = await atelier.record(image, answer)
    assert after.status is then
    assert after.error is None or not after.error["charged"]
    assert (await atelier.attempt(image)).settled_at is not None


@pytest.mark.parametrize("answer", [f.Refused(1, f.Halt.RATE_LIMITED, 30.0), f.Rejected(1)])
async def test_an_ambiguous_answer_is_not_replaced_by_a_clear_one(atelier: Studio, answer: f.Fact) -> None:
    """One submit has one answer: what was once in doubt is repeated by nobody but its person."""
    image = await atelier.bring(Status.UNKNOWN)
    assert (await atelier.record(image, answer)).status is Status.UNKNOWN


async def test_two_hands_with_the_same_turn_write_one_intent(atelier: Studio) -> None:
    image = await atelier.reserve(await atelier.bring(Status.PENDING))
    intents = [await prepare_intent(atelier.database, image) for _ in range(4)]
    outcomes = await asyncio.gather(
        *(commit_intent(atelier.database, intent, atelier.rules) for intent in intents), return_exceptions=True
    )
    assert sum(isinstance(outcome, Image) for outcome in outcomes) == 1
    assert (await atelier.load(image.id)).attempt == 1


async def test_a_turn_is_had_by_one(atelier: Studio) -> None:
    image = await atelier.reserve(await atelier.bring(Status.PENDING))
    policy = atelier.rules.policy
    claims = await asyncio.gather(*(claim_turn(atelier.database, image.id, image.wake_at, policy) for _ in range(8)))
    assert sum(claim is not None for claim in claims) == 1
