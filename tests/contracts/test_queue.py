"""The port `Queue`, on each adapter."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from arq.connections import ArqRedis
from redis.asyncio import ConnectionPool

from server.core.ports import Queue
from server.core.stores import Wake
from server.infra.memory.queue import MemoryQueue
from server.infra.queue import FUNCTION, QUEUE_NAME, ArqQueue, deserialize, serialize


@dataclass
class Subject:
    """A queue, and what it holds, as (what, id, turn), soonest first."""

    queue: Queue
    held: Callable[[], Awaitable[list[tuple[str, UUID | None, datetime | None]]]]


@pytest.fixture(params=["memory", "redis"])
async def subject(request: pytest.FixtureRequest, redis_url: str) -> AsyncIterator[Subject]:
    if request.param == "memory":
        memory = MemoryQueue()

        async def in_memory() -> list[tuple[str, UUID | None, datetime | None]]:
            return [(wake.what, wake.id, wake.turn) for wake in memory.held]

        yield Subject(memory, in_memory)
        return
    queue = ArqQueue(redis_url)
    reader = ArqRedis(
        ConnectionPool.from_url(redis_url),
        job_serializer=serialize,
        job_deserializer=deserialize,
        default_queue_name=QUEUE_NAME,
    )

    async def in_redis() -> list[tuple[str, UUID | None, datetime | None]]:
        jobs = await reader.queued_jobs()
        assert {job.function for job in jobs} <= {FUNCTION}
        return [
            (what, UUID(id) if id else None, datetime.fromisoformat(turn) if turn else None)
            for what, id, turn in (job.args for job in jobs)
        ]

    yield Subject(queue, in_redis)
    await queue.aclose()
    await reader.connection_pool.disconnect()


async def test_a_wake_arrives_whole(subject: Subject) -> None:
    turn = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
    image = uuid4()
    await subject.queue.enqueue(Wake("image", image, turn=turn))
    assert await subject.held() == [("image", image, turn)]


async def test_a_wake_may_name_nothing(subject: Subject) -> None:
    await subject.queue.enqueue(Wake("dispatch"))
    assert await subject.held() == [("dispatch", None, None)]


async def test_the_same_wake_twice_is_kept_twice(subject: Subject) -> None:
    wake = Wake("image", uuid4(), at=datetime.now(UTC) + timedelta(seconds=5))
    await subject.queue.enqueue(wake)
    await subject.queue.enqueue(wake)
    assert await subject.held() == [("image", wake.id, None)] * 2


async def test_wakes_are_offered_in_the_order_they_are_due(subject: Subject) -> None:
    now = datetime.now(UTC)
    later, sooner = Wake("image", uuid4(), at=now + timedelta(hours=2)), Wake("image", uuid4(), at=now + timedelta(1))
    past = Wake("attempt", uuid4(), at=now - timedelta(days=400))
    for wake in (sooner, later, past):
        await subject.queue.enqueue(wake)
    assert [id for _, id, _ in await subject.held()] == [past.id, later.id, sooner.id]


async def test_enqueuing_is_quick(subject: Subject) -> None:
    started = time.monotonic()
    for _ in range(100):
        await subject.queue.enqueue(Wake("dispatch"))
    assert time.monotonic() - started < 5
    assert len(await subject.held()) == 100
