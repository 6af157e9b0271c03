"""Money over HTTP: what was spent, for what, and how much may be."""

from __future__ import annotations

from dataclasses import asdict

from server.api import money_shapes, schemas
from server.api.call import Call
from server.api.images import read_limit
from server.core.account import Workspace
from server.core.errors import ErrorCode, Refusal
from server.core.prices import DECIMALS
from server.usecases import read_ledger as ledger
from server.usecases import read_spending as spending
from server.usecases import set_daily_cap as cap


async def read_spending(call: Call) -> money_shapes.Spending:
    """Sums, the cap and the balance."""
    settings = call.parts.settings
    found = await spending.read_spending(call.parts.database, call.viewer, call.parts.rules.prices, settings.credit_usd)
    return money_shapes.Spending(**asdict(found))


async def read_ledger(call: Call) -> money_shapes.LedgerPage:
    """A page of the ledger."""
    query = call.request.query_params
    before = _cursor(query["cursor"]) if "cursor" in query else None
    page = await ledger.read_ledger(call.parts.database, call.viewer, read_limit(query.get("limit")), before)
    items = [
        money_shapes.LedgerEntry(
            id=entry.id,
            at=entry.at,
            image=entry.image,
            attempt=entry.number,
            model=entry.model,
            resolution=entry.resolution,
            amount_usd=entry.amount_usd,
        )
        for entry in page.items
    ]
    return money_shapes.LedgerPage(items=items, next=str(page.following) if page.following else None)


async def edit_workspace(call: Call) -> schemas.Workspace:
    """Set the cap of a day."""
    asked = await call.body(money_shapes.WorkspaceEdit)
    usd = asked.daily_cap_usd
    home = await cap.set_daily_cap(call.parts.database, call.viewer, None if usd is None else round(usd, DECIMALS))
    return workspace_shape(home)


def workspace_shape(home: Workspace) -> schemas.Workspace:
    """A workspace as its members see it."""
    return schemas.Workspace(id=home.id, name=home.name, role=home.role, daily_cap_usd=home.daily_cap_usd)


def _cursor(cursor: str) -> int:
    """The number to go on below. Raises `Refusal(INVALID_REQUEST)`."""
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 18:
        raise Refusal(ErrorCode.INVALID_REQUEST, "This cursor was not made here.", field="cursor")
    return int(cursor)
