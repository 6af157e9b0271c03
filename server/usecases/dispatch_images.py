"""Choose which pending generations go to the provider next."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from server.core.image import Status
from server.core.limits import Rate, submit_rate
from server.core.ports import Database, Unit
from server.core.stores import Wake


async def dispatch_images(database: Database, per_workspace: int, total: int, rate: float = 0.0) -> list[Wake]:
    """Reserve the next images and wake a worker for each; none while the provider is paused. Raises `Unavailable`.

    `rate` is how many may be reserved a second, by all who dispatch together; 0 is no limit.
    """

    async def work(unit: Unit) -> list[Wake]:
        await unit.queue.hold()
        pause = await unit.provider.read()
        if pause.bars(unit.now):
            if pause.until is not None and pause.until > unit.now:
                unit.wake(Wake("dispatch", at=pause.until))
            return []
        # After a refusal one image goes ahead alone; once it is accepted, the others follow.
        most = max(0, 1 - await unit.queue.unanswered()) if pause.failures else total
        if rate:
            wakes = await _reserve_in_time(unit, per_workspace, total, most, submit_rate(rate))
        else:
            wakes = await unit.queue.reserve(per_workspace, total, most)
        for wake in wakes:
            unit.wake(wake)
            unit.stir_queue()
        return wakes

    return await database.transact(work)


async def _reserve_in_time(unit: Unit, per_workspace: int, total: int, most: int, rate: Rate) -> list[Wake]:
    """No more than the rate allows by now; for what it holds back, dispatch is woken when the next may go."""
    pace = await unit.queue.pace(rate)
    allowed = pace.remaining + 1 if pace.allowed else 0
    wakes = await unit.queue.reserve(per_workspace, total, min(most, allowed))
    if wakes:
        pace = await unit.queue.count(rate, len(wakes))
    if len(wakes) == allowed:
        at = unit.now + timedelta(seconds=pace.retry_after)
        if await unit.queue.claim_reminder(at):
            unit.wake(Wake("dispatch", at=at))
    return wakes


async def release_image(database: Database, id: UUID) -> None:
    """Give a reservation back, or confirm that there is none: the image waits for its next one, until its deadline.

    Raises `Unavailable`.
    """

    async def work(unit: Unit) -> None:
        image = await unit.images.load(id)
        if image is not None and image.status is Status.PENDING:
            after = replace(image, dispatched_at=None, wake_at=image.deadline_at)
            if await unit.images.postpone(image, after) and image.dispatched_at is not None:
                unit.wake(Wake("dispatch"))
                unit.stir_queue()

    await database.transact(work)
