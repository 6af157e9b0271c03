"""Whose turn it is: the claims on rows that are due, for images and attempts alike."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from server.core.stores import Wake
from server.infra.sql import Row, Sql


async def claim(sql: Sql, table: str, id: UUID, turn: datetime | None, duration: float) -> Row | None:
    """Take the turn of a row that is due, or whose `wake_at` is the very `turn` that rescue or dispatch wrote."""
    return await sql.one(
        f"UPDATE {table} SET wake_at = now() + make_interval(secs => :duration) "
        "WHERE id = :id AND (wake_at <= now() OR wake_at = CAST(:turn AS timestamptz)) RETURNING id, wake_at",
        id=id,
        turn=turn,
        duration=duration,
    )


async def claim_due(sql: Sql, table: str, columns: str, limit: int, duration: float) -> list[Row]:
    """Take the turns of what has been due longest; rows that others hold are skipped."""
    return await sql.all(
        f"UPDATE {table} SET wake_at = now() + make_interval(secs => :duration) WHERE id IN ("
        f"SELECT id FROM {table} WHERE wake_at <= now() ORDER BY wake_at LIMIT :limit FOR UPDATE SKIP LOCKED) "
        f"RETURNING {columns}",
        duration=duration,
        limit=limit,
    )


async def claim_overdue(sql: Sql, table: str, grace: float, duration: float, limit: int) -> list[Wake]:
    """Move on what was due `grace` seconds ago; the oldest first, rows that others hold are skipped."""
    rows = await sql.all(
        f"UPDATE {table} SET wake_at = now() + make_interval(secs => :duration) WHERE id IN ("
        f"SELECT id FROM {table} WHERE wake_at <= now() - make_interval(secs => :grace) "
        "ORDER BY wake_at LIMIT :limit FOR UPDATE SKIP LOCKED) RETURNING id, wake_at",
        grace=grace,
        duration=duration,
        limit=limit,
    )
    return [Wake(table, row["id"], turn=row["wake_at"]) for row in rows]
