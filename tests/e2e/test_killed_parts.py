"""Any part may be killed in the middle: nothing changes but the wait, and nothing is paid twice."""

from __future__ import annotations

import asyncio
import time

import pytest
from redis.asyncio import Redis

from tests.e2e.conftest import OpenTab
from tests.running import Running

DURATION = 2.5
WORST_DELAY = 20.0


async def flush(atelier: Running) -> None:
    """Empty Redis under everybody's feet."""
    async with Redis.from_url(atelier.run.redis_url) as redis:
        await redis.flushall()


async def hurt(atelier: Running, what: str) -> None:
    """Kill a part, or flush Redis."""
    if what == "flush":
        await flush(atelier)
    else:
        atelier.kill(what)


@pytest.mark.parametrize(
    ("what", "phase"),
    [
        ("worker", "submitting"),
        ("worker", "processing"),
        ("web", "submitting"),
        ("web", "processing"),
        ("rescue", "processing"),
        ("flush", "processing"),
        ("valkey", "processing"),
        ("postgres", "processing"),
    ],
)
async def test_a_killed_part_costs_only_time(atelier: Running, open_tab: OpenTab, what: str, phase: str) -> None:
    a, b = await open_tab(), await open_tab()
    before = len(await atelier.charges())
    await atelier.simulate(duration=DURATION)
    batch = await a.generate(f"{what} is killed while {phase}")
    await b.card(batch, phase).or_(b.card(batch, "processing")).first.wait_for(timeout=10_000)
    start = time.monotonic()
    await hurt(atelier, what)
    limit = (DURATION + WORST_DELAY) * 1000
    await asyncio.gather(a.completed(batch, limit), b.completed(batch, limit))
    assert time.monotonic() - start < DURATION + WORST_DELAY
    assert len(await atelier.charges()) == before + 1
    for tab in (a, b):
        assert tab.loads == 1, "nothing was reloaded"
        assert (await tab.phases(batch))[-1] == "completed"
        await tab.live()
    await atelier.simulate(duration=None)
