"""What the old system mended by hand in SQL: images whose wake-up is long overdue, or whose deadline has passed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from server.core.image import Image
from server.core.ports import Database, Unit
from server.core.stores import Wake
from server.usecases.claim_turn import end_overdue
from server.usecases.move_image import Rules

BATCH = 1000
GRACE = 60.0
"""Seconds overdue before an image counts as stuck: rescue looks every few."""


@dataclass(frozen=True, slots=True)
class Stuck:
    """An image that nobody has looked at in time. `ends`: its deadline has passed, so it will be ended."""

    image: Image
    since: datetime
    ends: bool


async def find_stuck(database: Database) -> list[Stuck]:
    """Up to 1,000, the longest overdue first; changes nothing. Raises `Unavailable`."""

    async def work(unit: Unit) -> list[Stuck]:
        images = await unit.images.overdue(GRACE, BATCH)
        return [_stuck(image, unit.now) for image in images]

    return await database.transact(work)


async def repair_stuck(database: Database, stuck: list[Stuck], rules: Rules) -> int:
    """Wake each, or end it by the same rule as rescue would; how many. Harmless twice. Raises `Unavailable`."""
    for one in stuck:
        if one.ends:
            await end_overdue(database, one.image.id, rules)
        else:
            await _wake(database, one.image.id)
    return len(stuck)


async def _wake(database: Database, id: UUID) -> None:
    async def work(unit: Unit) -> None:
        unit.wake(Wake("image", id))

    await database.transact(work)


def _stuck(image: Image, now: datetime) -> Stuck:
    assert image.wake_at is not None and image.deadline_at is not None
    return Stuck(image, image.wake_at, image.deadline_at <= now)
