"""The database's time, kept between two questions."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone

import pytest

from server.core.ports import Unavailable
from server.infra.clock import DatabaseClock
from server.infra.memory.clock import MemoryClock

HOUR = timedelta(hours=1)


async def test_it_follows_a_database_whose_clock_is_another() -> None:
    async def an_hour_ahead() -> datetime:
        return datetime.now(timezone(timedelta(hours=5))) + HOUR

    clock = DatabaseClock(an_hour_ahead)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=1)
    await clock.refresh()
    assert abs(clock.now() - datetime.now(UTC) - HOUR) < timedelta(seconds=1)
    assert clock.now().tzinfo is UTC


async def test_a_slow_answer_counts_by_half_its_way() -> None:
    async def slow() -> datetime:
        time.sleep(0.1)  # noqa: ASYNC251  (the way there)
        answer = datetime.now(UTC)
        time.sleep(0.1)  # noqa: ASYNC251  (the way back)
        return answer

    clock = DatabaseClock(slow)
    await clock.refresh()
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=0.05)


async def test_it_goes_on_when_the_database_is_away() -> None:
    answers = [datetime.now(UTC) + HOUR]

    async def once() -> datetime:
        if not answers:
            raise Unavailable("away")
        return answers.pop()

    clock = DatabaseClock(once)
    await clock.refresh()
    with pytest.raises(Unavailable):
        await clock.refresh()
    assert abs(clock.now() - datetime.now(UTC) - HOUR) < timedelta(seconds=1)


def test_the_clock_of_tests_moves_when_told() -> None:
    clock = MemoryClock(datetime(2026, 1, 1, tzinfo=UTC))
    assert clock.now() == clock.now()
    clock.advance(1.5)
    assert clock.now() == datetime(2026, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC)
