"""Take, keep and lose the turn of a row that is due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from server.core import facts as f
from server.core.image import Attempt, Image, Status
from server.core.limits import Policy, seconds
from server.core.ports import Database, Unit
from server.core.stores import Wake
from server.usecases.move_image import Rules, move_image


@dataclass(frozen=True, slots=True)
class Turn:
    """A claimed image with its current attempt, and the database's time of the claim."""

    image: Image
    attempt: Attempt | None
    now: datetime


async def claim_turn(database: Database, id: UUID, turn: datetime | None, policy: Policy) -> Turn | None:
    """Claim the image for `policy.turn` seconds; None where there is nothing to claim. Raises `Unavailable`."""

    async def work(unit: Unit) -> Turn | None:
        image = await unit.images.claim(id, turn, policy.turn)
        if image is None:
            return None
        attempt = await unit.attempts.of(image.id, image.attempt) if image.attempt else None
        return Turn(image, attempt, unit.now)

    return await database.transact(work)


async def claim_due(database: Database, limit: int, policy: Policy) -> list[Turn]:
    """Claim up to `limit` of the images whose time has come, the longest due first. Raises `Unavailable`."""

    async def work(unit: Unit) -> list[Turn]:
        images = await unit.images.claim_due(limit, policy.turn)
        attempts = await unit.attempts.current(images) if images else {}
        return [Turn(image, attempts.get(image.id), unit.now) for image in images]

    return await database.transact(work)


async def give_back(database: Database, image: Image) -> None:
    """Let somebody else take over at once, where the image is still as it was claimed. Raises `Unavailable`."""

    async def work(unit: Unit) -> None:
        held = await unit.images.load(image.id)
        # The turn may have been renewed since, but then the row is as it was in all else.
        if held is not None and held.version == image.version:
            await unit.images.postpone(held, replace(held, wake_at=unit.now))
            unit.wake(Wake("due"))

    await database.transact(work)


async def renew_turns(database: Database, images: Sequence[Image], policy: Policy) -> Mapping[UUID, datetime]:
    """Prolong turns; the new `wake_at` of each that was not lost. Raises `Unavailable`."""
    return await database.transact(lambda unit: unit.images.renew(images, policy.turn))


async def end_overdue(database: Database, id: UUID, rules: Rules) -> Image:
    """Let an image's deadline take effect, if it has passed by the database's clock. Raises `Unavailable`.

    While nothing is dispatched (a pause, no credits), or nothing of its workspace, a pending image does not expire: its
    deadline moves on.
    """

    async def work(unit: Unit) -> Image:
        image = await unit.images.load(id)
        assert image is not None
        if image.deadline_at is None or image.deadline_at > unit.now:
            return image
        if image.status is Status.PENDING and await _is_held_up(unit, image):
            return await _extend(unit, image, rules.policy)
        return await move_image(unit, image, f.DeadlinePassed(image.attempt), rules)

    return await database.transact(work)


async def _is_held_up(unit: Unit, image: Image) -> bool:
    return (await unit.provider.read()).waits or await unit.queue.is_paused(image.workspace)


async def _extend(unit: Unit, image: Image, policy: Policy) -> Image:
    later = unit.now + seconds(policy.pending_deadline)
    after = replace(image, deadline_at=later, wake_at=unit.now + seconds(policy.retry_cap))
    await unit.images.postpone(image, after)
    return after
