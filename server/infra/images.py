"""Rows of `image` in PostgreSQL: reading, adding and the compare-and-set that every change goes through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from server.core.image import Estimate, Image, Kind, Options, Rendition, Scope, Status
from server.core.stores import Lock, Wake
from server.infra import turns
from server.infra.sql import Row, Sql, from_json, to_json

WITH_INPUTS = (
    "image.*, ARRAY(SELECT input FROM image_input WHERE image_input.image = image.id ORDER BY position) AS inputs"
)

# What a change may write, and how the driver is told its type.
_MUTABLE: Mapping[str, str] = {
    "project": "uuid",
    "status": "text",
    "phase_started_at": "timestamptz",
    "finished_at": "timestamptz",
    "wake_at": "timestamptz",
    "deadline_at": "timestamptz",
    "dispatched_at": "timestamptz",
    "name": "text",
    "options": "jsonb",
    "estimate": "jsonb",
    "attempt": "integer",
    "tries": "integer",
    "misses": "integer",
    "task_seen": "boolean",
    "favorite": "boolean",
    "width": "integer",
    "height": "integer",
    "sha256": "text",
    "thumbhash": "text",
    "renditions": "jsonb",
    "error": "jsonb",
    "cancel_requested_at": "timestamptz",
    "trashed_at": "timestamptz",
    "moved_at": "timestamptz",
    "metadata": "jsonb",
}
_IMMUTABLE: Mapping[str, str] = {
    "id": "uuid",
    "workspace": "uuid",
    "author": "uuid",
    "kind": "text",
    "version": "integer",
    "created_at": "timestamptz",
    "batch": "uuid",
    "position": "integer",
    "prompt": "text",
    "model": "text",
}
_LOCKS = {None: "", Lock.DELETE: " ORDER BY id FOR KEY SHARE", Lock.CHANGE: " ORDER BY id FOR NO KEY UPDATE"}
_COLUMNS = {**_IMMUTABLE, **_MUTABLE}
_INSERT = (
    f"INSERT INTO image ({', '.join(_COLUMNS)}) "
    f"VALUES ({', '.join(f'CAST(:{name} AS {kind})' for name, kind in _COLUMNS.items())})"
)
_REPLACE = (
    f"UPDATE image SET version = version + 1, {', '.join(f'{n} = CAST(:{n} AS {k})' for n, k in _MUTABLE.items())}, "
    # What has ended keeps no place in front for another time.
    "priority = CASE WHEN CAST(:finished_at AS timestamptz) IS NULL THEN priority ELSE 0 END "
    # A turn taken or a reservation made meanwhile raises no version, and must not be written over.
    "WHERE id = :id AND version = :version AND wake_at IS NOT DISTINCT FROM CAST(:was AS timestamptz) "
    "RETURNING version"
)
_POSTPONE = """
    UPDATE image SET wake_at = :wake_at, deadline_at = :deadline_at, dispatched_at = :dispatched_at,
                     tries = :tries, misses = :misses, task_seen = :task_seen
    WHERE id = :id AND version = :version AND wake_at IS NOT DISTINCT FROM CAST(:was AS timestamptz)
    RETURNING id
"""
_RENEW = """
    UPDATE image SET wake_at = least(now() + make_interval(secs => :duration), deadline_at)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:versions AS integer[]), CAST(:was AS timestamptz[]))
        AS old (id, version, was)
    WHERE image.id = old.id AND image.version = old.version AND image.wake_at = old.was
    RETURNING image.id, image.wake_at
"""
_RESCHEDULE = """
    UPDATE image SET wake_at = new.wake_at, tries = new.tries, misses = new.misses, task_seen = new.seen
    FROM unnest(CAST(:ids AS uuid[]), CAST(:versions AS integer[]), CAST(:was AS timestamptz[]),
                CAST(:wake_at AS timestamptz[]), CAST(:tries AS integer[]), CAST(:misses AS integer[]),
                CAST(:seen AS boolean[])) AS new (id, version, was, wake_at, tries, misses, seen)
    WHERE image.id = new.id AND image.version = new.version AND image.wake_at = new.was
    RETURNING image.id
"""
_IN_SCOPE = f"""
    SELECT {WITH_INPUTS} FROM image WHERE workspace = :workspace AND kind = 'generation' AND trashed_at IS NULL
      AND (CAST(:batch AS uuid) IS NULL OR batch = :batch)
      AND (CAST(:project AS uuid) IS NULL OR project = :project)
"""


class PostgresImages:
    """See `server.core.stores.Images`."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def add(self, images: Sequence[Image]) -> None:
        """Insert new rows with their inputs."""
        for image in images:
            await self._sql.run(_INSERT, **_values(image, _COLUMNS))
            for position, input in enumerate(image.inputs):
                await self._sql.run(
                    "INSERT INTO image_input (image, position, input) VALUES (:image, :position, :input)",
                    image=image.id,
                    position=position,
                    input=input,
                )

    async def load(self, id: UUID) -> Image | None:
        """The image, whoever it belongs to."""
        row = await self._sql.one(f"SELECT {WITH_INPUTS} FROM image WHERE id = :id", id=id)
        return image_of(row) if row else None

    async def in_workspace(self, workspace: UUID, ids: Sequence[UUID], lock: Lock | None = None) -> list[Image]:
        """Those of `ids` that belong to the workspace, locked in the order of their ids."""
        rows = await self._sql.all(
            f"SELECT {WITH_INPUTS} FROM image WHERE workspace = :workspace AND id = ANY(CAST(:ids AS uuid[]))"
            f"{_LOCKS[lock]}",
            workspace=workspace,
            ids=list(ids),
        )
        return [image_of(row) for row in rows]

    async def replace(self, before: Image, after: Image) -> Image | None:
        """Compare-and-set on `version` and `wake_at`."""
        values = _values(after, _MUTABLE)
        row = await self._sql.one(_REPLACE, **values, id=before.id, version=before.version, was=before.wake_at)
        if row is None:
            return None
        return replace(after, version=row["version"])

    async def postpone(self, before: Image, after: Image) -> bool:
        """Write what nobody sees."""
        names = ("wake_at", "deadline_at", "dispatched_at", "tries", "misses", "task_seen")
        values = {name: getattr(after, name) for name in names}
        row = await self._sql.one(_POSTPONE, **values, id=before.id, version=before.version, was=before.wake_at)
        return row is not None

    async def reschedule(self, changes: Sequence[tuple[Image, Image]]) -> set[UUID]:
        """Write when to look at each again."""
        rows = await self._sql.all(
            _RESCHEDULE,
            ids=[before.id for before, _ in changes],
            versions=[before.version for before, _ in changes],
            was=[before.wake_at for before, _ in changes],
            wake_at=[after.wake_at for _, after in changes],
            tries=[after.tries for _, after in changes],
            misses=[after.misses for _, after in changes],
            seen=[after.task_seen for _, after in changes],
        )
        return {row["id"] for row in rows}

    async def page(self, project: UUID, limit: int, after: tuple[datetime, int, UUID] | None) -> list[Image]:
        """Newest first; within one request by position."""
        beyond = ""
        values: dict[str, Any] = {"project": project, "limit": limit}
        if after is not None:
            beyond = (
                "AND (created_at < :created_at OR (created_at = :created_at AND (position, id) > (:position, :after)))"
            )
            values.update(created_at=after[0], position=after[1], after=after[2])
        rows = await self._sql.all(
            f"SELECT {WITH_INPUTS} FROM image WHERE project = :project AND trashed_at IS NULL {beyond} "
            "ORDER BY created_at DESC, position, id LIMIT :limit",
            **values,
        )
        return [image_of(row) for row in rows]

    async def of_project(self, project: UUID) -> list[Image]:
        """In the order of their ids, which is the order in which they are locked."""
        rows = await self._sql.all(
            f"SELECT {WITH_INPUTS} FROM image WHERE project = :project AND trashed_at IS NULL{_LOCKS[Lock.CHANGE]}",
            project=project,
        )
        return [image_of(row) for row in rows]

    async def trashed_with(self, project: UUID, at: datetime) -> list[Image]:
        """In the order of their ids, too."""
        rows = await self._sql.all(
            f"SELECT {WITH_INPUTS} FROM image WHERE project = :project AND trashed_at = :at{_LOCKS[Lock.CHANGE]}",
            project=project,
            at=at,
        )
        return [image_of(row) for row in rows]

    async def claim(self, id: UUID, turn: datetime | None, duration: float) -> Image | None:
        """Take the turn of an image that is due."""
        row = await turns.claim(self._sql, "image", id, turn, duration)
        return await self.load(id) if row else None

    async def renew(self, images: Sequence[Image], duration: float) -> Mapping[UUID, datetime]:
        """Prolong claimed turns."""
        rows = await self._sql.all(
            _RENEW,
            duration=duration,
            ids=[image.id for image in images],
            versions=[image.version for image in images],
            was=[image.wake_at for image in images],
        )
        return {row["id"]: row["wake_at"] for row in rows}

    async def claim_due(self, limit: int, duration: float) -> list[Image]:
        """Take the turns of the images that have been due longest."""
        return [image_of(row) for row in await turns.claim_due(self._sql, "image", WITH_INPUTS, limit, duration)]

    async def claim_overdue(self, grace: float, duration: float, limit: int) -> list[Wake]:
        """Move on what was due `grace` seconds ago."""
        return await turns.claim_overdue(self._sql, "image", grace, duration, limit)

    async def overdue(self, grace: float, limit: int) -> list[Image]:
        """What was due `grace` seconds ago, the longest overdue first."""
        rows = await self._sql.all(
            f"SELECT {WITH_INPUTS} FROM image WHERE wake_at <= now() - make_interval(secs => :grace) "
            "ORDER BY wake_at LIMIT :limit",
            grace=grace,
            limit=limit,
        )
        return [image_of(row) for row in rows]

    async def unfinished(self, workspace: UUID, author: UUID, scope: Scope, limit: int) -> list[Image]:
        """What waits can be canceled for nothing, so it comes first."""
        mine = "AND author = :author AND finished_at IS NULL AND cancel_requested_at IS NULL"
        return await self._in_scope(workspace, scope, limit, mine, "status = 'pending' DESC,", author=author)

    async def failed(self, workspace: UUID, scope: Scope, charged: bool, limit: int) -> list[Image]:
        """Newest first."""
        such = "AND status = 'failed' AND (:charged OR NOT CAST(error->>'charged' AS boolean))"
        return await self._in_scope(workspace, scope, limit, such, charged=charged)

    async def _in_scope(
        self, workspace: UUID, scope: Scope, limit: int, such: str, first: str = "", **values: Any
    ) -> list[Image]:
        query = f"{_IN_SCOPE} {such} ORDER BY {first} created_at DESC, position DESC, id LIMIT :limit"
        meant = {"workspace": workspace, "batch": scope.batch, "project": scope.project, "limit": limit}
        return [image_of(row) for row in await self._sql.all(query, **meant, **values)]

    async def blob_keys(self, ids: Sequence[UUID]) -> Mapping[UUID, frozenset[str] | None]:
        """Where each image's files lie."""
        rows = await self._sql.all(
            "SELECT id, finished_at, "
            "ARRAY(SELECT file ->> 'key' FROM jsonb_path_query(renditions, '$.*') AS file) AS keys "
            "FROM image WHERE id = ANY(CAST(:ids AS uuid[]))",
            ids=list(ids),
        )
        return {row["id"]: frozenset(row["keys"]) if row["finished_at"] else None for row in rows}

    async def waiting_on(self, input: UUID) -> list[Image]:
        """Pending generations that name `input`, in the order of their ids."""
        rows = await self._sql.all(
            f"SELECT {WITH_INPUTS} FROM image WHERE status = 'pending' "
            "AND id IN (SELECT image_input.image FROM image_input WHERE input = :input) ORDER BY id",
            input=input,
        )
        return [image_of(row) for row in rows]

    async def used_as_input(self, id: UUID) -> bool:
        """Whether an unfinished image names this one."""
        row = await self._sql.one(
            "SELECT true AS used FROM image_input JOIN image ON image.id = image_input.image "
            "WHERE image_input.input = :id AND finished_at IS NULL LIMIT 1",
            id=id,
        )
        return row is not None


def image_of(row: Row) -> Image:
    """The value of a row that was read with its inputs."""
    options = from_json(row["options"])
    estimate = from_json(row["estimate"])
    plain = {name: row[name] for name in _COLUMNS if name not in _SHAPED}
    return Image(
        **plain,
        kind=Kind(row["kind"]),
        status=Status(row["status"]),
        options=Options(aspect_ratio=options.get("aspect_ratio"), resolution=options.get("resolution", "1K")),
        estimate=Estimate(**estimate) if estimate else None,
        renditions={name: Rendition(**fields) for name, fields in from_json(row["renditions"]).items()},
        error=from_json(row["error"]),
        metadata=from_json(row["metadata"]),
        inputs=tuple(row["inputs"]),
    )


_SHAPED = frozenset({"kind", "status", "options", "estimate", "renditions", "error", "metadata"})


def _values(image: Image, columns: Mapping[str, str]) -> dict[str, Any]:
    shaped: dict[str, Any] = {
        "kind": str(image.kind),
        "status": str(image.status),
        "options": to_json({"aspect_ratio": image.options.aspect_ratio, "resolution": image.options.resolution}),
        "estimate": to_json(asdict(image.estimate) if image.estimate else None),
        "renditions": to_json({name: rendition.as_json() for name, rendition in image.renditions.items()}),
        "error": to_json(dict(image.error) if image.error else None),
        "metadata": to_json(dict(image.metadata)),
    }
    return {name: shaped[name] if name in shaped else getattr(image, name) for name in columns}
