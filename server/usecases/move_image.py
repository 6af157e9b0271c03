"""Let a fact move an image, within a unit of work: the one way in which a status changes."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

from server.core import facts as f
from server.core.backoff import Rng
from server.core.errors import ErrorCode, Refusal
from server.core.events import Change, EventKind
from server.core.image import AT_PROVIDER, Attempt, Image, Status
from server.core.lifecycle import advance
from server.core.limits import Policy, seconds
from server.core.poll_times import guess_duration
from server.core.ports import Unit
from server.core.prices import Prices
from server.core.projection import public_image
from server.core.stores import Wake
from server.usecases.plan_pushes import plan_pushes

# Rivals are few (a worker, a callback, a person), so a row that keeps moving for longer is a bug.
_RIVALS = 10


@dataclass(frozen=True, slots=True)
class Rules:
    """The durations and the dice that `advance` is handed, and what a picture costs."""

    policy: Policy = field(default_factory=Policy)
    rng: Rng = random.random
    prices: Prices = field(default_factory=Prices)


async def move_image(unit: Unit, image: Image, fact: f.Fact, rules: Rules) -> Image:
    """The image as it stands after `fact`; the same object where the fact changes nothing.

    A row that has moved on meanwhile is read again and advanced again, so no fact is dropped but one that the row
    already holds.
    """
    for _ in range(_RIVALS):
        step = advance(image, fact, unit.now, rules.rng, rules.policy)
        if step.image is image:
            return image
        if not step.events:
            if await unit.images.postpone(image, step.image):
                _wake(unit, step.image)
                _stir(unit, image, step.image)
                return step.image
        elif (after := await unit.images.replace(image, step.image)) is not None:
            await _follow(unit, image, after, fact, rules)
            return after
        fresh = await reload_image(unit, image)
        if isinstance(fact, f.DeadlinePassed) and fresh.deadline_at != image.deadline_at:
            # It was the deadline of the phase that has just ended; the next one has its own.
            return fresh
        image = fresh
    raise AssertionError(f"image {image.id} moved {_RIVALS} times in a row")


async def reload_image(unit: Unit, image: Image) -> Image:
    """The image as a rival has left it. Raises `Refusal(NOT_FOUND)` where it was finished, and has been purged."""
    fresh = await unit.images.load(image.id)
    if fresh is None:
        assert image.finished, "rows are never deleted while they are unfinished"
        raise Refusal(ErrorCode.NOT_FOUND, "There is no such image.")
    return fresh


def tell_image(unit: Unit, image: Image) -> None:
    """The image's event, whole."""
    unit.tell(Change(image.workspace, EventKind.IMAGE_CHANGED, public_image(image)))


async def rewrite_image(unit: Unit, image: Image, after: Image) -> Image | None:
    """Compare-and-set of what is not a status (name, favourite, trash), with its event; None on a miss."""
    written = await unit.images.replace(image, after)
    if written is not None:
        tell_image(unit, written)
    return written


async def _follow(unit: Unit, before: Image, after: Image, fact: f.Fact, rules: Rules) -> None:
    tell_image(unit, after)
    _wake(unit, after)
    _stir(unit, before, after)
    await _note_attempt(unit, before, after, fact, rules)
    left = before.dispatched_at is not None and after.dispatched_at is None
    # Who went ahead alone after a pause, and will not be answered soon, holds the others up no longer.
    if left or (before.status is Status.SUBMITTING and after.status is Status.UNKNOWN):
        unit.wake(Wake("dispatch"))
    if after.finished and not before.finished:
        await plan_pushes(unit, after, rules.policy)
        await _tell_dependents(unit, after, rules)


def _wake(unit: Unit, image: Image) -> None:
    if image.wake_at is None:
        return
    # What is to be done at once is asked for by name; what comes later goes with all else that is due then.
    unit.wake(Wake("due", at=image.wake_at) if image.wake_at > unit.now else Wake("image", image.id))


def _stir(unit: Unit, before: Image, after: Image) -> None:
    """The queue is another one where an image has come into it, gone on in it, or left it."""
    if (before.waits, before.dispatched_at) != (after.waits, after.dispatched_at):
        unit.stir_queue()


async def _tell_dependents(unit: Unit, input: Image, rules: Rules) -> None:
    """What was to be made from this picture can go on now, or never will."""
    waiting = await unit.images.waiting_on(input.id)
    if input.status is Status.COMPLETED:
        if waiting:
            unit.wake(Wake("dispatch"))
            unit.stir_queue()
        return
    for image in waiting:
        await move_image(unit, image, f.InputFailed(), rules)


async def _note_attempt(unit: Unit, before: Image, after: Image, fact: f.Fact, rules: Rules) -> None:
    """Write on the attempt what the fact says of it; it outlives the image."""
    if not before.lives_by(before.attempt):
        return
    attempt = await unit.attempts.of(after.id, after.attempt)
    if attempt is None or attempt.settled_at is not None:
        return
    await note_provider_word(unit, attempt, fact, _duration(unit, before, attempt, rules.policy))
    if before.status in AT_PROVIDER and _may_be_charged(after):
        await charge_attempt(unit, attempt)
    if after.finished or after.status is Status.PENDING:
        await _close_attempt(unit, attempt, after, fact, rules)


def _may_be_charged(image: Image) -> bool:
    """Whether the provider has taken the task, or may have: the ledger is for both."""
    return image.status in (Status.PROCESSING, Status.SAVING) or bool(image.error and image.error["charged"])


def _duration(unit: Unit, before: Image, attempt: Attempt, policy: Policy) -> float | None:
    """How long the generation took if it is done now; None where its beginning was not seen."""
    begun = before.phase_started_at
    seen_late = attempt.submitted_at is None or begun - attempt.submitted_at > seconds(policy.submit_timeout)
    if before.status is not Status.PROCESSING or seen_late:
        return None
    if attempt.called_back_at is not None:
        return max(0.0, (attempt.called_back_at - begun).total_seconds())
    return guess_duration(before.estimate, (unit.now - begun).total_seconds(), policy.poll_cap)


async def note_provider_word(unit: Unit, attempt: Attempt, fact: f.Fact, took: float | None = None) -> None:
    """Keep the task id and the result's address that the fact brings, and the generation's seconds."""
    task_id = getattr(fact, "task_id", "")
    if task_id and attempt.task_id is None:
        await unit.attempts.keep_task(attempt.id, task_id)
    if isinstance(fact, f.Generated):
        known = {"result_url": fact.url, "finished_at": unit.now, "took": took, "outcome": "generated"}
        await unit.attempts.note(attempt.id, **known)


async def charge_attempt(unit: Unit, attempt: Attempt) -> None:
    """Write the attempt to the ledger, once, at the price that held when it was opened."""
    price = attempt.price_usd
    if price is None:
        # It was opened before prices were kept with attempts.
        assert attempt.model is not None and attempt.resolution is not None
        price = Prices().of(attempt.model, attempt.resolution)
    await unit.ledger.charge(attempt, price)


# After these the provider has said its last word, so there is nothing left to ask.
_LAST_WORDS = (f.Rejected, f.GenerationFailed, f.Stored, f.ResultRejected, f.ResultMissing, f.Refused)
_OUTCOMES = {f.Rejected: "rejected", f.GenerationFailed: "failed"}


async def _close_attempt(unit: Unit, attempt: Attempt, image: Image, fact: f.Fact, rules: Rules) -> None:
    """Settle the attempt, or go on asking for it slowly: it may have been paid."""
    if isinstance(fact, _LAST_WORDS) or image.renditions:
        outcome = _outcome(fact) or attempt.outcome or str(image.status)
        await unit.attempts.note(attempt.id, settled_at=unit.now, outcome=outcome)
        return
    known = replace(attempt, task_id=attempt.task_id or getattr(fact, "task_id", "") or None).known_task
    if known:
        await unit.attempts.note(attempt.id, wake_at=unit.now + seconds(rules.policy.unsettled_poll))


def _outcome(fact: f.Fact) -> str | None:
    return str(fact.halt) if isinstance(fact, f.Refused) else _OUTCOMES.get(type(fact))
