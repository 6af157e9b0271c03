"""One timer for everybody: whatever comes round again and again sits on a wheel that a single loop turns."""

from __future__ import annotations

import random
from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)

SLOTS = 60
ROUND = 50
JITTER = 5


class Wheel(Generic[T]):
    """Items come up once in `period` seconds, give or take a tenth; turn it every `tick` seconds."""

    def __init__(self, period: float, rng: random.Random | None = None) -> None:
        self.tick = period / ROUND
        self._rng = rng or random.Random()
        self._slots: list[set[T]] = [set() for _ in range(SLOTS)]
        self._slot_of: dict[T, int] = {}
        self._now = 0

    def __len__(self) -> int:
        return len(self._slot_of)

    def add(self, item: T) -> None:
        """Put an item on at a random place, so that those who came together do not stay together."""
        self.discard(item)
        self._place(item, self._rng.randint(1, ROUND))

    def discard(self, item: T) -> None:
        """Take an item off; harmless where it is not on."""
        slot = self._slot_of.pop(item, None)
        if slot is not None:
            self._slots[slot].discard(item)

    def turn(self) -> list[T]:
        """One tick on: the items that have come up, which are placed anew."""
        self._now = (self._now + 1) % SLOTS
        due, self._slots[self._now] = self._slots[self._now], set()
        for item in due:
            self._place(item, ROUND + self._rng.randint(-JITTER, JITTER))
        return list(due)

    def _place(self, item: T, ticks: int) -> None:
        slot = (self._now + ticks) % SLOTS
        self._slots[slot].add(item)
        self._slot_of[item] = slot
