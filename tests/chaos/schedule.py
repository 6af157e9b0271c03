"""Which fault comes when: a pure function of the seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Turn:
    """One fault to come: its number from 1, its kind, and the seed of whatever is left to chance in it."""

    number: int
    kind: str
    seed: int


def schedule(seed: int, faults: int, kinds: Sequence[str]) -> list[Turn]:
    """So many faults. No kind comes again before every other one has come."""
    rng = Random(seed)
    order: list[str] = []
    while len(order) < faults:
        order += rng.sample(kinds, len(kinds))
    return [Turn(number, kind, rng.getrandbits(32)) for number, kind in enumerate(order[:faults], 1)]
