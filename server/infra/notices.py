"""What people want to be told of, in PostgreSQL, and the outcomes of what they asked for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from server.core.image import Image
from server.core.notices import Choices, NoticeKind
from server.infra.images import WITH_INPUTS, image_of
from server.infra.sql import Sql

_CHOICES = """
    SELECT account.id, kinds,
           ARRAY(SELECT project FROM muted_project WHERE muted_project.account = account.id) AS muted
    FROM account LEFT JOIN notice_choice ON notice_choice.account = account.id
    WHERE account.id = ANY(CAST(:accounts AS uuid[]))
"""
_CHOOSE = """
    INSERT INTO notice_choice (account, kinds) VALUES (:account, :kinds)
    ON CONFLICT (account) DO UPDATE SET kinds = EXCLUDED.kinds
"""
_HEAR = """
    DELETE FROM muted_project USING project
    WHERE muted_project.account = :account AND project.id = muted_project.project AND project.workspace = :workspace
      AND project.trashed_at IS NULL AND NOT project.id = ANY(CAST(:muted AS uuid[]))
"""
_MUTE = """
    INSERT INTO muted_project (account, project) SELECT :account, project.id FROM project
    WHERE project.workspace = :workspace AND project.id = ANY(CAST(:muted AS uuid[]))
    ON CONFLICT DO NOTHING
"""
_OUTCOMES = f"""
    SELECT {WITH_INPUTS} FROM image JOIN project ON project.id = image.project
    WHERE image.author = :account AND image.workspace = :workspace AND image.kind = 'generation'
      AND image.trashed_at IS NULL AND project.trashed_at IS NULL AND image.status IN ('completed', 'failed')
    ORDER BY image.finished_at DESC, image.id LIMIT :limit
"""
_OWNERS = """
    SELECT DISTINCT account FROM membership WHERE role = 'owner' AND workspace IN (
        SELECT workspace FROM image WHERE finished_at IS NULL AND kind = 'generation')
"""


class PostgresNotices:
    """See `server.core.notices.Notices`."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def choices(self, accounts: Collection[UUID]) -> Mapping[UUID, Choices]:
        """By account."""
        rows = await self._sql.all(_CHOICES, accounts=list(accounts))
        return {
            row["id"]: Choices(
                Choices().on if row["kinds"] is None else frozenset(NoticeKind(kind) for kind in row["kinds"]),
                frozenset(row["muted"]),
            )
            for row in rows
        }

    async def choose(self, account: UUID, workspace: UUID, choices: Choices) -> None:
        """Projects in the trash are shown to nobody, so nobody has unmuted them."""
        await self._sql.run(_CHOOSE, account=account, kinds=sorted(choices.on))
        named = {"account": account, "workspace": workspace, "muted": sorted(choices.muted)}
        await self._sql.run(_HEAR, **named)
        await self._sql.run(_MUTE, **named)

    async def outcomes(self, account: UUID, workspace: UUID, limit: int) -> list[Image]:
        """Last ended first."""
        rows = await self._sql.all(_OUTCOMES, account=account, workspace=workspace, limit=limit)
        return [image_of(row) for row in rows]

    async def projects_among(self, workspace: UUID, ids: Collection[UUID]) -> set[UUID]:
        """In the trash or not."""
        rows = await self._sql.all(
            "SELECT id FROM project WHERE workspace = :workspace AND id = ANY(CAST(:ids AS uuid[]))",
            workspace=workspace,
            ids=list(ids),
        )
        return {row["id"] for row in rows}

    async def owners_waiting(self) -> list[UUID]:
        """Everybody once."""
        return [row["account"] for row in await self._sql.all(_OWNERS)]
