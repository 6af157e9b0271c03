"""Rows of `ledger` and `balance` in PostgreSQL, and the cap of a workspace."""

from __future__ import annotations

from uuid import UUID

from server.core.image import Attempt
from server.core.money import LedgerEntry, Reading, Spent
from server.infra.sql import Sql

# A pending image is yet to be paid for whatever its last attempt cost. All of it in one statement: what is written to
# the ledger meanwhile counts once, neither twice nor not at all.
_SPENT = """
    SELECT spent.*, unpaid.* FROM (
        SELECT coalesce(sum(amount_usd) FILTER (WHERE at >= date_trunc('day', now(), 'UTC')), 0) AS today,
               coalesce(sum(amount_usd), 0) AS month
        FROM ledger WHERE workspace = :workspace AND at >= date_trunc('month', now(), 'UTC')
    ) AS spent LEFT JOIN (
        SELECT model, coalesce(options->>'resolution', '1K') AS resolution, count(*) AS pictures FROM image
        WHERE workspace = :workspace AND kind = 'generation' AND finished_at IS NULL
          AND (status = 'pending' OR NOT EXISTS (
              SELECT FROM attempt JOIN ledger ON ledger.attempt = attempt.id
              WHERE attempt.image = image.id AND attempt.number = image.attempt))
        GROUP BY 1, 2
    ) AS unpaid ON true
"""
_PAGE = """
    SELECT ledger.id, ledger.at, coalesce(attempt.image, ledger.image) AS image, coalesce(number, 1) AS number,
           ledger.model, ledger.resolution, amount_usd
    FROM ledger LEFT JOIN attempt ON attempt.id = ledger.attempt
    WHERE ledger.workspace = :workspace AND ledger.id < coalesce(CAST(:before AS bigint), 9223372036854775807)
    ORDER BY ledger.id DESC LIMIT :limit
"""
# A balance that rose was topped up, so that pair of readings says nothing. A row of the last seconds may have a
# younger number than one that is not committed yet: it is not counted as seen, and another reading follows.
_READ = """
    INSERT INTO balance (credits, ledger_usd, ledger_id, fallen, grown_usd)
    SELECT told.credits, book.usd, coalesce(seen.id, last.ledger_id, 0),
           CASE WHEN last.id IS NULL THEN NULL WHEN told.credits > last.credits THEN coalesce(last.fallen, 0)
                ELSE coalesce(last.fallen, 0) + last.credits - told.credits END,
           CASE WHEN last.id IS NULL THEN NULL WHEN told.credits > last.credits THEN coalesce(last.grown_usd, 0)
                ELSE coalesce(last.grown_usd, 0) + book.usd - last.ledger_usd END
    FROM (SELECT CAST(:credits AS double precision) AS credits) AS told
    CROSS JOIN (SELECT coalesce(sum(amount_usd), 0) AS usd FROM ledger) AS book
    LEFT JOIN (SELECT id FROM ledger WHERE at < now() - interval '5 seconds' ORDER BY id DESC LIMIT 1) AS seen ON true
    LEFT JOIN (SELECT * FROM balance ORDER BY id DESC LIMIT 1) AS last ON true
    RETURNING id
"""
_KEPT_READINGS = 50_000


class PostgresLedger:
    """See `server.core.money.Ledger`."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def charge(self, attempt: Attempt, amount_usd: float) -> None:
        """Write the attempt down, once."""
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

    async def page(self, workspace: UUID, limit: int, before: int | None) -> list[LedgerEntry]:
        """Newest first. A late picture has taken its attempt over, and so its entry."""
        rows = await self._sql.all(_PAGE, workspace=workspace, limit=limit, before=before)
        return [LedgerEntry(**{**row, "amount_usd": float(row["amount_usd"])}) for row in rows]

    async def spent(self, workspace: UUID) -> Spent:
        """One row for each kind of picture that is yet to be paid for, or one row without any."""
        rows = await self._sql.all(_SPENT, workspace=workspace)
        unpaid = {(row["model"], row["resolution"]): row["pictures"] for row in rows if row["pictures"]}
        return Spent(float(rows[0]["today"]), float(rows[0]["month"]), unpaid)

    async def hold_cap(self, workspace: UUID) -> float | None:
        """No lock where there is no cap: then nobody has to wait for anybody."""
        row = await self._sql.one(
            "SELECT daily_cap_usd FROM workspace WHERE id = :id AND daily_cap_usd IS NOT NULL FOR NO KEY UPDATE",
            id=workspace,
        )
        return float(row["daily_cap_usd"]) if row else None

    async def set_cap(self, workspace: UUID, cap_usd: float | None) -> None:
        """Set the cap, or take it away."""
        await self._sql.run(
            "UPDATE workspace SET daily_cap_usd = CAST(:cap AS double precision) WHERE id = :id",
            id=workspace,
            cap=cap_usd,
        )

    async def add_reading(self, credits: float) -> None:
        """Write down a balance, and forget the oldest readings: what has run up stands in the newest."""
        row = await self._sql.one(_READ, credits=credits)
        assert row is not None
        await self._sql.run("DELETE FROM balance WHERE id <= :oldest", oldest=row["id"] - _KEPT_READINGS)

    async def reading(self) -> Reading | None:
        """The newest."""
        row = await self._sql.one("SELECT * FROM balance ORDER BY id DESC LIMIT 1")
        if row is None:
            return None
        grown = None if row["grown_usd"] is None else float(row["grown_usd"])
        return Reading(row["at"], row["credits"], row["fallen"], grown)
