"""Rows of `attempt` and `ledger` in PostgreSQL."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from server.core.image import Attempt, Estimate
from server.core.stores import Wake
from server.infra import turns
from server.infra.sql import Row, Sql

_NOTED = {
    "result_url": "text",
    "submitted_at": "timestamptz",
    "accepted_at": "timestamptz",
    "finished_at": "timestamptz",
    "settled_at": "timestamptz",
    "wake_at": "timestamptz",
    "outcome": "text",
}
_ENOUGH = 5
_LEARNED = """
    SELECT count(seconds) AS known,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS p50,
           percentile_cont(0.9) WITHIN GROUP (ORDER BY seconds) AS p90
    FROM (SELECT extract(epoch FROM finished_at - accepted_at) AS seconds FROM attempt
          WHERE model = :model AND resolution = :resolution AND outcome = 'generated'
          ORDER BY finished_at DESC LIMIT 100) AS recent
"""


class PostgresAttempts:
    """See `server.core.stores.Attempts`."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def open(self, attempt: Attempt, nonce_hash: bytes) -> bool:
        """Insert; False where this number of this image exists already."""
        row = await self._sql.one(
            "INSERT INTO attempt (id, image, workspace, number, nonce_hash, model, resolution, submitted_at) "
            "VALUES (:id, :image, :workspace, :number, :nonce_hash, :model, :resolution, now()) "
            "ON CONFLICT (image, number) DO NOTHING RETURNING id",
            id=attempt.id,
            image=attempt.image,
            workspace=attempt.workspace,
            number=attempt.number,
            nonce_hash=nonce_hash,
            model=attempt.model,
            resolution=attempt.resolution,
        )
        return row is not None

    async def of(self, image: UUID, number: int) -> Attempt | None:
        """That attempt of the image."""
        row = await self._sql.one(
            "SELECT * FROM attempt WHERE image = :image AND number = :number", image=image, number=number
        )
        return _attempt(row) if row else None

    async def by_nonce(self, nonce_hash: bytes) -> Attempt | None:
        """The attempt a callback's path speaks of."""
        row = await self._sql.one("SELECT * FROM attempt WHERE nonce_hash = :hash", hash=nonce_hash)
        return _attempt(row) if row else None

    async def hold(self, id: UUID) -> Attempt | None:
        """The attempt, with its row locked."""
        row = await self._sql.one("SELECT * FROM attempt WHERE id = :id FOR UPDATE", id=id)
        return _attempt(row) if row else None

    async def has_nonce(self, id: UUID, nonce_hash: bytes) -> bool:
        """Whether that is the attempt's own nonce."""
        row = await self._sql.one("SELECT nonce_hash FROM attempt WHERE id = :id", id=id)
        return row is not None and bool(row["nonce_hash"] == nonce_hash)

    async def keep_task(self, id: UUID, task_id: str) -> bool:
        """Write the submit's own task id."""
        row = await self._sql.one(
            "UPDATE attempt SET task_id = :task, accepted_at = coalesce(accepted_at, now()) "
            "WHERE id = :id AND (task_id IS NULL OR task_id = :task) RETURNING id",
            id=id,
            task=task_id,
        )
        return row is not None

    async def keep_candidate(self, id: UUID, task_id: str | None) -> None:
        """Write, or forget, the task id that a callback brought."""
        await self._sql.run("UPDATE attempt SET candidate_task_id = :task WHERE id = :id", id=id, task=task_id)

    async def note(self, id: UUID, **fields: Any) -> None:
        """Set some of the noted columns."""
        sets = ", ".join(f"{name} = CAST(:{name} AS {_NOTED[name]})" for name in fields)
        await self._sql.run(f"UPDATE attempt SET {sets} WHERE id = :id", id=id, **fields)

    async def move(self, id: UUID, image: UUID) -> None:
        """Give the attempt to another image."""
        await self._sql.run("UPDATE attempt SET image = :image, wake_at = NULL WHERE id = :id", id=id, image=image)

    async def claim(self, id: UUID, turn: datetime | None, duration: float) -> Attempt | None:
        """Take the turn of an attempt that is due."""
        if not await turns.claim(self._sql, "attempt", id, turn, duration):
            return None
        row = await self._sql.one("SELECT * FROM attempt WHERE id = :id", id=id)
        return _attempt(row) if row else None

    async def claim_overdue(self, grace: float, duration: float, limit: int) -> list[Wake]:
        """Move on what was due `grace` seconds ago."""
        return await turns.claim_overdue(self._sql, "attempt", grace, duration, limit)

    async def charge(self, attempt: Attempt, amount_usd: float) -> None:
        """Write the attempt to the ledger, once."""
        await self._sql.run(
            "INSERT INTO ledger (workspace, image, attempt, model, resolution, amount_usd) "
            "VALUES (:workspace, :image, :attempt, :model, :resolution, CAST(:amount AS double precision)) "
            "ON CONFLICT (attempt) DO NOTHING",
            workspace=attempt.workspace,
            image=attempt.image,
            attempt=attempt.id,
            model=attempt.model,
            resolution=attempt.resolution,
            amount=amount_usd,
        )

    async def learned(self, model: str, resolution: str) -> Estimate | None:
        """From the last hundred generations; a handful is too few to speak."""
        row = await self._sql.one(_LEARNED, model=model, resolution=resolution)
        if row is None or row["known"] < _ENOUGH:
            return None
        return Estimate(p50=round(max(0.1, float(row["p50"])), 2), p90=round(max(0.2, float(row["p90"])), 2))


def _attempt(row: Row) -> Attempt:
    return Attempt(**{name: row[name] for name in Attempt.__slots__})
