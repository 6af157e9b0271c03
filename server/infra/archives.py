"""Rows of `archive` in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4

from server.core.archive import Archive
from server.infra.sql import Row, Sql


class PostgresArchives:
    """See `server.core.archive.Archives`."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def add(self, workspace: UUID, images: Sequence[UUID], life: float) -> Archive:
        """A new one."""
        row = await self._sql.one(
            "INSERT INTO archive (id, workspace, images, expires_at) "
            "VALUES (:id, :workspace, CAST(:images AS uuid[]), now() + make_interval(secs => :life)) RETURNING *",
            id=uuid4(),
            workspace=workspace,
            images=list(images),
            life=life,
        )
        assert row is not None
        return _archive(row)

    async def load(self, id: UUID) -> Archive | None:
        """The archive, unless its time is over."""
        row = await self._sql.one("SELECT * FROM archive WHERE id = :id AND expires_at > now()", id=id)
        return _archive(row) if row else None

    async def prune(self) -> int:
        """Forget those whose time is over."""
        return len(await self._sql.all("DELETE FROM archive WHERE expires_at <= now() RETURNING id"))


def _archive(row: Row) -> Archive:
    return Archive(row["id"], row["workspace"], tuple(row["images"]), row["expires_at"])
