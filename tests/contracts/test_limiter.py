"""The port `Limiter`, on each adapter."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from server.core.limits import Rate, Verdict
from server.core.ports import Limiter
from server.infra.limiter import RedisLimiter
from server.infra.memory.limiter import MemoryLimiter

# So slow that nothing refills while a test runs.
SLOW = 100_000.0


@pytest.fixture(params=["memory", "redis"])
async def limiter(request: pytest.FixtureRequest, redis_url: str) -> AsyncIterator[Limiter]:
    if request.param == "memory":
        yield MemoryLimiter()
        return
    redis = RedisLimiter(redis_url)
    yield redis
    await redis.aclose()


async def hits(limiter: Limiter, rate: Rate, number: int, key: str = "somebody") -> list[Verdict]:
    return [await limiter.hit(key, rate) for _ in range(number)]


@pytest.mark.parametrize("limit", [1, 3, 7, 10, 30, 60, 1000])
async def test_exactly_the_limit_passes_at_once(limiter: Limiter, limit: int) -> None:
    verdicts = await hits(limiter, Rate("test", limit, SLOW), limit + 3)
    assert [verdict.allowed for verdict in verdicts] == [True] * limit + [False] * 3
    assert [verdict.remaining for verdict in verdicts] == [*range(limit - 1, -1, -1), 0, 0, 0]


async def test_a_refusal_says_when_to_come_back(limiter: Limiter) -> None:
    first, *_, refused = await hits(limiter, Rate("test", 10, SLOW), 11)
    assert first.retry_after == 0
    assert first.reset == pytest.approx(SLOW / 10, rel=0.01)
    assert refused.retry_after == pytest.approx(SLOW / 10, rel=0.01)
    assert refused.reset == pytest.approx(SLOW, rel=0.01)


async def test_whoever_waits_as_long_as_told_passes(limiter: Limiter) -> None:
    rate = Rate("test", 3, 3.0)
    await hits(limiter, rate, 3)
    started = time.monotonic()
    refused = await limiter.hit("somebody", rate)
    assert 0 < refused.retry_after <= 1
    while not (verdict := await limiter.hit("somebody", rate)).allowed:
        # Asking too early costs nothing: the wait only shrinks.
        assert verdict.retry_after <= refused.retry_after
        assert time.monotonic() - started < 2.5
        await asyncio.sleep(0.01)
    assert time.monotonic() - started >= refused.retry_after - 0.01


async def test_keys_and_policies_count_apart(limiter: Limiter) -> None:
    one, other = Rate("one", 2, SLOW), Rate("other", 2, SLOW)
    await hits(limiter, one, 3)
    assert (await limiter.hit("somebody", other)).remaining == 1
    assert (await limiter.hit("somebody else", one)).remaining == 1
    assert not (await limiter.hit("somebody", one)).allowed


async def test_requests_at_the_same_moment_share_the_limit(limiter: Limiter) -> None:
    rate = Rate("test", 10, SLOW)
    verdicts = await asyncio.gather(*(limiter.hit("somebody", rate) for _ in range(60)))
    assert sum(verdict.allowed for verdict in verdicts) == 10
