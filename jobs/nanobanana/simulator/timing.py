"""How long a task takes and whether it fails by chance."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import exp, log
from random import Random
from typing import Literal

from .models import Model

# 95 % of a normal distribution lies below this many standard deviations.
_P95 = 1.6449
Fate = Literal["success", "never", "flag-3", "flag-2"]


@dataclass(frozen=True)
class FailureRates:
    """Shares of tasks, 0..1, that never end, end with flag 3, end with flag 2."""

    never: float = 0.005
    flag_3: float = 0.02
    flag_2: float = 0.003

    def as_dict(self) -> dict[str, float]:
        """By name, as the control interface shows them."""
        return asdict(self)


def seconds(model: Model, resolution: str, rng: Random) -> float:
    """A log-normal time with the model's median and 95th percentile, never more than ten medians."""
    median, p95 = model.times[resolution]
    return min(10 * median, median * exp(log(p95 / median) / _P95 * rng.gauss(0, 1)))


def fate(rates: FailureRates, rng: Random) -> Fate:
    """What becomes of a task that was told nothing."""
    place = rng.random()
    named: tuple[tuple[Fate, float], ...] = (("never", rates.never), ("flag-3", rates.flag_3), ("flag-2", rates.flag_2))
    for name, share in named:
        if place < share:
            return name
        place -= share
    return "success"
