"""What is done with an image whose turn it is: load, decide, act, record. PostgreSQL says what is next."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from uuid import UUID

from jobs.dispatch import dispatch
from jobs.nanobanana.protocol import Record
from jobs.save import ingest, save
from jobs.submit import submit
from jobs.workshop import Workshop
from server.core import facts as f
from server.core.image import Attempt, Image, Kind, Status
from server.core.ports import Unavailable
from server.core.stores import Wake
from server.usecases.claim_turn import Turn, claim_turn, end_overdue, renew_turn
from server.usecases.confirm_candidate import confirm_candidate
from server.usecases.record_fact import record_fact
from server.usecases.settle_attempt import claim_attempt, settle_attempt

LOG = logging.getLogger(__name__)

Step = Callable[[Workshop, Turn], Awaitable[Image | None]]


async def run(shop: Workshop, wake: Wake) -> None:
    """Do what a wake-up asks for, if it is still to be done. Raises `Unavailable`: rescue will come back to it."""
    if wake.what == "dispatch":
        await dispatch(shop.parts)
    elif wake.what == "attempt" and wake.id is not None:
        await settle(shop, wake.id, wake.turn)
    elif wake.what == "image" and wake.id is not None:
        await look_after(shop, wake.id, wake.turn)


async def look_after(shop: Workshop, id: UUID, turn: datetime | None) -> None:
    """Take the image's turn and do its next step; saving follows at once, without another wake-up."""
    while (held := await claim_turn(shop.parts.database, id, turn, shop.parts.rules.policy)) is not None:
        async with keep_turn(shop, held.image):
            after = await _step(held)(shop, held)
        if after is None or after.status is not Status.SAVING or held.image.status is Status.SAVING:
            return
        turn = after.wake_at


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
        fact = await ask(shop, held.attempt, task_id)
    return await record_fact(shop.parts.database, image.id, fact, shop.parts.rules)


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


@asynccontextmanager
async def keep_turn(shop: Workshop, image: Image) -> AsyncIterator[None]:
    """Prolong the turn while the step works; it stops by itself where the image has moved on."""
    renewing = asyncio.create_task(_renew(shop, image))
    try:
        yield
    finally:
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)


async def _renew(shop: Workshop, image: Image) -> None:
    held: Image | None = image
    while held is not None:
        await asyncio.sleep(shop.parts.rules.policy.renewal)
        with suppress(Unavailable):
            held = await renew_turn(shop.parts.database, held, shop.parts.rules.policy)


_STEPS: dict[Status, Step] = {
    Status.PENDING: submit,
    Status.SUBMITTING: poll,
    Status.PROCESSING: poll,
    Status.UNKNOWN: poll,
    Status.SAVING: save,
}
