"""Write when to ask again, for many images at once: most polls teach nothing more than that."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from server.core import facts as f
from server.core.image import Image
from server.core.lifecycle import advance
from server.core.ports import Database, Unit
from server.core.stores import Wake
from server.usecases.move_image import Rules


async def reschedule_polls(database: Database, polls: Sequence[tuple[Image, f.Fact]], rules: Rules) -> set[UUID]:
    """The ids of those that were written.

    Left out, for `record_fact` to take: what a person would see, and rows that have moved on. Raises `Unavailable`.
    """

    async def work(unit: Unit) -> set[UUID]:
        steps = [(image, advance(image, fact, unit.now, rules.rng, rules.policy)) for image, fact in polls]
        quiet = [(image, step.image) for image, step in steps if not step.events and step.image is not image]
        written = await unit.images.reschedule(quiet) if quiet else set()
        for before, after in quiet:
            if before.id in written:
                unit.wake(Wake("due", at=after.wake_at))
        return written

    return await database.transact(work)
