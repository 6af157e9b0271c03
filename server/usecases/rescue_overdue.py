"""Find what is due and was not woken, and forget what is too old."""

from __future__ import annotations

from server.core.limits import Policy
from server.core.ports import Database, Unit
from server.core.stores import Wake

EVENTS_AT_ONCE = 5_000
_DAY = 86_400.0


async def rescue_overdue(database: Database, grace: float, policy: Policy, limit: int) -> list[Wake]:
    """Claim up to `limit` images and as many attempts that were due `grace` seconds ago; the wakes carry their turns.

    Raises `Unavailable`.
    """

    async def work(unit: Unit) -> list[Wake]:
        images = await unit.images.claim_overdue(grace, policy.turn, limit)
        attempts = await unit.attempts.claim_overdue(grace, policy.turn, limit)
        return images + attempts

    return await database.transact(work)


async def forget_old(database: Database, event_days: int) -> bool:
    """Prune idempotency keys, archives and pushes that are too old, and the 5,000 oldest of such events.

    True where there may be more of them. Raises `Unavailable`.
    """

    async def work(unit: Unit) -> bool:
        await unit.idempotency.prune(_DAY)
        await unit.archives.prune()
        await unit.pushes.prune(event_days * _DAY)
        await unit.notices.prune(event_days * _DAY)
        return await unit.events.prune(event_days * _DAY, EVENTS_AT_ONCE) == EVENTS_AT_ONCE

    return await database.transact(work)
