"""What every call to Redis has in common: whoever is cancelled in the middle of one has ended."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from redis.asyncio import Redis

from server.core.limits import Rate
from server.core.stores import Wake
from server.ending import end
from server.infra.bus import RedisBus
from server.infra.limiter import RedisLimiter
from server.infra.queue import ArqQueue
from server.infra.redis_client import connection_pool

Call = Callable[[], Awaitable[object]]


@pytest.fixture
async def calls(redis_url: str) -> AsyncIterator[dict[str, Call]]:
    """One of each adapter."""
    bus, limiter, queue = RedisBus(redis_url), RedisLimiter(redis_url), ArqQueue(redis_url)
    yield {
        "publish": lambda: bus.publish("a channel", b"news"),
        "hit": lambda: limiter.hit("somebody", Rate("often", 1_000, 1.0)),
        "enqueue": lambda: queue.enqueue(Wake("due")),
    }
    for adapter in (bus, limiter, queue):
        await adapter.aclose()


async def pass_turns(count: int) -> None:
    """So many turns of the loop, by which a call's place is told: no time passes."""
    for _ in range(count):
        await asyncio.sleep(0)


@pytest.mark.parametrize("name", ["publish", "hit", "enqueue"])
async def test_a_cancellation_is_heard_at_every_turn_of_a_call(calls: dict[str, Call], name: str) -> None:
    """`asyncio.wait_for` would swallow it at some: a task in rounds went on for ever, and its process never ended."""
    call = calls[name]
    await call()
    for turns in itertools.count():
        returned = asyncio.Event()

        async def one_round(returned: asyncio.Event = returned) -> None:
            await call()
            returned.set()
            await asyncio.Event().wait()

        task = asyncio.create_task(one_round())
        await pass_turns(turns)
        if returned.is_set():
            task.cancel()
            break
        task.cancel()
        await asyncio.wait([task], timeout=5)
        assert task.cancelled(), f"cancelled {turns} turns after it began, {name} went on"
    assert turns > 3, "it was cancelled in the middle, too"


async def test_who_follows_a_canceled_call_on_its_connection_gets_an_answer_of_its_own(redis_url: str) -> None:
    client = Redis(connection_pool=connection_pool(redis_url, size=1))
    for turns in range(20):
        canceled = asyncio.create_task(client.echo("of whoever was canceled"))
        await pass_turns(turns)
        await end(canceled)
        async with asyncio.timeout(5):
            assert await client.echo(str(turns)) == str(turns).encode()
    await client.connection_pool.disconnect()
