"""One timer for everybody: whatever comes round again and again sits on a wheel that a single loop turns."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

SLOTS = 600
ROUND = 500
JITTER = 50


class Wheel(Generic[T]):
    """Items come up once in `period` seconds, give or take a tenth; turn it every `tick` seconds.

    An item is put on once, and falls off when it comes up and `is_gone`: to know where each sits would cost more than
    to keep it for one round.
    """

    def __init__(self, period: float, is_gone: Callable[[T], bool], rng: random.Random | None = None) -> None:
        self.tick = period / ROUND
        self._is_gone = is_gone
        self._rng = rng or random.Random()
        self._slots: list[list[T]] = [[] for _ in range(SLOTS)]
        self._now = 0

    def __len__(self) -> int:
        return sum(map(len, self._slots))

    def add(self, item: T) -> None:
        """Put an item on at a random place, so that those who came together do not stay together."""
        self._place(item, self._rng.randint(1, ROUND))

    def turn(self) -> list[T]:
        """One tick on: the items that have come up, which are placed anew."""
        self._now = (self._now + 1) % SLOTS
        up, self._slots[self._now] = self._slots[self._now], []
        due = [item for item in up if not self._is_gone(item)]
        for item in due:
            self._place(item, ROUND + self._rng.randint(-JITTER, JITTER))
        return due

    def _place(self, item: T, ticks: int) -> None:
        self._slots[(self._now + ticks) % SLOTS].append(item)
