"""What all workers know of the provider together: one row in PostgreSQL, so that Redis may be flushed."""

from __future__ import annotations

from server.core.facts import Halt
from server.core.stores import Pause
from server.infra.sql import Sql


class PostgresProviderState:
    """See `server.core.stores.ProviderState`."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def read(self) -> Pause:
        """The present pause."""
        row = await self._sql.one("SELECT * FROM provider_state")
        assert row is not None
        return Pause(row["paused_until"], Halt(row["reason"]) if row["reason"] else None, row["failures"])

    async def pause(self, reason: Halt, duration: float) -> bool:
        """The longest pause wins; several refusals of one pause are one failure."""
        row = await self._sql.one(
            "UPDATE provider_state AS new SET "
            "failures = new.failures + CASE WHEN new.paused_until > now() THEN 0 ELSE 1 END, "
            "reason = :reason, updated_at = now(), "
            "paused_until = greatest(new.paused_until, now() + make_interval(secs => :duration)) "
            "FROM (SELECT reason FROM provider_state FOR UPDATE) AS old RETURNING old.reason AS before",
            reason=str(reason),
            duration=duration,
        )
        assert row is not None
        return bool(row["before"] != str(reason))

    async def clear(self) -> bool:
        """A pause that is still on stands: what was accepted had been sent before it.

        Written only where there was something to clear, so that a good day costs no row lock.
        """
        row = await self._sql.one(
            "UPDATE provider_state SET failures = 0, reason = NULL, paused_until = NULL, updated_at = now() "
            "WHERE (failures > 0 OR reason IS NOT NULL) AND coalesce(paused_until <= now(), true) RETURNING id"
        )
        return row is not None
