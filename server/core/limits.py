"""How long anything may take, and how often anyone may ask."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Policy:
    """Durations in seconds that bound every phase of an image, and of a push; tests shorten them all by one factor."""

    turn: float = 4.0
    renewal: float = 1.2
    submit_timeout: float = 30.0
    ask_timeout: float = 15.0
    pending_deadline: float = 7 * 86_400.0
    unknown_deadline: float = 20 * 60.0
    processing_deadline: float = 15 * 60.0
    saving_deadline: float = 20 * 3_600.0
    missing_grace: float = 60.0
    poll_cap: float = 60.0
    no_output_wait: float = 5.0
    retry_base: float = 1.0
    retry_cap: float = 60.0
    pause_base: float = 2.0
    slow_pause: float = 15.0
    pause_cap: float = 300.0
    balance_interval: float = 60.0
    unknown_poll: float = 15.0
    unsettled_window: float = 24 * 3_600.0
    unsettled_poll: float = 10 * 60.0
    push_hold: float = 5.0
    push_turn: float = 30.0
    push_timeout: float = 10.0
    push_retry_base: float = 10.0
    push_retry_cap: float = 15 * 60.0
    push_deadline: float = 24 * 3_600.0
    retry_confirmed_failure: bool = False

    def scaled(self, factor: float) -> Policy:
        """The same rules with every duration multiplied by `factor`."""
        durations = {f.name: getattr(self, f.name) * factor for f in fields(self) if f.type == "float"}
        return replace(self, **durations)


MAX_MISSES = 3
"""Answers without substance that are tolerated in a row before a picture fails."""


@dataclass(frozen=True, slots=True)
class Rate:
    """`limit` requests in `window` seconds; `name` is the policy's name in the standard headers."""

    name: str
    limit: int
    window: float

    @property
    def interval(self) -> float:
        """Seconds that one request uses up."""
        return self.window / self.limit


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request may pass. `retry_after` and `reset` are seconds; `remaining` counts requests."""

    allowed: bool
    remaining: int
    retry_after: float
    reset: float


def gcra(rate: Rate, theoretical: float | None, now: float) -> tuple[Verdict, float]:
    """The generic cell rate algorithm: the verdict and the new theoretical arrival time, in seconds of `now`'s clock.

    A refused request leaves the arrival time as it was: asking again too early costs nothing.
    """
    arrival = max(theoretical if theoretical is not None else now, now)
    following = arrival + rate.interval
    wait = following - rate.window - now
    # A clock that counts from 1970 is exact to a quarter of a microsecond: sums of intervals need some slack.
    slack = rate.interval / 1000
    if wait > slack:
        return Verdict(False, 0, wait, arrival - now), arrival
    remaining = int((rate.window - (following - now) + slack) / rate.interval)
    return Verdict(True, remaining, 0.0, following - now), following


def submit_rate(per_second: float) -> Rate:
    """So many submits a second, as many as that at once; where it is less than one, one at a time."""
    limit = max(1, int(per_second))
    return Rate("submit", limit, limit / per_second)


def seconds(duration: float) -> timedelta:
    """A duration as PostgreSQL and datetime take it."""
    return timedelta(seconds=duration)
