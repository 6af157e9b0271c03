"""The stream in PostgreSQL: numbered in the transaction that changes the rows."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from uuid import UUID

from server.core.events import Change, Event, EventKind, Position
from server.infra.sql import Row, Sql, from_json, to_json

# A restored or failed-over database must not pass for the old one: its identifier or timeline differs.
_EPOCH = """
    epoch,
    (SELECT system_identifier FROM pg_control_system()) AS system,
    (SELECT timeline_id FROM pg_control_checkpoint()) AS timeline
"""


class PostgresEventStore:
    """See `server.core.stores.EventStore`."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def append(self, changes: Sequence[Change]) -> list[Event]:
        """The stream rows are locked in the order of their workspaces, so that two units cannot wait for each other."""
        events: list[Event] = []
        for workspace in sorted({change.workspace for change in changes}):
            mine = [change for change in changes if change.workspace == workspace]
            events += await self._append(workspace, mine)
        return events

    async def _append(self, workspace: UUID, changes: list[Change]) -> list[Event]:
        row = await self._sql.one(
            "UPDATE stream SET seq = seq + :count WHERE workspace = :workspace "
            f"RETURNING seq, clock_timestamp() AS at, {_EPOCH}",
            count=len(changes),
            workspace=workspace,
        )
        assert row is not None, "every workspace has a stream"
        first = row["seq"] - len(changes) + 1
        events = [
            Event(workspace, seq, change.kind, change.data, row["at"], _epoch(row))
            for seq, change in enumerate(changes, first)
        ]
        # In one statement: whoever else changes something in the workspace waits for its end.
        await self._sql.run(
            "INSERT INTO event (workspace, seq, kind, payload, at) "
            "SELECT CAST(:workspace AS uuid), seq, kind, payload, CAST(:at AS timestamptz) FROM unnest("
            "CAST(:seqs AS bigint[]), CAST(:kinds AS text[]), CAST(:payloads AS jsonb[])) AS new (seq, kind, payload)",
            workspace=workspace,
            at=row["at"],
            seqs=[event.seq for event in events],
            kinds=[str(event.kind) for event in events],
            payloads=[to_json(dict(event.data)) for event in events],
        )
        return events

    async def position(self, workspace: UUID) -> Position | None:
        """The top of the stream."""
        return (await self.positions([workspace])).get(workspace)

    async def positions(self, workspaces: Sequence[UUID]) -> Mapping[UUID, Position]:
        """The tops of several streams, in one query."""
        rows = await self._sql.all(
            f"SELECT workspace, seq, {_EPOCH} FROM stream WHERE workspace = ANY(CAST(:workspaces AS uuid[]))",
            workspaces=list(workspaces),
        )
        return {row["workspace"]: Position(_epoch(row), row["seq"]) for row in rows}

    async def after(self, workspace: UUID, seq: int, limit: int) -> list[Event]:
        """Events above `seq`, in order."""
        return (await self.after_each({workspace: seq}, limit))[workspace]

    async def after_each(self, places: Mapping[UUID, int], limit: int) -> Mapping[UUID, list[Event]]:
        """Of each workspace the events above its number, in order and `limit` at most, in one query."""
        events: dict[UUID, list[Event]] = {workspace: [] for workspace in places}
        if not places:
            return events
        rows = await self._sql.all(
            "SELECT found.* FROM unnest(CAST(:workspaces AS uuid[]), CAST(:seqs AS bigint[])) AS place (id, seq) "
            "CROSS JOIN LATERAL (SELECT * FROM event WHERE event.workspace = place.id AND event.seq > place.seq "
            "ORDER BY event.seq LIMIT :limit) AS found ORDER BY found.workspace, found.seq",
            workspaces=list(places),
            seqs=list(places.values()),
            limit=limit,
        )
        for row in rows:
            kind, payload = EventKind(row["kind"]), from_json(row["payload"])
            events[row["workspace"]].append(Event(row["workspace"], row["seq"], kind, payload, row["at"]))
        return events

    async def count_streams(self) -> int:
        """All of them."""
        row = await self._sql.one("SELECT count(*) AS streams FROM stream")
        assert row is not None
        return int(row["streams"])

    async def renew(self) -> int:
        """In the order in which `append` locks them."""
        rows = await self._sql.all(
            "UPDATE stream SET epoch = gen_random_uuid() "
            "FROM (SELECT workspace FROM stream ORDER BY workspace FOR UPDATE) AS locked "
            "WHERE stream.workspace = locked.workspace RETURNING stream.workspace"
        )
        return len(rows)

    async def scrub(self, workspaces: Sequence[UUID], entities: Sequence[UUID]) -> None:
        """Keep id and version alone."""
        await self._sql.run(
            "UPDATE event SET payload = jsonb_build_object('id', payload -> 'id', 'version', payload -> 'version'), "
            "kind = split_part(kind, '.', 1) || '.removed' "
            "WHERE workspace = ANY(CAST(:workspaces AS uuid[])) AND payload ->> 'id' = ANY(CAST(:entities AS text[]))",
            workspaces=list(workspaces),
            entities=[str(entity) for entity in entities],
        )

    async def prune(self, older_than: float, limit: int) -> int:
        """By the index on time."""
        rows = await self._sql.all(
            "DELETE FROM event WHERE ctid IN (SELECT ctid FROM event "
            "WHERE at < now() - make_interval(secs => :older_than) ORDER BY at LIMIT :limit) RETURNING seq",
            older_than=older_than,
            limit=limit,
        )
        return len(rows)


def _epoch(row: Row) -> str:
    facts = f"{row['epoch']}:{row['system']}:{row['timeline']}"
    return hashlib.sha256(facts.encode()).hexdigest()[:16]
