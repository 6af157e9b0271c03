"""The schedule: the same for the same seed, and no kind left out."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from tests.chaos.kinds import KINDS
from tests.chaos.schedule import schedule

NAMES = list(KINDS)


@given(st.integers(0, 10**9), st.integers(0, 300))
def test_the_same_seed_gives_the_same_faults(seed: int, faults: int) -> None:
    turns = schedule(seed, faults, NAMES)
    assert turns == schedule(seed, faults, NAMES)
    assert [turn.number for turn in turns] == list(range(1, faults + 1))


@given(st.integers(0, 10**9), st.integers(1, 300))
def test_no_kind_comes_twice_more_often_than_another(seed: int, faults: int) -> None:
    counted = Counter(turn.kind for turn in schedule(seed, faults, NAMES))
    assert max(counted.values()) - min(counted.get(name, 0) for name in NAMES) <= 1


def test_other_seeds_give_other_faults() -> None:
    orders = {tuple(turn.kind for turn in schedule(seed, 60, NAMES)) for seed in range(20)}
    assert len(orders) == 20


def test_sixty_faults_are_of_at_least_26_kinds() -> None:
    assert len({turn.kind for turn in schedule(1, 60, NAMES)}) >= 26
