"""Take, keep and lose the turn of a row that is due."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from server.core import facts as f
from server.core.image import Attempt, Image, Status
from server.core.limits import Policy, seconds
from server.core.ports import Database, Unit
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


async def renew_turn(database: Database, image: Image, policy: Policy) -> Image | None:
    """Prolong the turn; None where it was lost. Raises `Unavailable`."""
    return await database.transact(lambda unit: unit.images.renew(image, policy.turn))


async def end_overdue(database: Database, id: UUID, rules: Rules) -> Image:
    """Let an image's deadline take effect, if it has passed by the database's clock. Raises `Unavailable`.

    While nothing is dispatched (a pause, no credits) pending images do not expire: their deadline moves on.
    """

    async def work(unit: Unit) -> Image:
        image = await unit.images.load(id)
        assert image is not None
        if image.deadline_at is None or image.deadline_at > unit.now:
            return image
        if image.status is Status.PENDING and (await unit.provider.read()).reason is not None:
            return await _extend(unit, image, rules.policy)
        return await move_image(unit, image, f.DeadlinePassed(image.attempt), rules)

    return await database.transact(work)


async def _extend(unit: Unit, image: Image, policy: Policy) -> Image:
    later = unit.now + seconds(policy.pending_deadline)
    after = replace(image, deadline_at=later, wake_at=unit.now + seconds(policy.retry_cap))
    await unit.images.postpone(image, after)
    return after
