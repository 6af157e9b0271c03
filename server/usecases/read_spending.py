"""What a workspace has spent, what it may spend, and what the provider's balance says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from server.core.account import Viewer
from server.core.money import Reading
from server.core.ports import Database, Unit
from server.core.prices import DECIMALS, Prices


@dataclass(frozen=True, slots=True)
class Spending:
    """US dollars, by UTC days and months. `reserved_usd` is for what is unfinished and not in the ledger yet."""

    today_usd: float
    month_usd: float
    reserved_usd: float
    cap_usd: float | None
    credits: float | None
    credits_at: datetime | None
    drift_usd: float | None


async def read_spending(database: Database, viewer: Viewer, prices: Prices, credit_usd: float) -> Spending:
    """The viewer's workspace; `credit_usd` is what one of the provider's credits is worth. Raises `Unavailable`."""

    async def work(unit: Unit) -> Spending:
        spent = await unit.ledger.spent(viewer.workspace)
        pause = await unit.provider.read()
        reading = await unit.ledger.reading()
        home = await unit.accounts.home(viewer.account)
        return Spending(
            today_usd=spent.today_usd,
            month_usd=spent.month_usd,
            reserved_usd=round(prices.total(spent.unpaid), DECIMALS),
            cap_usd=home.daily_cap_usd if home else None,
            credits=pause.credits,
            credits_at=pause.credits_at,
            drift_usd=reading.drift_usd(credit_usd) if reading else None,
        )

    return await database.transact(work)


async def read_reading(database: Database) -> Reading | None:
    """The provider's balance as last read, for the operator. Raises `Unavailable`."""
    return await database.transact(lambda unit: unit.ledger.reading())
