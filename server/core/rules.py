"""The rules of the machine: what each fact makes of an image. `lifecycle.TRANSITIONS` says which rule holds when."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from server.core import facts as f
from server.core.backoff import Rng, exponential
from server.core.errors import Problem, ProblemCode
from server.core.events import EventKind
from server.core.image import Image, Kind, Status
from server.core.limits import MAX_MISSES, Policy, seconds
from server.core.poll_times import first_look, last_look, next_look


@dataclass(frozen=True, slots=True)
class Step:
    """What follows from a fact: the image as it is now, and the events that tell it, if a person can see a change."""

    image: Image
    events: tuple[EventKind, ...] = ()


@dataclass(frozen=True, slots=True)
class Moment:
    """What every rule is handed beside the image and the fact."""

    now: datetime
    rng: Rng
    policy: Policy


Rule = Callable[[Image, Any, Moment], Step]


# Moving on


def _enter(image: Image, status: Status, moment: Moment, wait: float, deadline: float, **changes: Any) -> Step:
    """The image at the start of a phase, to be looked at in `wait` seconds, at the latest at its end in `deadline`."""
    fields = {
        "status": status,
        "phase_started_at": moment.now,
        "wake_at": moment.now + seconds(min(wait, deadline)),
        "deadline_at": moment.now + seconds(deadline),
        "tries": 0,
        "misses": 0,
        **changes,
    }
    return Step(replace(image, **fields), (EventKind.IMAGE_CHANGED,))


def _finish(image: Image, status: Status, moment: Moment, **changes: Any) -> Step:
    """The image at its end. Who asked to cancel sees it end canceled, whatever came of it."""
    if image.cancel_requested_at is not None and status is not Status.CANCELED:
        status = Status.CANCELED
        changes.setdefault("trashed_at", image.trashed_at or (moment.now if "renditions" in changes else None))
    fields = {
        "status": status,
        "phase_started_at": moment.now,
        "finished_at": moment.now,
        "wake_at": None,
        "deadline_at": None,
        "dispatched_at": None,
        **changes,
    }
    return Step(replace(image, **fields), (EventKind.IMAGE_CHANGED,))


def _fail(image: Image, problem: Problem | None, moment: Moment) -> Step:
    problem = problem or Problem(ProblemCode.GENERATION_FAILED)
    return _finish(image, Status.FAILED, moment, error=problem.as_json())


def _look_again(image: Image, moment: Moment, wait: float, **changes: Any) -> Step:
    """The same phase; nothing that a person sees has changed. Never later than the deadline, and once before it."""
    if image.deadline_at is not None:
        wait = last_look(wait, (image.deadline_at - moment.now).total_seconds(), moment.policy.turn)
    return Step(replace(image, wake_at=moment.now + seconds(wait), **changes))


# Rules for uploads


def begin_ingest(image: Image, _: f.IngestStarted, moment: Moment) -> Step:
    if image.kind is not Kind.UPLOAD:
        return Step(image)
    return _enter(image, Status.SAVING, moment, moment.policy.turn, moment.policy.saving_deadline)


# Rules on the way to the provider


def intend(image: Image, fact: f.SubmitIntended, moment: Moment) -> Step:
    if image.kind is not Kind.GENERATION:
        return Step(image)
    options = replace(image.options, aspect_ratio=fact.aspect_ratio or image.options.aspect_ratio)
    wait = moment.policy.submit_timeout + moment.policy.turn
    step = _enter(image, Status.SUBMITTING, moment, wait, wait, attempt=fact.attempt, options=options)
    # Whether this is the second go at fetching an input must survive the phase.
    return replace(step, image=replace(step.image, misses=image.misses, task_seen=False))


def stay_pending(image: Image, fact: f.Refused, moment: Moment) -> Step:
    """No connection was had, so nothing was intended: the reservation is given back."""
    wait = fact.retry_after or exponential(image.tries, moment.policy.retry_base, moment.policy.retry_cap, moment.rng)
    return _look_again(image, moment, wait, tries=image.tries + 1, dispatched_at=None)


def back_to_pending(image: Image, fact: f.Refused, moment: Moment) -> Step:
    if fact.attempt != image.attempt or _answered(image):
        # Somebody else had no connection and no intent, and says nothing of the submit that is under way.
        return Step(image)
    wait = fact.retry_after
    if wait is None:
        wait = exponential(image.tries, moment.policy.retry_base, moment.policy.retry_cap, moment.rng)
    if image.cancel_requested_at is not None:
        return _finish(image, Status.CANCELED, moment)
    step = _enter(image, Status.PENDING, moment, wait, moment.policy.pending_deadline, dispatched_at=None)
    return replace(step, image=replace(step.image, tries=image.tries + 1, misses=image.misses))


def _answered(image: Image) -> bool:
    """Whether the submit's answer is known, and was no clear one: then no other may stand in its place."""
    return image.status is Status.UNKNOWN and "submit_answer" in image.metadata


def rejected(image: Image, fact: f.Rejected, moment: Moment) -> Step:
    if _answered(image):
        return Step(image)
    first_miss = image.misses == 0 and image.cancel_requested_at is None
    if fact.problem and fact.problem.code is ProblemCode.INPUT_UNREACHABLE and first_miss:
        # The input's address is signed anew at the next submit; once is enough to rule out an expired one.
        wait = moment.policy.retry_base
        return _enter(image, Status.PENDING, moment, wait, moment.policy.pending_deadline, misses=1, dispatched_at=None)
    return _fail(image, fact.problem, moment)


def doubt(image: Image, fact: f.Fact, moment: Moment) -> Step:
    metadata = dict(image.metadata)
    if isinstance(fact, f.Ambiguous):
        metadata["submit_answer"] = {"reason": fact.reason, "body": fact.body[:2048]}
    policy = moment.policy
    return _enter(image, Status.UNKNOWN, moment, policy.unknown_poll, policy.unknown_deadline, metadata=metadata)


# Rules while the provider works


def accepted(image: Image, fact: f.Accepted | f.Generating, moment: Moment) -> Step:
    seen = isinstance(fact, f.Generating)
    # Where a callback told of the task before our submit did, no other is to come.
    wait = _until_next(image, moment) if seen else first_look(image.estimate, moment.policy.poll_cap, moment.rng)
    deadline = moment.policy.processing_deadline
    wait = last_look(wait, deadline, moment.policy.turn)
    metadata = {**image.metadata, "nanobanana_task_id": fact.task_id}
    return _enter(image, Status.PROCESSING, moment, wait, deadline, metadata=metadata, task_seen=seen)


def still_generating(image: Image, _: f.Generating, moment: Moment) -> Step:
    return _look_again(image, moment, _until_next(image, moment), tries=image.tries + 1, misses=0, task_seen=True)


def poll_failed(image: Image, fact: f.PollFailed, moment: Moment) -> Step:
    return _look_again(image, moment, max(_until_retry(image, moment), fact.retry_after or 0.0), tries=image.tries + 1)


def _until_next(image: Image, moment: Moment) -> float:
    elapsed = (moment.now - image.phase_started_at).total_seconds()
    return next_look(image.estimate, elapsed, moment.policy.poll_cap, moment.rng)


def _until_retry(image: Image, moment: Moment) -> float:
    """Not by `tries` alone, which counts all looks: one hiccup late in a long generation would cost a minute."""
    policy = moment.policy
    wait = exponential(image.tries, policy.retry_base, policy.retry_cap, moment.rng)
    return min(wait, max(policy.retry_base, _until_next(image, moment)))


def task_missing(image: Image, _: f.TaskMissing, moment: Moment) -> Step:
    # The first look may come late, and one answer is too little to give up what is paid.
    misses = image.misses if image.task_seen else min(image.misses, MAX_MISSES) + 1
    if misses > MAX_MISSES and moment.now - image.phase_started_at > seconds(moment.policy.missing_grace):
        return _fail(image, Problem(ProblemCode.TASK_UNKNOWN, charged=True), moment)
    return _look_again(image, moment, _until_retry(image, moment), tries=image.tries + 1, misses=misses)


def ask_later(image: Image, _: f.Fact, moment: Moment) -> Step:
    return _look_again(image, moment, moment.policy.unknown_poll)


def no_output(image: Image, fact: f.NoOutput, moment: Moment) -> Step:
    wait = moment.policy.no_output_wait
    if image.status is not Status.PROCESSING:
        step = accepted(image, f.Generating(fact.attempt, fact.task_id), moment)
        return replace(step, image=_look_again(step.image, moment, wait, misses=1).image)
    if (misses := image.misses if image.task_seen else 0) >= MAX_MISSES:
        return _fail(image, Problem(ProblemCode.PROVIDER_NO_OUTPUT, charged=True), moment)
    return _look_again(image, moment, wait, misses=misses + 1, task_seen=True)


def generated(image: Image, fact: f.Generated, moment: Moment) -> Step:
    metadata = {**image.metadata, **fact.details, "nanobanana_task_id": fact.task_id}
    policy = moment.policy
    return _enter(image, Status.SAVING, moment, 0.0, policy.saving_deadline, metadata=metadata, dispatched_at=None)


def generation_failed(image: Image, fact: f.GenerationFailed, moment: Moment) -> Step:
    policy = moment.policy
    wanted = image.cancel_requested_at is None and "repeated" not in image.metadata
    if policy.retry_confirmed_failure and fact.confirmed and wanted:
        changes = {"dispatched_at": None, "metadata": {**_lasting(image), "repeated": image.attempt}}
        return _enter(image, Status.PENDING, moment, policy.retry_base, policy.pending_deadline, **changes)
    return _fail(image, fact.problem, moment)


def _lasting(image: Image) -> dict[str, Any]:
    """Of the metadata, what does not belong to an attempt. `repeated`: which one was followed by one of ours."""
    return {key: value for key, value in image.metadata.items() if key in ("late_of", "repeated")}


# Rules while the picture is fetched and stored


def stored(image: Image, fact: f.Stored, moment: Moment) -> Step:
    original = fact.renditions["original"]
    metadata = {**image.metadata, "flat": True} if fact.flat else image.metadata
    shape = {"width": original.width, "height": original.height, "thumbhash": fact.thumbhash}
    return _finish(
        image,
        Status.COMPLETED,
        moment,
        **shape,
        renditions=fact.renditions,
        sha256=original.sha256,
        metadata=metadata,
        error=None,
    )


def save_failed(image: Image, _: f.SaveFailed, moment: Moment) -> Step:
    wait = exponential(image.tries, moment.policy.retry_base, moment.policy.retry_cap, moment.rng)
    return _look_again(image, moment, wait, tries=image.tries + 1)


def result_missing(image: Image, _: f.ResultMissing, moment: Moment) -> Step:
    if image.misses >= MAX_MISSES:
        return _fail(image, Problem(ProblemCode.RESULT_GONE, charged=True), moment)
    wait = exponential(image.misses, moment.policy.retry_base, moment.policy.retry_cap, moment.rng)
    return _look_again(image, moment, wait, misses=image.misses + 1)


def result_rejected(image: Image, fact: f.ResultRejected, moment: Moment) -> Step:
    return _fail(image, fact.problem or Problem(ProblemCode.BAD_RESULT), moment)


# Rules of people and of time


def input_failed(image: Image, _: f.InputFailed, moment: Moment) -> Step:
    return _fail(image, Problem(ProblemCode.INPUT_FAILED), moment)


def cancel_now(image: Image, _: f.CancelRequested, moment: Moment) -> Step:
    return _finish(image, Status.CANCELED, moment)


def wish_to_cancel(image: Image, _: f.CancelRequested, moment: Moment) -> Step:
    if image.cancel_requested_at is not None:
        return Step(image)
    return Step(replace(image, cancel_requested_at=moment.now), (EventKind.IMAGE_CHANGED,))


def retry(image: Image, _: f.RetryRequested, moment: Moment) -> Step:
    if image.kind is Kind.UPLOAD or image.renditions:
        return Step(image)
    fresh = {"finished_at": None, "error": None, "cancel_requested_at": None, "trashed_at": None, "dispatched_at": None}
    deadline = moment.policy.pending_deadline
    return _enter(image, Status.PENDING, moment, 0.0, deadline, metadata=_lasting(image), **fresh)


def look_now(image: Image, _: f.RefreshRequested, moment: Moment) -> Step:
    return _look_again(image, moment, 0.0)


def expire(image: Image, _: f.DeadlinePassed, moment: Moment) -> Step:
    code, charged = _EXPIRY[image.status]
    return _fail(image, Problem(code, charged=charged and image.kind is Kind.GENERATION), moment)


_EXPIRY: Mapping[Status, tuple[ProblemCode, bool]] = {
    Status.PENDING: (ProblemCode.EXPIRED, False),
    Status.UNKNOWN: (ProblemCode.MAY_HAVE_BEEN_CHARGED, True),
    Status.PROCESSING: (ProblemCode.TIMED_OUT, True),
    Status.SAVING: (ProblemCode.SAVE_TIMED_OUT, True),
}
