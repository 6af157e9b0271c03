"""The trash in PostgreSQL: rows of `image` with a `trashed_at`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from server.core.image import Image
from server.infra.images import WITH_INPUTS, image_of
from server.infra.sql import Sql

_FREE = """
    trashed_at IS NOT NULL AND finished_at IS NOT NULL
    AND NOT EXISTS (SELECT FROM image_input JOIN image AS made ON made.id = image_input.image
                    WHERE image_input.input = image.id AND made.finished_at IS NULL)
    AND NOT EXISTS (SELECT FROM attempt WHERE attempt.image = image.id AND settled_at IS NULL
                    AND (wake_at IS NOT NULL OR attempt.created_at > now() - make_interval(secs => :window)))
"""
# Two steps, for a condition on other rows is only sure once the row is locked: whoever restores it, or makes something
# from it, has then either finished or finds nothing any more.
_HOLD = """
    SELECT id FROM image WHERE workspace = :workspace AND id = ANY(CAST(:ids AS uuid[])) AND trashed_at IS NOT NULL
    ORDER BY id FOR UPDATE
"""
_HOLD_OLD = f"""
    SELECT id FROM image WHERE trashed_at < now() - make_interval(secs => :age) AND {_FREE}
    ORDER BY trashed_at LIMIT :limit FOR UPDATE SKIP LOCKED
"""
_DELETE = f"DELETE FROM image WHERE id = ANY(CAST(:ids AS uuid[])) AND {_FREE} RETURNING {WITH_INPUTS}"
_DELETE_PROJECTS = """
    DELETE FROM project WHERE id IN (
        SELECT id FROM project WHERE trashed_at < now() - make_interval(secs => :age)
          AND NOT EXISTS (SELECT FROM image WHERE image.project = project.id)
        LIMIT :limit FOR UPDATE SKIP LOCKED)
    AND trashed_at IS NOT NULL
    RETURNING id
"""
_STILL_NAMED = """
    SELECT file ->> 'key' AS key FROM image, jsonb_path_query(renditions, '$.*') AS file
    WHERE (workspace, sha256) IN (
        SELECT * FROM unnest(CAST(:workspaces AS uuid[]), CAST(:hashes AS text[])) AS gone (workspace, sha256))
"""


class PostgresTrash:
    """See `server.core.trash.Trash`."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def page(self, workspace: UUID, limit: int, after: tuple[datetime, int, UUID] | None) -> list[Image]:
        """Last trashed first."""
        beyond = ""
        values: dict[str, Any] = {"workspace": workspace, "limit": limit}
        if after is not None:
            beyond = "AND trashed_at <= :at AND (trashed_at < :at OR (position, id) > (:position, :after))"
            values.update(at=after[0], position=after[1], after=after[2])
        rows = await self._sql.all(
            f"SELECT {WITH_INPUTS} FROM image WHERE workspace = :workspace AND trashed_at IS NOT NULL {beyond} "
            "ORDER BY trashed_at DESC, position, id LIMIT :limit",
            **values,
        )
        return [image_of(row) for row in rows]

    async def remove(self, workspace: UUID, ids: Sequence[UUID], window: float) -> list[Image]:
        """In the order of their ids, which is the order in which they are locked."""
        return await self._delete(await self._sql.all(_HOLD, workspace=workspace, ids=list(ids)), window)

    async def remove_old(self, age: float, limit: int, window: float) -> list[Image]:
        """Without waiting for what somebody holds."""
        return await self._delete(await self._sql.all(_HOLD_OLD, age=age, limit=limit, window=window), window)

    async def _delete(self, held: Sequence[Any], window: float) -> list[Image]:
        rows = await self._sql.all(_DELETE, ids=[row["id"] for row in held], window=window)
        return sorted((image_of(row) for row in rows), key=lambda image: image.id)

    async def remove_projects(self, age: float, limit: int) -> int:
        """A picture that is restored brings its project back first, so it is either seen here or finds it there."""
        return len(await self._sql.all(_DELETE_PROJECTS, age=age, limit=limit))

    async def still_named(self, images: Sequence[Image]) -> set[str]:
        """By the hash of the original, which has an index."""
        stored = [image for image in images if image.sha256]
        rows = await self._sql.all(
            _STILL_NAMED,
            workspaces=[image.workspace for image in stored],
            hashes=[image.sha256 for image in stored],
        )
        return {row["key"] for row in rows}
