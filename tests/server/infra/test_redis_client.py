"""What every call to Redis has in common: whoever is cancelled in the middle of one has ended."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from server.core.limits import Rate
from server.core.stores import Wake
from server.infra.bus import RedisBus
from server.infra.limiter import RedisLimiter
from server.infra.queue import ArqQueue

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
        for _ in range(turns):
            await asyncio.sleep(0)
        if returned.is_set():
            task.cancel()
            break
        task.cancel()
        await asyncio.wait([task], timeout=5)
        assert task.cancelled(), f"cancelled {turns} turns after it began, {name} went on"
    assert turns > 3, "it was cancelled in the middle, too"
