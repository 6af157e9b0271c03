"""Waits grow, stay within their bounds, and differ from one to the next."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.core.backoff import exponential, first_poll, next_poll

TRIES = st.integers(0, 10_000)
DICE = st.floats(0, 1, exclude_max=True)
MEDIANS = st.floats(0.01, 10_000)


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


@given(MEDIANS, DICE)
def test_the_first_poll_comes_around_half_the_median(p50: float, dice: float) -> None:
    wait = first_poll(p50, lambda: dice)
    assert wait >= 0.2
    assert wait <= max(0.2, p50 * 0.55)


@given(TRIES, MEDIANS, DICE)
def test_polls_come_at_least_every_75_seconds_and_never_in_a_frenzy(polls: int, p50: float, dice: float) -> None:
    assert 0.15 <= next_poll(polls, p50, lambda: dice) <= 75.0


@given(st.integers(0, 100), MEDIANS)
def test_polls_grow_rarer(polls: int, p50: float) -> None:
    assert next_poll(polls, p50, middle) <= next_poll(polls + 1, p50, middle)


def test_a_quarter_hour_of_polls_is_a_bounded_number() -> None:
    """What one task that never ends costs the provider: from its acceptance to its deadline."""
    polls, waited = 0, first_poll(25.0, middle)
    while waited < 900:
        waited += next_poll(polls, 25.0, middle)
        polls += 1
    assert 10 <= polls <= 30
