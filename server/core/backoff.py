"""When to try again: exponential, jittered, capped. Seconds everywhere."""

from __future__ import annotations

from collections.abc import Callable

Rng = Callable[[], float]
"""A source of numbers in [0, 1), such as `random.random`."""


def exponential(tries: int, base: float, cap: float, rng: Rng) -> float:
    """The wait before try number `tries` (0 is the first): doubling from `base` to `cap`, jittered by a quarter."""
    # Past 2**30 the cap has long been reached; the bound keeps the power small.
    ideal = min(cap, base * 2.0 ** min(tries, 30))
    return ideal * (0.75 + 0.5 * rng())


def first_poll(p50: float, rng: Rng) -> float:
    """The wait before a new task is first asked for: a share of the median time, since hardly any is done sooner."""
    return max(0.2, p50 * 0.5 * (0.9 + 0.2 * rng()))


def next_poll(polls: int, p50: float, rng: Rng) -> float:
    """The wait before poll number `polls + 1`: it starts at a tenth of the median and grows to a cap of a minute."""
    base = min(max(0.2, p50 * 0.1), 3.0)
    return min(60.0, base * 1.35 ** min(polls, 40)) * (0.75 + 0.5 * rng())
