"""Choose which pending generations go to the provider next."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from server.core.image import Status
from server.core.limits import seconds
from server.core.ports import Database, Unit
from server.core.stores import Wake


async def dispatch_images(database: Database, per_workspace: int, total: int) -> list[Wake]:
    """Reserve the next images and wake a worker for each; none while the provider is paused. Raises `Unavailable`."""

    async def work(unit: Unit) -> list[Wake]:
        pause = await unit.provider.read()
        if pause.until is not None and pause.until > unit.now:
            unit.wake(Wake("dispatch", at=pause.until))
            return []
        # After a refusal one image goes ahead alone; once it is accepted, the others follow.
        wakes = await unit.images.reserve(per_workspace, total, 1 if pause.failures else total)
        for wake in wakes:
            unit.wake(wake)
        return wakes

    return await database.transact(work)


async def release_image(database: Database, id: UUID, wait: float) -> None:
    """Give a reservation back, or confirm that there is none; look at the image again in `wait` seconds at the latest.

    Raises `Unavailable`.
    """

    async def work(unit: Unit) -> None:
        image = await unit.images.load(id)
        if image is not None and image.status is Status.PENDING:
            after = replace(image, dispatched_at=None, wake_at=unit.now + seconds(wait))
            await unit.images.postpone(image, after)
        unit.wake(Wake("dispatch"))

    await database.transact(work)
