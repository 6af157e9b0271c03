"""What all workers know of the provider together: one row in PostgreSQL, so that Redis may be flushed."""

from __future__ import annotations

from datetime import datetime

from server.core.facts import Halt
from server.core.pause import STOPS, Pause
from server.infra.sql import Row, Sql

# A reason that needs somebody to act gives way to no other, so long as the balance has not told well.
_PAUSE = """
    UPDATE provider_state AS new SET
        failures = new.failures + CASE WHEN new.stopped OR new.paused_until > now() THEN 0 ELSE 1 END,
        paused_until = greatest(new.paused_until, now() + make_interval(secs => :duration)),
        reason = CASE WHEN new.stopped AND NOT :stops THEN new.reason ELSE :reason END,
        since = CASE WHEN (new.stopped AND NOT :stops) OR new.reason = :reason THEN coalesce(new.since, now())
                     ELSE now() END,
        stopped = new.stopped OR :stops,
        asks = CASE WHEN :stops AND NOT new.stopped THEN 0 ELSE new.asks END,
        refused_credits = CASE WHEN :stops AND NOT new.stopped THEN NULL ELSE new.refused_credits END,
        watch_at = CASE WHEN :stops AND NOT new.stopped THEN now() + make_interval(secs => :ask_in)
                        ELSE new.watch_at END,
        updated_at = now()
    FROM (SELECT reason FROM provider_state FOR UPDATE) AS old
    RETURNING new.reason IS DISTINCT FROM old.reason AS news
"""
# Written only where there was something to clear, so that a good day costs no row lock.
_CLEAR = """
    UPDATE provider_state SET failures = 0, reason = NULL, since = NULL, paused_until = NULL, updated_at = now()
    WHERE (failures > 0 OR reason IS NOT NULL) AND NOT stopped AND coalesce(paused_until <= now(), true) RETURNING id
"""
# Whoever lifts the hold by hand has acted, or believes so: what waited for that is looked into at once.
_HOLD = """
    UPDATE provider_state AS new SET
        held = :held,
        asks = CASE WHEN :held THEN new.asks ELSE 0 END,
        watch_at = CASE WHEN new.stopped AND NOT :held THEN now() ELSE new.watch_at END,
        paused_until = CASE WHEN new.stopped AND NOT :held THEN now() ELSE new.paused_until END,
        updated_at = now()
    FROM (SELECT held FROM provider_state FOR UPDATE) AS old
    RETURNING old.held <> new.held AS changed
"""
READING_IS_DUE = """
    coalesce(watch_at <= now(), true) AND (stopped OR EXISTS (
        SELECT FROM ledger WHERE id > coalesce((SELECT ledger_id FROM balance ORDER BY id DESC LIMIT 1), 0))
        AND EXISTS (SELECT FROM image WHERE dispatched_at IS NOT NULL))
"""
"""A condition on `provider_state`: submits are stopped, or the ledger has grown since the balance was last read and the
provider is at work. Where nothing is under way, nothing is asked: the next picture's reading makes up for it.
"""

_CLAIM = f"""
    UPDATE provider_state SET watch_at = now() + make_interval(secs => :duration)
    WHERE {READING_IS_DUE} RETURNING watch_at
"""
_NOTE = """
    UPDATE provider_state SET
        credits = coalesce(CAST(:credits AS double precision), credits),
        credits_at = CASE WHEN CAST(:credits AS double precision) IS NULL THEN credits_at ELSE now() END,
        refused_credits = CASE WHEN stopped THEN coalesce(refused_credits, CAST(:credits AS double precision)) END,
        asks = CASE WHEN stopped THEN asks + 1 ELSE 0 END,
        watch_at = now() + make_interval(secs => :wait),
        updated_at = now()
"""


class PostgresProviderState:
    """See `server.core.pause.ProviderState`."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def read(self) -> Pause:
        """The present pause."""
        row = await self._sql.one("SELECT * FROM provider_state")
        assert row is not None
        return _pause(row)

    async def pause(self, reason: Halt, duration: float, ask_in: float = 0.0) -> bool:
        """The longest pause wins; several refusals of one pause are one failure."""
        row = await self._sql.one(_PAUSE, reason=str(reason), stops=reason in STOPS, duration=duration, ask_in=ask_in)
        assert row is not None
        return bool(row["news"])

    async def clear(self) -> bool:
        """A pause that is still on stands: what was accepted had been sent before it."""
        return await self._sql.one(_CLEAR) is not None

    async def hold(self, held: bool) -> bool:
        """The operator's own pause, or its end."""
        row = await self._sql.one(_HOLD, held=held)
        assert row is not None
        return bool(row["changed"])

    async def expect_another_key(self) -> None:
        """Whoever has just started may have been given one that is not refused."""
        await self._sql.run(
            "UPDATE provider_state SET watch_at = now() WHERE stopped AND reason = :reason", reason=str(Halt.BAD_KEY)
        )

    async def claim_reading(self, duration: float) -> datetime | None:
        """One statement, so that of two at once only one asks."""
        row = await self._sql.one(_CLAIM, duration=duration)
        return row["watch_at"] if row else None

    async def at_turn(self, turn: datetime) -> Pause | None:
        """The row, locked, while its `watch_at` is the turn."""
        row = await self._sql.one("SELECT * FROM provider_state WHERE watch_at = :turn FOR UPDATE", turn=turn)
        return _pause(row) if row else None

    async def note_answer(self, credits: float | None, wait: float) -> None:
        """Keep the balance, and when to ask again."""
        await self._sql.run(_NOTE, credits=credits, wait=wait)

    async def go_ahead(self) -> None:
        """Whoever goes ahead may do so now, however long the pause was to be."""
        await self._sql.run(
            "UPDATE provider_state SET stopped = false, asks = 0, refused_credits = NULL, paused_until = now(), "
            "updated_at = now() WHERE stopped"
        )


def _pause(row: Row) -> Pause:
    return Pause(
        until=row["paused_until"],
        reason=Halt(row["reason"]) if row["reason"] else None,
        failures=row["failures"],
        held=row["held"],
        stopped=row["stopped"],
        asks=row["asks"],
        refused_credits=row["refused_credits"],
        credits=row["credits"],
        credits_at=row["credits_at"],
        since=row["since"],
    )
