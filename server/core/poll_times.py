"""When to ask for a task: how long such pictures usually take decides. Seconds everywhere.

Times are taken as log-normal, through the estimate's p50 and p90. The next look comes when a seventh of what is still
unfinished will have finished. So early looks, which every picture pays for, are far apart, and late ones, which few pay
for, are close. What that costs, and what else could be had, stands in `docs/decisions/`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, inf, log
from statistics import NormalDist

from server.core.backoff import Rng
from server.core.image import Estimate

UNLEARNED = Estimate(p50=20.0, p90=45.0)

FIRST = 0.1
"""How many are done before the first look."""
FINDS = 0.15
"""How many of those still unfinished a later look is to find done."""
CLOSEST, WIDEST = 0.05, 0.25
"""The bounds of a gap as shares of the time that has passed; the upper one holds once nine in ten are done."""
FLOOR = 0.2
JITTER = 0.15
"""By so much of a wait a look may come sooner: pictures of one request should not all be asked for at once."""
NEVER = 0.01
"""How many are taken never to finish: once nearly all others have, the gaps grow again."""
SAFETY_NET = 0.95
"""Where a callback is counted on, so many are done before the first look; it comes `cap` after the median at the
latest, for that is what a lost callback costs."""

RECENT = 50
"""How many of the last generations are learned from."""
_PUBLISHED_P50, _PUBLISHED_SPREAD = 4.0, 12.0
"""As many generations the published figures count for."""
_MOST_SILENT = 0.2
_NORMAL = NormalDist()
_P90 = _NORMAL.inv_cdf(0.9)
_SIGMAS = (0.1, 1.5)


@dataclass(frozen=True, slots=True)
class Past:
    """The last generations of one model and size: how many, their p50 and p90, and for how many no callback came."""

    count: int
    p50: float
    p90: float
    silent: int


def first_look(estimate: Estimate | None, cap: float, rng: Rng) -> float:
    """The wait after a task was accepted. Where it will be called back, a look is only the safety net."""
    known = estimate or UNLEARNED
    curve = _Curve(known)
    return max(FLOOR, _net(curve, cap) if known.called_back else curve.when(FIRST)) * _jitter(rng)


def next_look(estimate: Estimate | None, elapsed: float, cap: float, rng: Rng) -> float:
    """The wait after a look that found the task unfinished, `elapsed` seconds after it was accepted; `cap` at most.

    A look before the safety net was asked for by somebody: most likely the callback came, so no other is counted on.
    """
    known = estimate or UNLEARNED
    curve = _Curve(known)
    if known.called_back and elapsed >= (1 - JITTER) * _net(curve, cap):
        return max(FLOOR, min(cap, WIDEST * elapsed)) * _jitter(rng)
    return _gap(curve, max(0.0, elapsed), cap) * _jitter(rng)


def last_look(wait: float, left: float, margin: float) -> float:
    """The wait, cut so that one more look comes `margin` before the deadline, which is `left` seconds away.

    Then it ends at the deadline; where that has passed, the wait is negative.
    """
    return min(wait, left - margin if left > 2 * margin else left)


def guess_duration(estimate: Estimate | None, elapsed: float, cap: float) -> float:
    """How long a generation took that a look found done `elapsed` seconds after it was accepted.

    It ended after the look before: when half of those that end in between have.
    """
    known = estimate or UNLEARNED
    curve = _Curve(known)
    before = _net_before(curve, elapsed, cap) if known.called_back else _look_before(curve, elapsed, cap)
    earlier, later = curve.done_by(before), curve.done_by(elapsed)
    if later - earlier < 1e-6:
        return (before + elapsed) / 2
    return min(elapsed, max(before, curve.when((earlier + later) / 2)))


def learn(published: Estimate, past: Past, callbacks: bool) -> Estimate:
    """What is to be expected, from what is published and from what was seen: a few pictures move it a little.

    `callbacks`: whether the provider is asked to call back. It is counted on until it too often did not.
    """
    p50 = _between(published.p50, past.p50, past.count / (past.count + _PUBLISHED_P50))
    seen = past.count / (past.count + _PUBLISHED_SPREAD)
    spread = _between(published.p90 / published.p50, past.p90 / past.p50, seen)
    silent = (past.silent + _MOST_SILENT) / (past.count + 2)
    return Estimate(round(p50, 2), round(p50 * spread, 2), callbacks and silent < _MOST_SILENT)


def _between(published: float, seen: float, share: float) -> float:
    """Their geometric mean, `share` of it the second's."""
    return exp((1 - share) * log(published) + share * log(seen))


class _Curve:
    """How many are done by when."""

    def __init__(self, estimate: Estimate) -> None:
        self.p50 = max(0.1, estimate.p50)
        low, high = _SIGMAS
        self._sigma = min(high, max(low, log(max(1.0, estimate.p90 / self.p50)) / _P90))

    def done_by(self, elapsed: float) -> float:
        """The share that takes no longer."""
        return _NORMAL.cdf(log(elapsed / self.p50) / self._sigma) if elapsed > 1e-6 else 0.0

    def when(self, done: float) -> float:
        """When that share is done; infinite for all of them."""
        if done <= 0:
            return 0.0
        return self.p50 * exp(self._sigma * _NORMAL.inv_cdf(done)) if done < 1 else inf

    def left_after(self, elapsed: float) -> float:
        """The share that takes longer, with those that never finish."""
        return NEVER + (1 - NEVER) * (1 - self.done_by(elapsed))

    def when_left(self, share: float) -> float:
        """When only that share is left; infinite where more than that never finish."""
        return self.when(1 - (share - NEVER) / (1 - NEVER))


def _net(curve: _Curve, cap: float) -> float:
    return min(curve.when(SAFETY_NET), curve.p50 + cap)


def _gap(curve: _Curve, elapsed: float, cap: float) -> float:
    ideal = curve.when_left((1 - FINDS) * curve.left_after(elapsed)) - elapsed
    widest = WIDEST * elapsed if elapsed > curve.when(0.9) else inf
    return max(FLOOR, min(cap, widest, max(CLOSEST * elapsed, ideal)))


def _net_before(curve: _Curve, elapsed: float, cap: float) -> float:
    """As `_look_before`, where a callback was counted on."""
    before = max(elapsed / (1 + WIDEST), elapsed - cap)
    return before if before >= (1 - JITTER) * _net(curve, cap) else 0.0


def _look_before(curve: _Curve, elapsed: float, cap: float) -> float:
    """When the look before was, by the plan: `_gap` undone, so nobody has to write it down. 0 where there was none."""
    left = curve.left_after(elapsed) / (1 - FINDS)
    ideal = curve.when_left(left) if left < 1 else 0.0
    if ideal < (1 - JITTER) * curve.when(FIRST):
        return 0.0
    earliest = elapsed / (1 + WIDEST) if elapsed > (1 + WIDEST) * curve.when(0.9) else 0.0
    latest = min(elapsed / (1 + CLOSEST), elapsed - FLOOR)
    return max(0.0, min(latest, max(ideal, earliest, elapsed - cap)))


def _jitter(rng: Rng) -> float:
    return 1 - JITTER * rng()
