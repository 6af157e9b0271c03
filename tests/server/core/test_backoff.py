"""Waits grow, stay within their bounds, and differ from one to the next."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.core.backoff import exponential

TRIES = st.integers(0, 10_000)
DICE = st.floats(0, 1, exclude_max=True)


def middle() -> float:
    return 0.5


def test_it_doubles_up_to_the_cap() -> None:
    waits = [exponential(tries, 1.0, 60.0, middle) for tries in range(9)]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_the_dice_spread_it_by_a_quarter_either_way() -> None:
    assert exponential(3, 1.0, 60.0, lambda: 0.0) == 6.0
    assert exponential(3, 1.0, 60.0, lambda: 0.999999) < 10.0


@given(TRIES, st.floats(0.01, 100), st.floats(0.01, 1_000), DICE)
def test_a_wait_is_never_past_the_cap_and_its_jitter(tries: int, base: float, cap: float, dice: float) -> None:
    wait = exponential(tries, base, cap, lambda: dice)
    assert 0.75 * min(base, cap) <= wait <= 1.25 * cap


@given(TRIES, st.floats(0.01, 100), DICE)
def test_a_later_try_never_waits_less(tries: int, base: float, dice: float) -> None:
    assert exponential(tries, base, 60.0, lambda: dice) <= exponential(tries + 1, base, 60.0, lambda: dice)
