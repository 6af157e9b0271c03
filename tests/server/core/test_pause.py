"""When nothing may go to the provider, what a person is told of it, and what ends a stop."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from server.core.facts import Halt
from server.core.pause import ADVICE, LINGER, STOPS, Pause

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
LATER, EARLIER = NOW + timedelta(seconds=30), NOW - timedelta(seconds=1)
PASSING = sorted(set(Halt) - STOPS - {Halt.HELD})


def test_there_is_a_sentence_for_the_operator_about_every_reason() -> None:
    assert set(ADVICE) == set(Halt)


def test_a_provider_that_is_well_bars_nothing_and_nothing_is_told() -> None:
    assert not Pause().bars(NOW)
    assert not Pause().waits
    assert Pause(credits=12.0).told(NOW) == (None, None)


@pytest.mark.parametrize("reason", PASSING)
def test_a_pause_bars_until_its_end_and_is_told_a_little_longer(reason: Halt) -> None:
    pause = Pause(LATER, reason, 1)
    assert pause.bars(NOW) and pause.waits
    assert pause.told(NOW) == (reason, LATER)
    assert not pause.bars(LATER)
    # The one image that goes ahead is not answered yet: a page that said "all is well" would blink.
    assert pause.told(LATER) == (reason, None)
    assert pause.told(LATER + timedelta(seconds=LINGER)) == (None, None)
    assert pause.waits, "whatever still waits has had no chance"


@pytest.mark.parametrize("reason", sorted(STOPS))
@pytest.mark.parametrize("until", [LATER, EARLIER, None])
def test_a_stop_bars_whatever_the_time_and_names_none(reason: Halt, until: datetime | None) -> None:
    pause = Pause(until, reason, 1, stopped=True)
    assert pause.bars(NOW) and pause.waits
    assert pause.told(NOW + timedelta(days=30)) == (reason, None)


def test_the_operators_hold_is_told_before_anything_else() -> None:
    for pause in (Pause(), Pause(LATER, Halt.MAINTENANCE, 1), Pause(None, Halt.BAD_KEY, 1, stopped=True)):
        held = replace(pause, held=True)
        assert held.bars(NOW) and held.waits
        assert held.told(NOW) == (Halt.HELD, None)


# What ends a stop

REFUSED = Pause(LATER, Halt.OUT_OF_CREDITS, 1, stopped=True)


@pytest.mark.parametrize("reason", sorted(STOPS))
def test_no_answer_ends_nothing(reason: Halt) -> None:
    assert not Pause(EARLIER, reason, 1, stopped=True, asks=3).mended_by(None, NOW)


@pytest.mark.parametrize("credits", [0.0, -3.0])
def test_no_credits_are_no_credits_however_long_it_lasts(credits: float) -> None:
    assert not replace(REFUSED, until=EARLIER, refused_credits=-5.0).mended_by(credits, NOW)


def test_credits_that_came_since_end_it_at_once() -> None:
    assert replace(REFUSED, refused_credits=0.0).mended_by(1.0, NOW)
    assert replace(REFUSED, refused_credits=3.0).mended_by(4.0, NOW)


@pytest.mark.parametrize("before", [None, 5.0, 9.0])
def test_credits_that_were_there_when_it_was_refused_end_it_after_the_pause(before: float | None) -> None:
    """They may be too few for a picture: only trying tells, and that not too often."""
    pause = replace(REFUSED, refused_credits=before)
    assert not pause.mended_by(5.0, NOW)
    assert pause.mended_by(5.0, LATER)


def test_a_key_that_was_refused_and_now_answers_goes_on_at_once() -> None:
    pause = Pause(LATER, Halt.BAD_KEY, 1, stopped=True)
    assert replace(pause, asks=1).mended_by(0.0, NOW)


def test_a_key_that_may_read_the_balance_all_along_is_tried_after_the_pause() -> None:
    pause = Pause(LATER, Halt.BAD_KEY, 1, stopped=True)
    assert not pause.mended_by(100.0, NOW)
    assert pause.mended_by(100.0, LATER)
