"""What arq is handed beside the port's contract: how wakes that name no row fall together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from redis.asyncio import Redis

from server.core.stores import Wake
from server.infra.queue import MOMENT, QUEUE_NAME, ArqQueue

SOON = timedelta(seconds=100)


@pytest.fixture
async def queue(redis_url: str) -> AsyncIterator[ArqQueue]:
    opened = ArqQueue(redis_url)
    yield opened
    await opened.aclose()


async def due_times(redis_url: str) -> list[float]:
    """When each job is due, in epoch seconds."""
    redis = Redis.from_url(redis_url)
    scores = [score / 1000 for _, score in await redis.zrange(QUEUE_NAME, 0, -1, withscores=True)]
    await redis.aclose()
    return scores


def moment_in(time: timedelta) -> datetime:
    """The beginning of a moment about that long from now."""
    number = (datetime.now(UTC) + time).timestamp() // MOMENT
    return datetime.fromtimestamp(number * MOMENT, UTC)


async def test_what_is_due_in_one_moment_is_one_job_and_never_early(queue: ArqQueue, redis_url: str) -> None:
    begins = moment_in(SOON)
    times = [begins + timedelta(seconds=MOMENT * part) for part in (0.2, 0.5, 0.9)]
    for at in times:
        await queue.enqueue(Wake("due", at=at))
    [due] = await due_times(redis_url)
    assert max(times).timestamp() <= due <= begins.timestamp() + 2 * MOMENT


async def test_two_processes_make_one_job_of_a_moment(queue: ArqQueue, redis_url: str) -> None:
    other = ArqQueue(redis_url)
    at = moment_in(SOON)
    for each in (queue, other):
        await each.enqueue(Wake("due", at=at))
    await other.aclose()
    assert len(await due_times(redis_url)) == 1


async def test_another_moment_or_another_purpose_is_another_job(queue: ArqQueue, redis_url: str) -> None:
    at = moment_in(SOON)
    for wake in (Wake("due", at=at), Wake("due", at=at + timedelta(seconds=3 * MOMENT)), Wake("dispatch", at=at)):
        await queue.enqueue(wake)
    assert len(await due_times(redis_url)) == 3


async def test_what_a_flushed_redis_lost_is_taken_again_soon(queue: ArqQueue, redis_url: str) -> None:
    """The memory of what was enqueued is short: an emptied Redis is told again."""
    at = moment_in(SOON)
    await queue.enqueue(Wake("due", at=at))
    redis = Redis.from_url(redis_url)
    await redis.flushall()
    await redis.aclose()
    queue._taken.clear()
    await queue.enqueue(Wake("due", at=at))
    assert len(await due_times(redis_url)) == 1
