"""What was charged, entry by entry."""

from __future__ import annotations

from dataclasses import dataclass

from server.core.account import Viewer
from server.core.money import LedgerEntry
from server.core.ports import Database


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """Entries of the viewer's workspace, newest first; `following` is the number to go on below, if there are more."""

    items: list[LedgerEntry]
    following: int | None


async def read_ledger(database: Database, viewer: Viewer, limit: int, before: int | None = None) -> LedgerPage:
    """At most `limit` entries with a number below `before`. Raises `Unavailable`."""
    found = await database.transact(lambda unit: unit.ledger.page(viewer.workspace, limit + 1, before))
    items = found[:limit]
    return LedgerPage(items, items[-1].id if len(found) > limit else None)
