"""Rate limits in Redis: shared by processes, forgotten in time, and honest when Redis is away."""

from __future__ import annotations

import asyncio
import time

import pytest
from redis.asyncio import Redis

from server.core.limits import Rate
from server.core.ports import Unavailable
from server.infra.limiter import RedisLimiter
from tests.server.infra.private_valkey import private_valkey


async def test_two_processes_count_together(redis_url: str) -> None:
    one, other, rate = RedisLimiter(redis_url), RedisLimiter(redis_url), Rate("test", 10, 1000.0)
    verdicts = await asyncio.gather(*(limiter.hit("k", rate) for limiter in (one, other) for _ in range(20)))
    assert sum(verdict.allowed for verdict in verdicts) == 10
    await one.aclose()
    await other.aclose()


async def test_a_counter_is_forgotten_once_it_means_nothing(redis_url: str) -> None:
    limiter, client = RedisLimiter(redis_url), Redis.from_url(redis_url)
    verdict = await limiter.hit("k", Rate("test", 10, 100.0))
    (key,) = await client.keys("*")
    assert 9_000 < await client.pttl(key) <= verdict.reset * 1000 + 1
    await limiter.aclose()
    await client.connection_pool.disconnect()


async def test_a_flushed_redis_counts_from_nothing(redis_url: str) -> None:
    limiter, client, rate = RedisLimiter(redis_url), Redis.from_url(redis_url), Rate("test", 2, 1000.0)
    await limiter.hit("k", rate)
    await client.flushall()
    await client.script_flush()
    assert (await limiter.hit("k", rate)).remaining == 1
    await limiter.aclose()
    await client.connection_pool.disconnect()


async def test_a_frozen_redis_is_told_in_time() -> None:
    async with private_valkey() as valkey:
        limiter, rate = RedisLimiter(valkey.url), Rate("test", 2, 1000.0)
        await limiter.hit("k", rate)
        valkey.freeze()
        started = time.monotonic()
        outcomes = await asyncio.gather(*(limiter.hit("k", rate) for _ in range(50)), return_exceptions=True)
        assert all(isinstance(outcome, Unavailable) for outcome in outcomes)
        assert time.monotonic() - started < 3
        valkey.thaw()
        assert (await limiter.hit("other", rate)).allowed
        await limiter.aclose()


async def test_an_address_where_nobody_is() -> None:
    limiter = RedisLimiter("redis://127.0.0.1:1/0")
    with pytest.raises(Unavailable):
        await limiter.hit("k", Rate("test", 2, 1000.0))
    await limiter.aclose()
