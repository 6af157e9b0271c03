"""The shapes of what costs money: spending, the ledger, the cap. Money is US dollars, days and months are UTC's."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from server.api.schemas import Shape


class Spending(Shape):
    """What the workspace has spent and may spend, and the provider's balance, which all workspaces share."""

    today_usd: float
    month_usd: float
    reserved_usd: float = Field(description="The price of what is unfinished and not in the ledger yet.")
    cap_usd: float | None = Field(description="The most that may be spent a day; null is no cap.")
    credits: float | None = Field(description="The provider's balance as last read, in its credits.")
    credits_at: datetime | None
    drift_usd: float | None = Field(
        description="What the balance fell by more than the ledger says since readings began; null before two of them."
    )


class LedgerEntry(Shape):
    """What one attempt of an image cost, or may have cost."""

    id: int
    at: datetime
    image: UUID
    attempt: int = Field(description="The number of the image's attempt, from 1.")
    model: str
    resolution: str
    amount_usd: float


class LedgerPage(Shape):
    """A page of the ledger, newest first; `next` asks for the following one."""

    items: list[LedgerEntry]
    next: str | None


class WorkspaceEdit(Shape):
    """The most the workspace may spend a day; null takes the cap away."""

    daily_cap_usd: Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)] | None
