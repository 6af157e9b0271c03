"""Finding the highest rate that holds."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.bench.live.search import highest


@dataclass(frozen=True)
class Tried:
    rate: float
    held: bool


class Server:
    """Bears everything up to `limit`."""

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self.tried: list[float] = []

    async def attempt(self, rate: float) -> Tried:
        self.tried.append(rate)
        return Tried(rate, rate <= self.limit)


@pytest.mark.parametrize("limit", [3.0, 50.0, 100.0, 101.0, 999.0, 123_456.0])
async def test_it_comes_close_from_below_wherever_it_begins(limit: float) -> None:
    best = await highest(Server(limit).attempt, start=100.0, factor=1.6, refinements=3)
    assert best is not None
    assert limit / 1.6 ** (1 / 8) <= best.rate <= limit


async def test_nothing_holds() -> None:
    server = Server(0.0)
    assert await highest(server.attempt, start=100.0) is None
    assert len(server.tried) < 12


async def test_it_stops_at_the_most_that_is_asked_for() -> None:
    server = Server(1e9)
    best = await highest(server.attempt, start=100.0, factor=2.0, most=350.0)
    assert best == Tried(350.0, True)
    assert server.tried == [100.0, 200.0, 350.0]
