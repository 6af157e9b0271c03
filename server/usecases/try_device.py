"""Send a device something now, so that its person sees whether it arrives."""

from __future__ import annotations

from uuid import UUID

from server.core.account import Viewer
from server.core.limits import Policy, seconds
from server.core.notices import NoticeKind
from server.core.ports import Database, Unit
from server.core.pushes import NewPush
from server.core.stores import Wake
from server.usecases.find import find_device


async def try_device(database: Database, viewer: Viewer, id: UUID, policy: Policy) -> None:
    """Twice before it was sent is once. Raises `Refusal(NOT_FOUND)`, `Unavailable`."""

    async def work(unit: Unit) -> None:
        await find_device(unit, viewer, id)
        deadline_at = unit.now + seconds(policy.push_deadline)
        await unit.pushes.plan([NewPush(id, NoticeKind.TEST, unit.now, unit.now, deadline_at)])
        unit.wake(Wake("push"))

    await database.transact(work)
