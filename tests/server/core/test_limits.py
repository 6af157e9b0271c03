"""Rate limits by the generic cell rate algorithm, and the policy's durations."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.limits import Policy, Rate, Verdict, gcra, seconds

TEN = Rate("generation", 10, 10.0)
RATES = st.builds(Rate, st.just("any"), st.integers(1, 40), st.floats(0.5, 600))
GAPS = st.lists(st.floats(0, 30), max_size=120)


def ask(rate: Rate, moments: list[float]) -> list[Verdict]:
    arrival: float | None = None
    verdicts = []
    for moment in moments:
        verdict, arrival = gcra(rate, arrival, moment)
        verdicts.append(verdict)
    return verdicts


def moments_of(gaps: list[float]) -> list[float]:
    now, moments = 1_700_000_000.0, []
    for gap in gaps:
        now += gap
        moments.append(now)
    return moments


def test_the_whole_limit_passes_at_once_and_then_nothing() -> None:
    verdicts = ask(TEN, [5.0] * 12)
    assert [verdict.allowed for verdict in verdicts] == [True] * 10 + [False] * 2
    assert [verdict.remaining for verdict in verdicts] == [*range(9, -1, -1), 0, 0]
    assert [verdict.retry_after for verdict in verdicts[-2:]] == [1.0, 1.0]


def test_one_is_given_back_each_interval() -> None:
    verdicts = ask(TEN, [0.0] * 10 + [0.99, 1.0, 1.0, 2.5])
    assert [verdict.allowed for verdict in verdicts[10:]] == [False, True, False, True]


def test_after_a_quiet_window_the_whole_limit_is_back() -> None:
    verdicts = ask(TEN, [0.0] * 10 + [10.0] * 11)
    assert [verdict.allowed for verdict in verdicts[10:]] == [True] * 10 + [False]


def test_reset_is_when_all_would_be_forgotten() -> None:
    assert [verdict.reset for verdict in ask(TEN, [0.0, 0.0, 1.5])] == [1.0, 2.0, 1.5]


@given(RATES, GAPS)
def test_a_refused_request_costs_nothing(rate: Rate, gaps: list[float]) -> None:
    arrival: float | None = None
    for moment in moments_of(gaps):
        verdict, following = gcra(rate, arrival, moment)
        if not verdict.allowed:
            assert arrival is not None
            assert following == max(arrival, moment)
        arrival = following


@given(RATES, GAPS)
def test_no_stretch_of_time_sees_more_than_the_limit_and_what_it_gives_back(rate: Rate, gaps: list[float]) -> None:
    """At most `limit` at any moment; beyond that only what an interval each has refilled since."""
    moments = moments_of(gaps)
    passed = [moment for moment, verdict in zip(moments, ask(rate, moments), strict=True) if verdict.allowed]
    for first, start in enumerate(passed):
        for last in range(first, len(passed)):
            # The clock's numbers are large, so the last digits are not exact.
            refilled = (passed[last] - start) / rate.interval + 2e-3
            assert last - first + 1 <= rate.limit + refilled


@given(RATES, GAPS)
def test_whoever_waits_as_long_as_told_passes(rate: Rate, gaps: list[float]) -> None:
    arrival: float | None = None
    for moment in moments_of(gaps):
        verdict, arrival = gcra(rate, arrival, moment)
        if not verdict.allowed:
            again, _ = gcra(rate, arrival, moment + verdict.retry_after + 1e-6)
            assert again.allowed
            early, _ = gcra(rate, arrival, moment + verdict.retry_after - rate.interval / 50)
            assert not early.allowed


@given(RATES, GAPS)
def test_what_remains_could_be_asked_at_once(rate: Rate, gaps: list[float]) -> None:
    moments = moments_of(gaps)
    for count, verdict in enumerate(ask(rate, moments), start=1):
        more = ask(rate, moments[:count] + [moments[count - 1]] * (verdict.remaining + 1))[count:]
        assert [one.allowed for one in more] == [True] * verdict.remaining + [False]
        if count > 5:
            break


def test_a_shortened_policy_shortens_every_duration_and_nothing_else() -> None:
    plain, short = Policy(retry_confirmed_failure=True), Policy(retry_confirmed_failure=True).scaled(0.01)
    assert short.retry_confirmed_failure is True
    for field in fields(Policy):
        if field.name != "retry_confirmed_failure":
            assert getattr(short, field.name) == pytest.approx(getattr(plain, field.name) / 100)


def test_a_turn_is_renewed_before_it_ends_and_a_submit_before_it_is_doubted() -> None:
    policy = Policy()
    assert policy.renewal * 2 < policy.turn < policy.submit_timeout < policy.unknown_deadline


def test_seconds_are_kept_to_the_microsecond() -> None:
    assert seconds(1.000001).microseconds == 1
