"""Drops the database of tests that are over, and says who was still connected to it.

A pool that outlives its test goes on for ever to restore its connections to what is no longer there.
"""

from __future__ import annotations

import asyncio

import asyncpg

LEAVING = 5.0
"""Seconds in which PostgreSQL notices that somebody has gone."""
_LEFT = """
    SELECT concat_ws(' ', application_name, state, query) AS doing FROM pg_stat_activity
    WHERE datname = $1 AND backend_type = 'client backend'
"""


async def drop_database(admin: asyncpg.Connection[asyncpg.Record], name: str, patience: float = LEAVING) -> None:
    """Drops it in any case. Raises AssertionError with what they did last where somebody is left in it."""
    left = await _left(admin, name, patience)
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    assert not left, f"still connected to the database of a test that is over: {left}"


async def _left(admin: asyncpg.Connection[asyncpg.Record], name: str, patience: float) -> list[str]:
    left: list[str] = []
    try:
        async with asyncio.timeout(patience):
            while True:
                left = [row["doing"] for row in await admin.fetch(_LEFT, name)]
                if not left:
                    return left
                await asyncio.sleep(0.02)
    except TimeoutError:
        return left
