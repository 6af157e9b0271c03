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
