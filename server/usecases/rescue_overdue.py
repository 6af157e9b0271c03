"""Find what is due and was not woken, and forget what is too old."""

from __future__ import annotations

from server.core.limits import Policy
from server.core.ports import Database, Unit
from server.core.stores import Wake

BATCH = 500
_DAY = 86_400.0


async def rescue_overdue(database: Database, grace: float, policy: Policy) -> list[Wake]:
    """Claim a batch of overdue images and attempts; the wakes carry their turns. Raises `Unavailable`.

    `grace` is how many seconds an ordinary wake-up may be late.
    """

    async def work(unit: Unit) -> list[Wake]:
        images = await unit.images.claim_overdue(grace, policy.turn, BATCH)
        attempts = await unit.attempts.claim_overdue(grace, policy.turn, BATCH)
        return images + attempts

    return await database.transact(work)


async def forget_old(database: Database, event_days: int) -> int:
    """Prune old events and idempotency keys, a bounded batch at a time; how many rows. Raises `Unavailable`."""

    async def work(unit: Unit) -> int:
        return await unit.events.prune(event_days * _DAY) + await unit.idempotency.prune(_DAY)

    return await database.transact(work)
