"""Rows of `read_mark` in PostgreSQL, and the pictures beyond them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from server.core.image import Image
from server.infra.images import WITH_INPUTS, image_of
from server.infra.sql import Sql

_RISE = """
    INSERT INTO read_mark (account, project, seen_at) VALUES (:account, :project, :seen_at)
    ON CONFLICT (account, project) DO UPDATE SET seen_at = EXCLUDED.seen_at
    WHERE read_mark.seen_at < EXCLUDED.seen_at
    RETURNING seen_at
"""
_OF = """
    SELECT project, seen_at FROM read_mark JOIN project ON project.id = read_mark.project
    WHERE account = :account AND project.workspace = :workspace
"""
# `greatest` passes over a mark that is not there.
_BEYOND = """
    FROM project
    LEFT JOIN read_mark ON read_mark.project = project.id AND read_mark.account = :account
    JOIN image ON image.project = project.id
     AND image.finished_at > greatest(project.created_at, read_mark.seen_at, image.moved_at)
    WHERE project.workspace = :workspace AND project.trashed_at IS NULL
      AND image.kind = 'generation' AND image.trashed_at IS NULL AND image.status IN ('completed', 'failed')
"""
_UNREAD = f"SELECT {WITH_INPUTS} {_BEYOND} ORDER BY image.finished_at DESC, image.id LIMIT :limit"


class PostgresReadMarks:
    """See `server.core.read_marks.ReadMarks`."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def rise(self, account: UUID, project: UUID, seen_at: datetime) -> bool:
        """In one statement: of two at once the later time stays, whoever comes first."""
        return await self._sql.one(_RISE, account=account, project=project, seen_at=seen_at) is not None

    async def of(self, account: UUID, workspace: UUID) -> Mapping[UUID, datetime]:
        """By project."""
        rows = await self._sql.all(_OF, account=account, workspace=workspace)
        return {row["project"]: row["seen_at"] for row in rows}

    async def unread(self, account: UUID, workspace: UUID, limit: int) -> list[Image]:
        """Last ended first."""
        rows = await self._sql.all(_UNREAD, account=account, workspace=workspace, limit=limit)
        return [image_of(row) for row in rows]

    async def count_unread(self, account: UUID, workspace: UUID) -> int:
        """Of all that is beyond the marks."""
        row = await self._sql.one(f"SELECT count(*) AS number {_BEYOND}", account=account, workspace=workspace)
        return int(row["number"]) if row else 0
