"""The machine: which fact moves an image from which status to which, and when to look at it again.

`advance` is pure: the clock and the dice are handed in. `TRANSITIONS` names every move there is; a pair that it does
not name leaves the image as it is. The diagram in `docs/life-of-an-image.md` is tested against the table, and the
database repeats its conditions as CHECKs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from server.core import facts as f
from server.core import rules
from server.core.backoff import Rng
from server.core.image import AT_PROVIDER, Image, Status
from server.core.limits import Policy
from server.core.rules import Moment, Rule, Step

DEFAULT_POLICY = Policy()


def advance(image: Image, fact: f.Fact, now: datetime, rng: Rng, policy: Policy = DEFAULT_POLICY) -> Step:
    """What `fact` makes of `image` at `now`; the same image and no event where it changes nothing."""
    if is_past(image, fact):
        return Step(image)
    transition = TRANSITIONS.get((image.status, type(fact)))
    if transition is None:
        return Step(image)
    step = transition.rule(image, fact, Moment(now, rng, policy))
    assert step.image.status in transition.to, f"{image.status} -{type(fact).__name__}-> {step.image.status}"
    return step


def is_past(image: Image, fact: f.Fact) -> bool:
    """Whether the fact speaks of an attempt that is no longer the image's: it settles that attempt, nothing else."""
    if isinstance(fact, f.SubmitIntended):
        return fact.attempt != image.attempt + 1
    return fact.attempt not in (0, image.attempt)


@dataclass(frozen=True, slots=True)
class Transition:
    """A rule, and the statuses it may lead to."""

    rule: Rule
    to: frozenset[Status]


def _to(rule: Rule, *statuses: Status) -> Transition:
    return Transition(rule, frozenset(statuses))


_S = Status
_FAILS = (Status.FAILED, Status.CANCELED)

TRANSITIONS: Mapping[tuple[Status, type[f.Fact]], Transition] = {
    (_S.PENDING, f.IngestStarted): _to(rules.begin_ingest, _S.SAVING, _S.PENDING),
    (_S.PENDING, f.SubmitIntended): _to(rules.intend, _S.SUBMITTING, _S.PENDING),
    (_S.PENDING, f.Refused): _to(rules.stay_pending, _S.PENDING),
    (_S.PENDING, f.InputFailed): _to(rules.input_failed, _S.FAILED),
    (_S.PENDING, f.CancelRequested): _to(rules.cancel_now, _S.CANCELED),
    (_S.PENDING, f.DeadlinePassed): _to(rules.expire, _S.FAILED),
    (_S.SUBMITTING, f.Ambiguous): _to(rules.doubt, _S.UNKNOWN),
    (_S.SUBMITTING, f.DeadlinePassed): _to(rules.doubt, _S.UNKNOWN),
    (_S.SUBMITTING, f.PollFailed): _to(rules.ask_later, _S.SUBMITTING),
    (_S.SUBMITTING, f.TaskMissing): _to(rules.ask_later, _S.SUBMITTING),
    (_S.SAVING, f.Stored): _to(rules.stored, _S.COMPLETED, _S.CANCELED),
    (_S.SAVING, f.SaveFailed): _to(rules.save_failed, _S.SAVING),
    (_S.SAVING, f.ResultMissing): _to(rules.result_missing, _S.SAVING, *_FAILS),
    (_S.SAVING, f.ResultRejected): _to(rules.result_rejected, *_FAILS),
    (_S.SAVING, f.CancelRequested): _to(rules.wish_to_cancel, _S.SAVING),
    (_S.SAVING, f.DeadlinePassed): _to(rules.expire, *_FAILS),
    (_S.PROCESSING, f.Generating): _to(rules.still_generating, _S.PROCESSING),
    (_S.PROCESSING, f.PollFailed): _to(rules.poll_failed, _S.PROCESSING),
    (_S.PROCESSING, f.TaskMissing): _to(rules.task_missing, _S.PROCESSING, *_FAILS),
    (_S.PROCESSING, f.NoOutput): _to(rules.no_output, _S.PROCESSING, *_FAILS),
    (_S.PROCESSING, f.DeadlinePassed): _to(rules.expire, *_FAILS),
    (_S.UNKNOWN, f.PollFailed): _to(rules.ask_later, _S.UNKNOWN),
    (_S.UNKNOWN, f.TaskMissing): _to(rules.ask_later, _S.UNKNOWN),
    (_S.UNKNOWN, f.DeadlinePassed): _to(rules.expire, *_FAILS),
    (_S.FAILED, f.RetryRequested): _to(rules.retry, _S.PENDING, _S.FAILED),
    (_S.CANCELED, f.RetryRequested): _to(rules.retry, _S.PENDING, _S.CANCELED),
    # A clear no is one also where it was written down after the deadline of its submit.
    (_S.SUBMITTING, f.Refused): _to(rules.back_to_pending, _S.SUBMITTING, _S.PENDING, _S.CANCELED),
    (_S.UNKNOWN, f.Refused): _to(rules.back_to_pending, _S.UNKNOWN, _S.PENDING, _S.CANCELED),
    (_S.SUBMITTING, f.Rejected): _to(rules.rejected, _S.PENDING, *_FAILS),
    (_S.UNKNOWN, f.Rejected): _to(rules.rejected, _S.UNKNOWN, _S.PENDING, *_FAILS),
    # What the provider says of a task is true wherever our own answer got lost.
    **{(status, f.Accepted): _to(rules.accepted, _S.PROCESSING) for status in (_S.SUBMITTING, _S.UNKNOWN)},
    **{(status, f.Generating): _to(rules.accepted, _S.PROCESSING) for status in (_S.SUBMITTING, _S.UNKNOWN)},
    **{(status, f.Generated): _to(rules.generated, _S.SAVING) for status in AT_PROVIDER},
    **{(status, f.NoOutput): _to(rules.no_output, _S.PROCESSING) for status in (_S.SUBMITTING, _S.UNKNOWN)},
    **{(status, f.GenerationFailed): _to(rules.generation_failed, _S.PENDING, *_FAILS) for status in AT_PROVIDER},
    **{(status, f.CancelRequested): _to(rules.wish_to_cancel, status) for status in AT_PROVIDER},
    **{(status, f.RefreshRequested): _to(rules.look_now, status) for status in (*AT_PROVIDER, _S.SAVING)},
}
