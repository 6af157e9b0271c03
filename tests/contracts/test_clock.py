"""The port `Clock`, on each adapter."""

from __future__ import annotations

from datetime import timedelta

import pytest

from server.core.ports import Clock
from server.infra.clock import DatabaseClock
from server.infra.database import PostgresDatabase
from server.infra.memory.clock import MemoryClock


@pytest.fixture(params=["memory", "database"])
async def clock(request: pytest.FixtureRequest, database: PostgresDatabase) -> Clock:
    if request.param == "memory":
        return MemoryClock()
    measured = DatabaseClock(database.time)
    await measured.refresh()
    return measured


async def test_times_are_in_utc(clock: Clock) -> None:
    assert clock.now().utcoffset() == timedelta(0)


async def test_time_does_not_run_backwards(clock: Clock) -> None:
    times = [clock.now() for _ in range(1000)]
    assert times == sorted(times)
