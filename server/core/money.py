"""What was spent, what is about to be, and how it compares with the provider's own balance. US dollars everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from server.core.image import Attempt


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """What one attempt cost, or may have cost. `number` is the attempt's."""

    id: int
    at: datetime
    image: UUID
    number: int
    model: str
    resolution: str
    amount_usd: float


@dataclass(frozen=True, slots=True)
class Spent:
    """A workspace's ledger in sums. `unpaid` counts, by model and resolution, what is unfinished and not in it yet."""

    today_usd: float
    month_usd: float
    unpaid: Mapping[tuple[str, str], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """The provider's balance at a time, in its credits.

    Between readings, those after a top-up aside, the balance has `fallen` by so many credits and the ledger has grown
    by `grown_usd`; both are None before there are two readings.
    """

    at: datetime
    credits: float
    fallen: float | None = None
    grown_usd: float | None = None

    def drift_usd(self, credit_usd: float) -> float | None:
        """What the balance fell by more than the ledger says, where a credit is worth `credit_usd`."""
        if self.fallen is None or self.grown_usd is None:
            return None
        return round(self.fallen * credit_usd - self.grown_usd, 4)


class Ledger(Protocol):
    """What was spent, what may be spent, and what the provider's balance says of it. Money is US dollars."""

    async def charge(self, attempt: Attempt, amount_usd: float) -> None:
        """Write the attempt down, once however often it is called."""

    async def page(self, workspace: UUID, limit: int, before: int | None) -> list[LedgerEntry]:
        """The workspace's entries with a number below `before`, newest first."""

    async def spent(self, workspace: UUID) -> Spent:
        """Today's and this month's spending, by UTC, and what is yet to be paid for, all of one moment."""

    async def hold_cap(self, workspace: UUID) -> float | None:
        """The workspace's cap a day. Where there is one, nobody else holds or changes it until the unit ends."""

    async def set_cap(self, workspace: UUID, cap_usd: float | None) -> None:
        """Set the cap, or take it away."""

    async def add_reading(self, credits: float) -> None:
        """Write down a balance beside the ledger's total of this moment."""

    async def reading(self) -> Reading | None:
        """The last balance, with what has run up since readings began; None before the first."""
