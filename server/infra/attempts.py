"""Rows of `attempt` in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from server.core.facts import Halt
from server.core.image import Attempt, Image
from server.core.poll_times import RECENT, Past
from server.core.stores import Wake
from server.infra import turns
from server.infra.sql import Row, Sql

_NOTED = {
    "result_url": "text",
    "submitted_at": "timestamptz",
    "accepted_at": "timestamptz",
    "called_back_at": "timestamptz",
    "finished_at": "timestamptz",
    "took": "double precision",
    "settled_at": "timestamptz",
    "wake_at": "timestamptz",
    "outcome": "text",
}
_LEARNED = """
    SELECT count(*) AS count, count(*) FILTER (WHERE called_back_at IS NULL) AS silent,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY took) AS p50,
           percentile_cont(0.9) WITHIN GROUP (ORDER BY took) AS p90
    FROM (SELECT took, called_back_at FROM attempt
          WHERE model = :model AND resolution = :resolution AND outcome = 'generated' AND took IS NOT NULL
          ORDER BY finished_at DESC LIMIT :recent) AS last
"""
# However quick a simulator is told to be.
_SHORTEST = 0.1


class PostgresAttempts:
    """See `server.core.stores.Attempts`."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def open(self, attempt: Attempt, nonce_hash: bytes) -> bool:
        """Insert; False where this number of this image exists already."""
        row = await self._sql.one(
            "INSERT INTO attempt "
            "(id, image, workspace, number, nonce_hash, model, resolution, price_usd, submitted_at) "
            "VALUES (:id, :image, :workspace, :number, :nonce_hash, :model, :resolution, "
            "CAST(:price AS double precision), now()) "
            "ON CONFLICT (image, number) DO NOTHING RETURNING id",
            id=attempt.id,
            image=attempt.image,
            workspace=attempt.workspace,
            number=attempt.number,
            nonce_hash=nonce_hash,
            model=attempt.model,
            resolution=attempt.resolution,
            price=attempt.price_usd,
        )
        return row is not None

    async def of(self, image: UUID, number: int) -> Attempt | None:
        """That attempt of the image."""
        row = await self._sql.one(
            "SELECT * FROM attempt WHERE image = :image AND number = :number", image=image, number=number
        )
        return _attempt(row) if row else None

    async def current(self, images: Sequence[Image]) -> Mapping[UUID, Attempt]:
        """The present attempt of each image."""
        rows = await self._sql.all(
            "SELECT attempt.* FROM attempt JOIN unnest(CAST(:images AS uuid[]), CAST(:numbers AS integer[])) "
            "AS wanted (image, number) USING (image, number)",
            images=[image.id for image in images],
            numbers=[image.attempt for image in images],
        )
        return {row["image"]: _attempt(row) for row in rows}

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

    async def key_proved_since(self, image: UUID) -> bool:
        """Whether the image was refused for the key before, and another was accepted since."""
        row = await self._sql.one(
            "SELECT EXISTS (SELECT FROM attempt WHERE accepted_at > "
            "(SELECT max(settled_at) FROM attempt WHERE image = :image AND outcome = :outcome)) AS proved",
            image=image,
            outcome=str(Halt.BAD_KEY),
        )
        return row is not None and bool(row["proved"])

    async def learned(self, model: str, resolution: str) -> Past:
        """Over the last generations."""
        row = await self._sql.one(_LEARNED, model=model, resolution=resolution, recent=RECENT)
        assert row is not None, "an aggregate always gives a row"
        p50 = max(_SHORTEST, row["p50"] or 0.0)
        return Past(row["count"], p50, max(p50, row["p90"] or 0.0), row["silent"])


def _attempt(row: Row) -> Attempt:
    fields = {name: row[name] for name in Attempt.__slots__}
    price = fields.pop("price_usd")
    return Attempt(**fields, price_usd=None if price is None else float(price))
