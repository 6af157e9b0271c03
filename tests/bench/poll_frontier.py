"""What no schedule of polls can beat: the fewest requests for a given delay, all times known to perfection.

A look at `t` finds within 5 % only what ended between `t / 1.05` and `t`, and everybody still unfinished pays for it.
Times are log-normal, so on the logarithm all such windows have one width and a size's spread is all that counts. The
cheapest schedule for a price on every late picture comes from dynamic programming over a grid, from the last look to
the first. By Lagrangian duality that is a bound for every schedule and every mixture of schedules and sizes, and a
window one cell wider than the delay makes up for the grid.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import exp, inf, log
from statistics import NormalDist, fmean

from jobs.nanobanana.simulator.models import MODELS
from jobs.nanobanana.simulator.timing import FailureRates

CELLS = 10
"""Grid cells in one delay."""
SAMPLES = 2_000
_NORMAL = NormalDist()
_LONGEST = log(10)
_NEVER = FailureRates().never
_SPREADS = [log(p95 / p50) / _NORMAL.inv_cdf(0.95) for model in MODELS for p50, p95 in model.times.values()]


@dataclass(frozen=True)
class Optimum:
    """A best schedule's figures over all sizes: requests an image, and delays as shares of the generation's time."""

    requests: float
    median: float
    mean: float
    p95: float


def bound(delay: float) -> float:
    """Fewest requests an image for which half of all pictures are found within `delay` of their time."""
    best, low, high = 0.0, 0.0, 64.0
    for _ in range(8):
        price = (low + high) / 2
        found = [_schedule(spread, delay, price, 0.0, CELLS + 1) for spread in _SPREADS]
        # Whatever the price, this is a bound; the price at which half are late gives the best one.
        best = max(best, fmean(cost for cost, _ in found) - price / 2)
        low, high = (low, price) if _late([looks for _, looks in found], delay) < 0.5 else (price, high)
    # What never ends is asked for once at least.
    return (1 - _NEVER) * best + _NEVER


def optimum(delay: float, mean_price: float) -> Optimum:
    """The cheapest schedule that finds half within `delay`, with a mean delay of 1 % worth `mean_price` / 100
    requests."""
    low, high = 0.0, 64.0
    for _ in range(8):
        price = (low + high) / 2
        late = _late([_schedule(spread, delay, price, mean_price, CELLS)[1] for spread in _SPREADS], delay)
        low, high = (low, price) if late < 0.5 else (price, high)
    return _evaluate([_schedule(spread, delay, high, mean_price, CELLS)[1] for spread in _SPREADS])


def _late(schedules: Sequence[Sequence[float]], delay: float) -> float:
    """The share that is found later than `delay`."""
    window, late = log(1 + delay), 0.0
    for spread, looks in zip(_SPREADS, schedules, strict=True):
        for before, look in zip([-inf, *looks], looks, strict=False):
            late += max(0.0, _NORMAL.cdf((look - window) / spread) - _NORMAL.cdf(before / spread))
    return late / len(_SPREADS)


@cache
def _schedule(
    spread: float, delay: float, price: float, mean_price: float, window: int
) -> tuple[float, Sequence[float]]:
    """The least of requests + `price` x late ones + `mean_price` x mean delay, and its looks (log of medians)."""
    step = log(1 + delay) / CELLS
    lowest = -4.5 * spread
    cells = int((_LONGEST - lowest) / step) + 1
    at = [lowest + cell * step for cell in range(cells + 1)]
    done = [0.0, *(_NORMAL.cdf(x / spread) for x in at[1:-1]), 1.0]
    # The mean of 1 / time over those that are done: with it a delay's share needs no sum of its own.
    hurry = [exp(spread**2 / 2) * _NORMAL.cdf(x / spread + spread) for x in at]
    times = [exp(x) for x in at]
    cost, following = [0.0] * (cells + 1), [0] * (cells + 1)
    for here in range(cells - 1, -1, -1):
        asked, cost[here] = 1 - done[here], inf
        for there in range(here + 1, cells + 1):
            late = price * (done[max(here, there - window)] - done[here])
            late += mean_price * (times[there] * (hurry[there] - hurry[here]) - (done[there] - done[here]))
            if late > cost[here]:
                break
            total = asked + late + cost[there]
            if total < cost[here]:
                cost[here], following[here] = total, there
    looks, here = [], 0
    while here < cells:
        here = following[here]
        looks.append(at[here])
    return cost[0], looks


def _evaluate(schedules: Sequence[Sequence[float]]) -> Optimum:
    requests, shares = 0.0, []
    for spread, looks in zip(_SPREADS, schedules, strict=True):
        for sample in range(SAMPLES):
            time = min(_LONGEST, spread * _NORMAL.inv_cdf((sample + 0.5) / SAMPLES))
            look = min(bisect_left(looks, time), len(looks) - 1)
            requests += look + 1
            shares.append(max(0.0, exp(looks[look] - time) - 1))
    shares.sort()
    count = len(shares)
    return Optimum(
        requests=(1 - _NEVER) * requests / count + _NEVER,
        median=shares[count // 2],
        mean=fmean(shares),
        p95=shares[int(0.95 * count)],
    )
