"""When a task is asked for: never in a frenzy, never past the deadline, and by what was learned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.core import facts as f
from server.core.image import Estimate, Image, Status
from server.core.lifecycle import advance
from server.core.limits import Policy
from server.core.poll_times import (
    CLOSEST,
    FLOOR,
    JITTER,
    UNLEARNED,
    WIDEST,
    Past,
    first_look,
    guess_duration,
    last_look,
    learn,
    next_look,
)
from tests.server.core.reachable_images import generation

CAP = 60.0
USUAL = Estimate(p50=25.0, p90=50.0)
ESTIMATES = st.builds(Estimate, st.floats(0.01, 5_000), st.floats(0.01, 20_000), st.booleans()) | st.none()
ELAPSED = st.floats(0, 2_000)
DICE = st.floats(0, 1, exclude_max=True)


def latest() -> float:
    """The throw that shortens nothing."""
    return 0.0


# One wait


@example(Estimate(100.0, 105.0), 112.0, 0.0)
@given(ESTIMATES, ELAPSED, DICE)
def test_a_wait_has_a_least_and_a_most(estimate: Estimate | None, elapsed: float, dice: float) -> None:
    wait = next_look(estimate, elapsed, CAP, lambda: dice)
    assert (1 - JITTER) * FLOOR <= wait <= CAP
    assert wait >= (1 - JITTER) * CLOSEST * min(elapsed, CAP)


@given(ESTIMATES, ELAPSED)
def test_in_the_end_a_wait_is_a_share_of_the_time_so_far(estimate: Estimate | None, elapsed: float) -> None:
    # However wide they are taken to be spread, nine in ten are done by then.
    if elapsed > 7 * max(0.1, (estimate or UNLEARNED).p50):
        assert next_look(estimate, elapsed, CAP, latest) <= max(FLOOR, WIDEST * elapsed)


@given(ESTIMATES, ELAPSED, DICE, DICE)
def test_the_dice_only_ever_hurry(estimate: Estimate | None, elapsed: float, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert next_look(estimate, elapsed, CAP, lambda: high) <= next_look(estimate, elapsed, CAP, lambda: low)
    assert first_look(estimate, CAP, lambda: high) <= first_look(estimate, CAP, lambda: low)


@example(Estimate(10.0, 68.0), [9.9, 10.1])
@given(ESTIMATES, st.lists(ELAPSED, min_size=2, max_size=20))
def test_who_looks_later_looks_again_later(estimate: Estimate | None, moments: list[float]) -> None:
    """A look that was late, or asked for by somebody, never brings the next one forward."""
    known = replace(estimate, called_back=False) if estimate else None
    ordered = sorted(moments)
    agains = [elapsed + next_look(known, elapsed, CAP, latest) for elapsed in ordered]
    assert all(a <= b + 1e-6 for a, b in pairwise(agains))


@given(ESTIMATES, st.floats(1.01, 10), ELAPSED)
def test_what_is_slower_by_nature_is_looked_at_later(estimate: Estimate | None, times: float, elapsed: float) -> None:
    known = replace(estimate or UNLEARNED, called_back=False)
    slower = replace(known, p50=known.p50 * times, p90=known.p90 * times)
    assert first_look(known, CAP, latest) <= first_look(slower, CAP, latest)


def test_the_first_look_comes_when_one_in_ten_is_done() -> None:
    assert first_look(USUAL, CAP, latest) == pytest.approx(25 * 25 / 50, rel=0.01)


def test_gaps_shrink_while_pictures_end_and_grow_when_hardly_any_is_left() -> None:
    gaps = [later - earlier for earlier, later in pairwise(looks(USUAL, 900.0))]
    shares = [gap / look for gap, look in zip(gaps, looks(USUAL, 900.0), strict=False)]
    least = shares.index(min(shares))
    assert shares[0] > 0.2
    assert min(shares) < 0.06
    assert all(a >= b - 1e-9 for a, b in pairwise(shares[:least]))
    assert all(a <= b + 1e-9 for a, b in pairwise(shares[least : gaps.index(CAP)]))


def test_where_nothing_is_known_of_the_model_it_is_looked_at_all_the_same() -> None:
    assert first_look(None, CAP, latest) == first_look(UNLEARNED, CAP, latest)
    assert 5 < first_look(None, CAP, latest) < 20


# Callbacks


def test_where_a_callback_is_counted_on_the_first_look_is_a_safety_net() -> None:
    """Nineteen in twenty are done by then, so it mostly finds what was called back in vain."""
    awaited = replace(USUAL, called_back=True)
    assert 50 < first_look(awaited, CAP, latest) < 62
    assert first_look(awaited, CAP, lambda: 0.99) < 50 + 10


def test_a_lost_callback_costs_an_ordinary_picture_a_minute_at_most() -> None:
    slow = Estimate(p50=90.0, p90=190.0, called_back=True)
    assert first_look(slow, CAP, latest) == 150.0


def test_a_look_that_a_callback_asked_for_too_early_is_repeated_soon() -> None:
    """The provider called, and its own record said "not yet": it will not call again."""
    awaited = replace(USUAL, called_back=True)
    for elapsed in (10.0, 25.0, 40.0):
        assert next_look(awaited, elapsed, CAP, latest) == next_look(USUAL, elapsed, CAP, latest)
        assert next_look(awaited, elapsed, CAP, latest) < 6


@given(ELAPSED, DICE)
def test_a_lost_callback_costs_no_more_than_the_net_and_a_quarter(took: float, dice: float) -> None:
    """However long it took: found by what is usual for nineteen in twenty, or a quarter later, or a minute."""
    awaited = replace(USUAL, called_back=True)
    net = first_look(awaited, CAP, latest)
    found = next(look for look in looks(awaited, 10_000.0, dice) if look >= took)
    assert found <= max(net, min(took * (1 + WIDEST), took + CAP)) + 1e-6


# Until the deadline


def looks(estimate: Estimate | None, deadline: float, dice: float = 0.0) -> list[float]:
    """When a task that never ends is looked at, by the functions alone."""
    moments, now = [], first_look(estimate, CAP, lambda: dice)
    while now < deadline:
        moments.append(now)
        now += next_look(estimate, now, CAP, lambda: dice)
    return moments


def processed(estimate: Estimate | None, policy: Policy, dice: float) -> Iterator[tuple[float, Image]]:
    """As `looks`, by the machine: seconds since the acceptance and the image, whenever it is to be looked at."""
    start = replace(generation(), estimate=estimate)
    image = _after(start, f.SubmitIntended(1), start.phase_started_at, policy, dice)
    image = _after(image, f.Accepted(1, "t1"), start.phase_started_at, policy, dice)
    while image.wake_at is not None and image.deadline_at is not None:
        now = image.wake_at
        yield (now - start.phase_started_at).total_seconds(), image
        due: f.Fact = f.DeadlinePassed(1) if now >= image.deadline_at else f.Generating(1, "t1")
        image = _after(image, due, now, policy, dice)


def _after(image: Image, fact: f.Fact, now: datetime, policy: Policy, dice: float = 0.0) -> Image:
    return advance(image, fact, now, lambda: dice, policy).image


@given(ESTIMATES, DICE, st.sampled_from([1.0, 0.1, 0.01]))
def test_a_task_that_never_ends_is_asked_for_a_bounded_number_of_times(
    estimate: Estimate | None, dice: float, factor: float
) -> None:
    policy = Policy().scaled(factor)
    moments = [moment for moment, _ in processed(estimate, policy, dice)]
    assert moments[-1] == pytest.approx(policy.processing_deadline)
    assert all(moment < policy.processing_deadline for moment in moments[:-1])
    assert 2 <= len(moments) <= 120


def test_a_task_that_never_ends_costs_some_dozens() -> None:
    assert 30 <= len(looks(USUAL, 900.0)) <= 45
    assert 10 <= len(looks(replace(USUAL, called_back=True), 900.0)) <= 20


@given(ESTIMATES, DICE)
def test_the_last_look_comes_right_before_the_deadline(estimate: Estimate | None, dice: float) -> None:
    """Whatever was learned: what ended a minute ago must not be given up unseen."""
    policy = Policy()
    *_, last, deadline = [moment for moment, _ in processed(estimate, policy, dice)]
    assert deadline == policy.processing_deadline
    assert policy.turn - 1e-3 <= deadline - last <= 2 * policy.turn


@given(st.floats(-10, 1_000), st.floats(-10, 1_000), st.floats(0.001, 10))
def test_a_cut_wait_never_passes_the_deadline(wait: float, left: float, margin: float) -> None:
    cut = last_look(wait, left, margin)
    assert cut <= wait
    assert cut <= left
    assert cut in (wait, left) or cut >= margin


# The machine uses them


def accepted(estimate: Estimate | None = USUAL) -> Image:
    """A picture that the provider has just taken."""
    return next(image for _, image in processed(estimate, Policy(), 0.0))


def wait_of(image: Image, fact: f.Fact, elapsed: float) -> float:
    """How long after `fact` it is looked at again."""
    now = image.phase_started_at + timedelta(seconds=elapsed)
    after = _after(image, fact, now, Policy())
    assert after.wake_at is not None
    return (after.wake_at - now).total_seconds()


def test_the_machine_looks_when_it_is_told_to() -> None:
    image = accepted()
    assert image.wake_at is not None
    assert (image.wake_at - image.phase_started_at).total_seconds() == pytest.approx(first_look(USUAL, CAP, latest))
    for elapsed in (12.0, 25.0, 60.0, 200.0):
        assert wait_of(image, f.Generating(1, "t1"), elapsed) == pytest.approx(next_look(USUAL, elapsed, CAP, latest))


def test_a_wait_depends_on_the_time_and_not_on_how_often_was_asked() -> None:
    """Ten impatient clicks change nothing; a worker that was away for a minute goes on where the time is."""
    image = accepted()
    often = replace(image, tries=40)
    assert wait_of(often, f.Generating(1, "t1"), 30.0) == wait_of(image, f.Generating(1, "t1"), 30.0)


@pytest.mark.parametrize("fact", [f.PollFailed(1, "HTTP 500"), f.TaskMissing(1)])
def test_a_hiccup_late_in_a_generation_costs_no_minute(fact: f.Fact) -> None:
    late = replace(accepted(), tries=12, task_seen=True)
    assert wait_of(late, fact, 50.0) == pytest.approx(next_look(USUAL, 50.0, CAP, latest))


def test_what_the_provider_asks_for_is_kept() -> None:
    assert wait_of(accepted(), f.PollFailed(1, "HTTP 429", retry_after=200.0), 20.0) == 200.0


def test_a_task_that_a_callback_told_of_first_is_not_left_to_the_safety_net() -> None:
    """Its own submit was never answered, and the callback has come already."""
    awaited = replace(USUAL, called_back=True)
    start = replace(generation(), estimate=awaited)
    asked = start.phase_started_at + timedelta(seconds=1)
    image = _after(start, f.SubmitIntended(1), start.phase_started_at, Policy())
    image = _after(image, f.Generating(1, "t1"), asked, Policy())
    assert image.status is Status.PROCESSING
    assert image.wake_at is not None
    assert image.wake_at - asked < timedelta(seconds=20)


# What is learned


def test_of_what_a_look_found_the_middle_is_guessed() -> None:
    """Between the look before and this one, nearer to where more of them end."""
    moments = looks(USUAL, 900.0)
    for before, found in pairwise(moments[:12]):
        assert before < guess_duration(USUAL, found, CAP) < found
        assert guess_duration(USUAL, found, CAP) == pytest.approx((before + found) / 2, rel=0.03)


def test_of_what_the_first_look_found_little_is_known() -> None:
    first = first_look(USUAL, CAP, latest)
    assert 0.75 * first < guess_duration(USUAL, first, CAP) < 0.95 * first


def test_what_a_safety_net_caught_says_nothing_new() -> None:
    awaited = replace(USUAL, called_back=True)
    net = first_look(awaited, CAP, latest)
    assert guess_duration(awaited, net, CAP) == pytest.approx(USUAL.p50, rel=0.1)
    second = net + next_look(awaited, net, CAP, latest)
    assert net < guess_duration(awaited, second, CAP) < second


@given(ESTIMATES, st.floats(0.001, 900))
def test_a_guess_is_never_past_the_look(estimate: Estimate | None, elapsed: float) -> None:
    assert 0 <= guess_duration(estimate, elapsed, CAP) <= elapsed


NOTHING = Past(0, 1.0, 1.0, 0)


def test_with_no_past_the_published_figures_hold() -> None:
    assert learn(USUAL, NOTHING, callbacks=False) == USUAL
    assert learn(USUAL, NOTHING, callbacks=True) == replace(USUAL, called_back=True)


def test_a_few_pictures_move_it_a_little_and_fifty_nearly_all_the_way() -> None:
    by_count = [learn(USUAL, Past(count, 50.0, 75.0, 0), False) for count in (1, 4, 50)]
    assert [one.p50 for one in by_count] == [28.72, 35.36, 47.5]
    assert [round(one.p90 / one.p50, 2) for one in by_count] == [1.96, 1.86, 1.59]


@given(
    st.floats(0.1, 900).flatmap(lambda p50: st.tuples(st.just(p50), st.floats(p50, 5_000))),
    st.floats(0.1, 900).flatmap(lambda p50: st.tuples(st.just(p50), st.floats(p50, 5_000))),
    st.integers(0, 50),
)
def test_what_is_expected_lies_between_the_published_and_the_seen(
    published: tuple[float, float], seen: tuple[float, float], count: int
) -> None:
    learned = learn(Estimate(*published), Past(count, *seen, 0), False)
    assert min(published[0], seen[0]) - 0.01 <= learned.p50 <= max(published[0], seen[0]) + 0.01
    assert learned.p50 <= learned.p90


def test_callbacks_are_counted_on_until_too_many_do_not_come() -> None:
    def counted_on(count: int, silent: int) -> bool:
        return learn(USUAL, Past(count, 25.0, 50.0, silent), callbacks=True).called_back

    assert counted_on(0, 0)
    assert not counted_on(1, 1)
    assert counted_on(10, 1)
    assert counted_on(50, 9)
    assert not counted_on(50, 11)


def test_callbacks_that_are_not_asked_for_are_not_counted_on() -> None:
    assert not learn(USUAL, Past(50, 25.0, 50.0, 0), callbacks=False).called_back
