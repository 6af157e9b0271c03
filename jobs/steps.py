"""What is done with an image whose turn it is: load, decide, act, record. PostgreSQL says what is next."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime
from uuid import UUID

from jobs.dispatch import dispatch
from jobs.nanobanana.protocol import Record
from jobs.push import send_due
from jobs.save import ingest, save
from jobs.submit import submit
from jobs.workshop import Workshop
from server.core import facts as f
from server.core.image import Attempt, Image, Kind, Status
from server.core.ports import Unavailable
from server.core.stores import Wake
from server.ending import end
from server.usecases.claim_turn import Turn, claim_due, claim_turn, end_overdue, give_back
from server.usecases.confirm_candidate import confirm_candidate
from server.usecases.record_fact import record_fact
from server.usecases.settle_attempt import claim_attempt, claim_attempts, settle_attempt

LOG = logging.getLogger(__name__)

BATCH = 50
FAST = 2.0
"""Seconds by which a machine's clock may be fast and its wake-ups still be good."""

_TEACHES_LITTLE = (f.Generating, f.TaskMissing, f.PollFailed)

Step = Callable[[Workshop, Turn], Awaitable[Image | None]]


async def run(shop: Workshop, wake: Wake) -> None:
    """Do what a wake-up asks for, if it is still to be done. Raises `Unavailable`: rescue will come back to it."""
    if wake.what == "dispatch":
        await dispatch(shop.parts)
    elif wake.what == "due":
        await look_after_due(shop, wake.at)
    elif wake.what == "push":
        await _sleep_until(shop, wake.at)
        await send_due(shop)
    elif wake.what == "attempt" and wake.id is not None:
        await settle(shop, wake.id, wake.turn)
    elif wake.what == "image" and wake.id is not None:
        await look_after(shop, wake.id, wake.turn)


async def look_after(shop: Workshop, id: UUID, turn: datetime | None) -> None:
    """Take the image's turn and do its next step."""
    held = await claim_turn(shop.parts.database, id, turn, shop.parts.rules.policy)
    if held is not None:
        await work_on(shop, held)


async def look_after_due(shop: Workshop, at: datetime | None) -> None:
    """Take whatever image is due, a batch at a time, as far as hands are free; others come back for the rest."""
    await _sleep_until(shop, at)
    while held := await _claim_batch(shop):
        await asyncio.gather(*(_serve(shop, turn) for turn in held))
    if at is None:
        await _settle_due(shop)


async def _settle_due(shop: Workshop) -> None:
    """Attempts whose image ended without them are not urgent: only rescue's own wake-ups ask for them."""
    policy = shop.parts.rules.policy
    for wake in await claim_attempts(shop.parts.database, BATCH, policy):
        assert wake.id is not None
        await settle(shop, wake.id, wake.turn)


async def _claim_batch(shop: Workshop) -> list[Turn]:
    wanted = min(BATCH, shop.hands.free)
    if wanted <= 0 or shop.parts.leaving.is_set():
        return []
    # Taken before anything is awaited, and given back by `_serve`, one by one.
    shop.hands.free -= wanted
    held: list[Turn] = []
    try:
        held = await claim_due(shop.parts.database, wanted, shop.parts.rules.policy)
    finally:
        shop.hands.free += wanted - len(held)
    return held


async def _sleep_until(shop: Workshop, at: datetime | None) -> None:
    """Wait for the database's clock, should this machine's be a little fast: who looks too early finds nothing."""
    ahead = (at - shop.parts.clock.now()).total_seconds() if at is not None else 0.0
    if 0 < ahead <= FAST:
        await asyncio.sleep(ahead)


async def _serve(shop: Workshop, held: Turn) -> None:
    """One image of many: its trouble is not the others'."""
    try:
        await work_on(shop, held)
    except Unavailable as error:
        LOG.warning("image %s waits: %s", held.image.id, error)
    except Exception:
        LOG.exception("image %s stumbled; it is looked at again", held.image.id)
    finally:
        shop.hands.free += 1


async def work_on(shop: Workshop, held: Turn | None) -> None:
    """Do the image's next step; saving follows at once, without another wake-up."""
    while held is not None:
        with shop.keeper.keep(held.image):
            after = await _step(held)(shop, held)
        if after is None or after.status is not Status.SAVING or held.image.status is Status.SAVING:
            return
        held = await claim_turn(shop.parts.database, after.id, after.wake_at, shop.parts.rules.policy)


def _step(held: Turn) -> Step:
    image = held.image
    if image.deadline_at is not None and image.deadline_at <= held.now:
        return expire
    if image.kind is Kind.UPLOAD:
        return ingest
    return _STEPS[image.status]


async def expire(shop: Workshop, held: Turn) -> Image | None:
    """The deadline has passed."""
    return await end_overdue(shop.parts.database, held.image.id, shop.parts.rules)


async def poll(shop: Workshop, held: Turn) -> Image | None:
    """Ask the provider how far the task is."""
    image = held.image
    task_id = held.attempt.known_task if held.attempt else None
    if held.attempt is None or task_id is None:
        fact: f.Fact = f.TaskMissing(image.attempt)
    else:
        answer = await _unless_leaving(shop, ask(shop, held.attempt, task_id))
        if answer is None:
            await give_back(shop.parts.database, image)
            return None
        fact = answer
    if isinstance(fact, _TEACHES_LITTLE) and await shop.rescheduler.write(shop.keeper.latest(image), fact):
        return None
    return await record_fact(shop.parts.database, image.id, fact, shop.parts.rules)


async def _unless_leaving(shop: Workshop, asking: Coroutine[None, None, f.Fact]) -> f.Fact | None:
    """The answer; None where this process is told to stop before it comes: asking costs nothing, others can."""
    question, leaving = asyncio.create_task(asking), asyncio.create_task(shop.parts.leaving.wait())
    try:
        await asyncio.wait({question, leaving}, return_when=asyncio.FIRST_COMPLETED)
        return question.result() if question.done() else None
    finally:
        leaving.cancel()
        if not question.done():
            await end(question)


async def ask(shop: Workshop, attempt: Attempt, task_id: str) -> f.Fact:
    """What the provider says of the attempt's task. A task that only a callback named must prove to be ours."""
    record: Record = await shop.client.ask(attempt.number, task_id)
    if attempt.task_id is None and not isinstance(record.fact, f.TaskMissing | f.PollFailed):
        ours = await confirm_candidate(shop.parts.database, attempt, record.callback_url)
        if not ours:
            LOG.warning("a callback named a foreign task for attempt %s", attempt.id)
            return f.TaskMissing(attempt.number)
    return record.fact


async def settle(shop: Workshop, id: UUID, turn: datetime | None) -> None:
    """Ask for an attempt whose image ended without it."""
    attempt = await claim_attempt(shop.parts.database, id, turn, shop.parts.rules.policy)
    if attempt is not None:
        task_id = attempt.known_task
        # A candidate may have proved foreign since: then there is nothing to ask for, and that too is recorded.
        fact = await ask(shop, attempt, task_id) if task_id else f.TaskMissing(attempt.number)
        await settle_attempt(shop.parts.database, attempt, fact, shop.parts.rules.policy)


_STEPS: dict[Status, Step] = {
    Status.PENDING: submit,
    Status.SUBMITTING: poll,
    Status.PROCESSING: poll,
    Status.UNKNOWN: poll,
    Status.SAVING: save,
}
