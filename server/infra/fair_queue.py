"""The fair queue in PostgreSQL: one order, by which dispatch reserves and places are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from server.core.fair_queue import PLACES, QueueState
from server.core.limits import Rate, Verdict, gcra
from server.core.stores import Wake
from server.infra.sql import Row, Sql, from_json

# Any fixed number: whoever holds it is the one who dispatches.
_DISPATCH_LOCK = 7_346_001
_REMINDER = "dispatch"
# Whoever has had so many turns fewer than another goes first whatever is in flight: places are held longest by slow
# pictures, which would keep their workspace back for ever.
_PATIENCE = 4
# Turns that a workspace may be behind and still make up for: a memory without end would let one that was held up for an
# hour go before everybody for the next.
_MEMORY = 8

_WAITS = "status = 'pending' AND kind = 'generation' AND dispatched_at IS NULL"
# An input that has failed holds nothing back: the submit finds out, and says so.
_READY = """
    NOT EXISTS (SELECT FROM image_input JOIN image AS source ON source.id = image_input.input
                WHERE image_input.image = image.id AND source.finished_at IS NULL)
"""
# One that the key was refused for lets the others go before it: should they be accepted, it was not the key.
_BLAMED = """
    image.attempt > 0 AND EXISTS (SELECT FROM attempt AS tried WHERE tried.image = image.id
                                  AND tried.number = image.attempt AND tried.outcome = 'bad_key')
"""
# Workspaces go in turn: first whoever has fewest in flight, of these whoever has had fewest turns since it began to
# wait, of these whoever was served longest ago. (By age alone, all places that come free would go to the few workspaces
# with the oldest batches.) Who comes anew goes once beside those who have had fewest, then beside who has had most.
# Nobody waits for a paused workspace: its places are its own. Windows, and not joins of what was counted: a plan made
# before the table was ever analysed must not go through all rows for each of them.
_LINE = f"""
    flight AS (
        SELECT workspace, count(*) AS flying FROM image WHERE dispatched_at IS NOT NULL GROUP BY workspace
    ), ready AS (
        SELECT image.id, image.workspace, image.created_at, position, paused, served.at AS served_at,
               coalesce(flying, 0) AS flying,
               row_number() OVER (own ORDER BY {_BLAMED}, priority DESC, image.created_at, position, image.id) AS nth,
               CASE WHEN min(phase_started_at) OVER own <= served.at THEN rounds END AS rounds
        FROM image JOIN workspace ON workspace.id = image.workspace
        LEFT JOIN served ON served.workspace = image.workspace LEFT JOIN flight ON flight.workspace = image.workspace
        WHERE {_WAITS} AND {_READY}
        WINDOW own AS (PARTITION BY image.workspace)
    ), compared AS (
        SELECT ready.*, max(rounds) OVER others AS most, min(rounds) OVER others AS fewest
        FROM ready WINDOW others AS (PARTITION BY paused)
    ), counted AS (
        SELECT compared.*, nth + greatest(CASE WHEN rounds IS NULL THEN most - 1 ELSE rounds END, most - {_MEMORY}, 0)
               AS turn, CASE WHEN rounds IS NULL AND flying = 0 AND nth = 1
                             THEN greatest(fewest, most - {_MEMORY}, 0) + 1 END AS first_turn
        FROM compared
    ), line AS (
        SELECT id, workspace, paused, nth, flying, turn, row_number() OVER (
                   PARTITION BY paused
                   ORDER BY least(coalesce(first_turn, turn), most - {_PATIENCE} + 2), flying + nth,
                            coalesce(first_turn, turn), served_at NULLS FIRST, created_at, position, id) AS place
        FROM counted
    )
"""
# A reservation whose wake-up got lost is found again 4 s later: with rescue's round that is under 10 s.
_RESERVE = f"""
    WITH {_LINE}, chosen AS (
        SELECT id, turn, place FROM line WHERE NOT paused AND flying + nth <= :per_workspace
        ORDER BY place LIMIT least(:most, greatest(0, :total - (SELECT coalesce(sum(flying), 0) FROM flight)))
    ), reserved AS (
        UPDATE image SET dispatched_at = now(), wake_at = now() + interval '4 seconds'
        FROM chosen WHERE image.id = chosen.id AND image.status = 'pending'
        RETURNING image.id, image.workspace, wake_at, turn, place
    ), noted AS (
        INSERT INTO served (workspace, rounds, at)
        SELECT workspace, max(turn), now() FROM reserved GROUP BY workspace
        ON CONFLICT (workspace) DO UPDATE SET rounds = excluded.rounds, at = excluded.at
    )
    SELECT id, wake_at FROM reserved ORDER BY place
"""
_READ = f"""
    WITH {_LINE}, wanted AS (
        SELECT id AS workspace, paused FROM workspace WHERE id = ANY(CAST(:workspaces AS uuid[]))
    )
    SELECT workspace, wanted.paused, coalesce(flying, 0) AS in_flight, coalesce(number, 0) AS waiting, places
    FROM wanted LEFT JOIN flight USING (workspace)
    LEFT JOIN (SELECT workspace, count(*) AS number FROM image WHERE {_WAITS} GROUP BY workspace) AS own
        USING (workspace)
    LEFT JOIN (SELECT workspace, json_object_agg(id, CASE WHEN paused THEN nth ELSE place END ORDER BY nth) AS places
               FROM line WHERE nth <= {PLACES} GROUP BY workspace) AS told USING (workspace)
    WHERE wanted.paused OR flying > 0 OR number > 0
"""


class PostgresFairQueue:
    """See `server.core.fair_queue.FairQueue`."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def hold(self) -> None:
        """One advisory lock, until the unit ends."""
        await self._sql.run("SELECT pg_advisory_xact_lock(:lock)", lock=_DISPATCH_LOCK)

    async def reserve(self, per_workspace: int, total: int, most: int = 1_000) -> list[Wake]:
        """Whoever is full costs nothing: where no place is free, no row is looked at."""
        rows = await self._sql.all(_RESERVE, per_workspace=per_workspace, total=total, most=most)
        return [Wake("image", row["id"], turn=row["wake_at"]) for row in rows]

    async def unanswered(self) -> int:
        """How many are reserved or being submitted."""
        row = await self._sql.one(
            "SELECT count(*) AS number FROM image "
            "WHERE dispatched_at IS NOT NULL AND status IN ('pending', 'submitting')"
        )
        assert row is not None
        return int(row["number"])

    async def pace(self, rate: Rate) -> Verdict:
        """In PostgreSQL, so that it holds for all workers whatever becomes of Redis."""
        arrival, now = await self._arrival(rate.name)
        return gcra(rate, arrival, now)[0]

    async def count(self, rate: Rate, number: int) -> Verdict:
        """Count submits; the verdict on the next one."""
        arrival, now = await self._arrival(rate.name)
        following = max(arrival, now) + number * rate.interval
        await self._keep_arrival(rate.name, following)
        return gcra(rate, following, now)[0]

    async def claim_reminder(self, at: datetime) -> bool:
        """One wake is out at a time, or each that comes would send another."""
        due, now = await self._arrival(_REMINDER)
        if due > now:
            return False
        await self._keep_arrival(_REMINDER, at.timestamp())
        return True

    async def read(self, workspaces: Sequence[UUID]) -> Mapping[UUID, QueueState]:
        """How those workspaces stand."""
        rows = await self._sql.all(_READ, workspaces=list(workspaces))
        return {row["workspace"]: _state(row) for row in rows}

    async def move_to_front(self, workspace: UUID, ids: Sequence[UUID]) -> None:
        """The workspace's row is locked, so that of two who order at once one is the later."""
        await self._sql.run("SELECT id FROM workspace WHERE id = :id FOR NO KEY UPDATE", id=workspace)
        await self._sql.run(
            f"UPDATE image SET priority = top + behind FROM "
            "unnest(CAST(:ids AS uuid[]), CAST(:behinds AS integer[])) AS named (id, behind), "
            f"(SELECT max(priority) AS top FROM image WHERE workspace = :workspace AND {_WAITS}) AS present "
            f"WHERE image.id = named.id AND image.workspace = :workspace AND {_WAITS}",
            workspace=workspace,
            ids=list(ids),
            behinds=list(range(len(ids), 0, -1)),
        )

    async def pause(self, workspace: UUID, paused: bool) -> bool:
        """Who resumes joins the line anew: it makes up for nothing."""
        await self.hold()
        row = await self._sql.one(
            "UPDATE workspace SET paused = :paused WHERE id = :id AND paused <> :paused RETURNING id",
            id=workspace,
            paused=paused,
        )
        if row is None:
            return False
        await self._sql.run("DELETE FROM served WHERE workspace = :id", id=workspace)
        await self._sql.run(
            "UPDATE image SET dispatched_at = NULL, wake_at = deadline_at WHERE workspace = :id AND status = 'pending' "
            "AND dispatched_at IS NOT NULL AND :paused",
            id=workspace,
            paused=paused,
        )
        return True

    async def is_paused(self, workspace: UUID) -> bool:
        """Whether the workspace is paused."""
        row = await self._sql.one("SELECT paused FROM workspace WHERE id = :id", id=workspace)
        return bool(row and row["paused"])

    async def _arrival(self, key: str) -> tuple[float, float]:
        """A time that was kept, and the present one, in seconds since 1970."""
        row = await self._sql.one(
            "SELECT CAST(extract(epoch FROM clock_timestamp()) AS double precision) AS now, "
            "coalesce((SELECT arrival FROM rate_limit WHERE key = :key), 0) AS arrival",
            key=key,
        )
        assert row is not None
        return row["arrival"], row["now"]

    async def _keep_arrival(self, key: str, arrival: float) -> None:
        await self._sql.run(
            "INSERT INTO rate_limit (key, arrival) VALUES (:key, :arrival) "
            "ON CONFLICT (key) DO UPDATE SET arrival = excluded.arrival",
            key=key,
            arrival=arrival,
        )


def _state(row: Row) -> QueueState:
    places = {UUID(id): place for id, place in (from_json(row["places"]) or {}).items()}
    return QueueState(row["paused"], row["in_flight"], row["waiting"], places)
