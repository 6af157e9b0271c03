"""A connection inside a transaction, spoken to in SQL with named parameters."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from databases import Database as Pool
from databases.core import Connection
from sqlalchemy import TextClause, text

Row = Mapping[str, Any]


@lru_cache(maxsize=512)
def _prepared(query: str) -> TextClause:
    return text(query)


class Sql:
    """Queries of one transaction. Values are passed by name (`:name`), never pasted into the text."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def all(self, query: str, **values: Any) -> list[Row]:
        """Every row."""
        rows = await self._connection.fetch_all(_prepared(query).bindparams(**values))
        return [row._mapping for row in rows]

    async def one(self, query: str, **values: Any) -> Row | None:
        """The first row, or None."""
        row = await self._connection.fetch_one(_prepared(query).bindparams(**values))
        return row._mapping if row is not None else None

    async def run(self, query: str, **values: Any) -> None:
        """A statement whose rows do not matter."""
        await self._connection.execute(_prepared(query).bindparams(**values))


def to_json(value: Any) -> str | None:
    """JSONB as the driver takes it: text."""
    return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def from_json(value: Any) -> Any:
    """JSONB as the driver gives it: text."""
    return json.loads(value) if isinstance(value, str) else value


__all__ = ["Connection", "Pool", "Row", "Sql", "from_json", "to_json"]
