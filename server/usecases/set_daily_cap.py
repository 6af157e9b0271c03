"""How much a workspace may spend a day."""

from __future__ import annotations

from server.core.account import Role, Viewer, Workspace
from server.core.errors import ErrorCode, Refusal
from server.core.ports import Database, Unit


async def set_daily_cap(database: Database, viewer: Viewer, cap_usd: float | None) -> Workspace:
    """Set the cap in US dollars a UTC day, or take it away; the workspace. What is under way goes on.

    Raises `Refusal(READ_ONLY)` for all but owners, `Unavailable`.
    """
    if viewer.role is not Role.OWNER:
        raise Refusal(ErrorCode.READ_ONLY, "Only an owner of the workspace sets what it may spend.")

    async def work(unit: Unit) -> Workspace:
        await unit.ledger.set_cap(viewer.workspace, cap_usd)
        home = await unit.accounts.home(viewer.account)
        assert home is not None
        return home

    return await database.transact(work)
