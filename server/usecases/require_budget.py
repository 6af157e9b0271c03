"""Whether a workspace may spend so much more today."""

from __future__ import annotations

from uuid import UUID

from server.core.errors import ErrorCode, Refusal
from server.core.ports import Unit
from server.core.prices import DECIMALS, Prices


async def require_budget(unit: Unit, workspace: UUID, cost_usd: float, prices: Prices) -> None:
    """Within a unit, before what costs `cost_usd` is written. Others who ask for this workspace wait for its end.

    What is under way and not paid for yet counts as spent. Raises `Refusal(DAILY_CAP_REACHED)`.
    """
    cap = await unit.ledger.hold_cap(workspace)
    if cap is None:
        return
    # Read after the lock: those who held it before are in the sums.
    spent = await unit.ledger.spent(workspace)
    committed = round(spent.today_usd + prices.total(spent.unpaid), DECIMALS)
    if round(committed + cost_usd, DECIMALS) > cap:
        raise Refusal(
            ErrorCode.DAILY_CAP_REACHED,
            f"The workspace may spend US$ {cap:g} a day: US$ {committed:g} are spent or on their way, "
            f"and this costs US$ {cost_usd:g}.",
            cap_usd=cap,
            spent_usd=committed,
            cost_usd=round(cost_usd, DECIMALS),
        )
