"""The port `ProviderState`, on its one adapter."""

from __future__ import annotations

import asyncio
from datetime import datetime

from server.core.facts import Halt
from server.core.stores import Pause
from tests.contracts.rows import Home


async def read(home: Home) -> Pause:
    return await home.do(lambda unit: unit.provider.read())


async def pause(home: Home, reason: Halt, duration: float) -> bool:
    return await home.do(lambda unit: unit.provider.pause(reason, duration))


async def clear(home: Home) -> bool:
    return await home.do(lambda unit: unit.provider.clear())


async def let_it_end(home: Home) -> None:
    await home.sql("UPDATE provider_state SET paused_until = now() RETURNING id")


async def left(home: Home) -> float:
    until = (await read(home)).until
    assert isinstance(until, datetime)
    return (until - await home.database.time()).total_seconds()


async def test_in_the_beginning_nothing_is_known(home: Home) -> None:
    assert await read(home) == Pause(None, None, 0)
    assert not await clear(home)


async def test_a_pause_has_a_reason_and_an_end(home: Home) -> None:
    assert await pause(home, Halt.RATE_LIMITED, 30.0)
    assert 29 < await left(home) <= 30
    state = await read(home)
    assert (state.reason, state.failures) == (Halt.RATE_LIMITED, 1)


async def test_a_new_reason_is_news_and_the_same_is_not(home: Home) -> None:
    news = [await pause(home, reason, 1.0) for reason in (Halt.BAD_KEY, Halt.BAD_KEY, Halt.MAINTENANCE)]
    assert news == [True, False, True]


async def test_the_longest_pause_wins(home: Home) -> None:
    for duration in (5.0, 60.0, 10.0):
        await pause(home, Halt.UNREACHABLE, duration)
    assert 59 < await left(home) <= 60


async def test_refusals_of_one_pause_are_one_failure(home: Home) -> None:
    await asyncio.gather(*(pause(home, Halt.UNREACHABLE, 30.0) for _ in range(8)))
    assert (await read(home)).failures == 1
    await let_it_end(home)
    await pause(home, Halt.UNREACHABLE, 30.0)
    assert (await read(home)).failures == 2


async def test_a_pause_that_is_on_is_not_cleared(home: Home) -> None:
    await pause(home, Halt.RATE_LIMITED, 30.0)
    before = await read(home)
    assert not await clear(home)
    assert await read(home) == before


async def test_once_it_is_over_it_is_cleared_once(home: Home) -> None:
    await pause(home, Halt.RATE_LIMITED, 30.0)
    await let_it_end(home)
    assert await clear(home)
    assert not await clear(home)
    assert await read(home) == Pause(None, None, 0)
