"""The highest rate that holds: up in steps while it does, then closer between what held and what did not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar


class Trial(Protocol):
    """What became of one rate."""

    @property
    def held(self) -> bool:
        """Whether it was borne."""


T = TypeVar("T", bound=Trial)


async def highest(
    attempt: Callable[[float], Awaitable[T]],
    start: float,
    factor: float = 2.0,
    refinements: int = 3,
    most: float = float("inf"),
) -> T | None:
    """The trial of the highest rate that held, None where not even a very low one does.

    With factor f and n refinements the answer is exact to f ** (1 / 2 ** n), if what holds at a rate holds below it.
    Nothing above `most` is tried.
    """
    best, low, high = await _climb(attempt, start, factor, most)
    if best is None or high is None:
        return best
    for _ in range(refinements):
        middle = (low * high) ** 0.5
        trial = await attempt(middle)
        if trial.held:
            best, low = trial, middle
        else:
            high = middle
    return best


async def _climb(
    attempt: Callable[[float], Awaitable[T]], start: float, factor: float, most: float
) -> tuple[T | None, float, float | None]:
    """The best trial, the last rate that held, and the first that did not, if one was met."""
    rate = min(start, most)
    trial = await attempt(rate)
    if not trial.held:
        return await _descend(attempt, rate, factor)
    while trial.held:
        best, low = trial, rate
        if rate >= most:
            return best, low, None
        rate = min(rate * factor, most)
        trial = await attempt(rate)
    return best, low, rate


async def _descend(
    attempt: Callable[[float], Awaitable[T]], rate: float, factor: float
) -> tuple[T | None, float, float | None]:
    for _ in range(8):
        high, rate = rate, rate / factor
        trial = await attempt(rate)
        if trial.held:
            return trial, rate, high
    return None, rate, None
