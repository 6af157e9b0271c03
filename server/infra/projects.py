"""Rows of `project` in PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from server.core.account import Project
from server.infra.sql import Row, Sql


class PostgresProjects:
    """See `server.core.stores.Projects`."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def add(self, project: Project) -> None:
        """Insert a new row."""
        await self._sql.run(
            "INSERT INTO project (id, workspace, name, version, created_at, updated_at) "
            "VALUES (:id, :workspace, :name, :version, :created_at, :updated_at)",
            id=project.id,
            workspace=project.workspace,
            name=project.name,
            version=project.version,
            created_at=project.created_at,
            updated_at=project.updated_at,
        )

    async def get(self, workspace: UUID, id: UUID, hold: bool = False) -> Project | None:
        """The project if it is that workspace's and not in the trash."""
        row = await self._sql.one(
            "SELECT * FROM project WHERE id = :id AND workspace = :workspace AND trashed_at IS NULL"
            + (" FOR SHARE" if hold else ""),
            id=id,
            workspace=workspace,
        )
        return _project(row) if row else None

    async def hold(self, workspace: UUID, id: UUID) -> Project | None:
        """The project, in the trash or not, with its row locked."""
        row = await self._sql.one(
            "SELECT * FROM project WHERE id = :id AND workspace = :workspace FOR NO KEY UPDATE",
            id=id,
            workspace=workspace,
        )
        return _project(row) if row else None

    async def all(self, workspace: UUID) -> list[Project]:
        """Oldest first."""
        rows = await self._sql.all(
            "SELECT * FROM project WHERE workspace = :workspace AND trashed_at IS NULL ORDER BY created_at, id",
            workspace=workspace,
        )
        return [_project(row) for row in rows]

    async def replace(self, before: Project, after: Project) -> Project | None:
        """Compare-and-set on `version`."""
        row = await self._sql.one(
            "UPDATE project SET name = :name, trashed_at = :trashed_at, updated_at = now(), version = version + 1 "
            "WHERE id = :id AND version = :version RETURNING version, updated_at",
            name=after.name,
            trashed_at=after.trashed_at,
            id=before.id,
            version=before.version,
        )
        return replace(after, version=row["version"], updated_at=row["updated_at"]) if row else None


def _project(row: Row) -> Project:
    return Project(**{name: row[name] for name in Project.__slots__})
