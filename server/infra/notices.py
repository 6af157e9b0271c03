"""What people want to be told of, in PostgreSQL, and the outcomes of what they asked for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from server.core.image import Image
from server.core.notices import Choices, Ending, NoticeKind, images_of
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
# `greatest` passes over what is not there, and nothing is later than what has not ended.
_ENDINGS = f"""
    SELECT {WITH_INPUTS}, project.name AS project_name,
           project.trashed_at IS NULL AND coalesce(
               image.finished_at > greatest(project.created_at, read_mark.seen_at, image.moved_at), false) AS news,
           EXISTS (SELECT FROM shown WHERE shown.account = image.author
                   AND shown.outcome = image.id || ':' || image.attempt) AS shown
    FROM image JOIN project ON project.id = image.project
    LEFT JOIN read_mark ON read_mark.account = image.author AND read_mark.project = image.project
    WHERE image.id = ANY(CAST(:images AS uuid[])) AND image.author = :account AND image.workspace = :workspace
      AND image.kind = 'generation'
    ORDER BY image.finished_at DESC NULLS LAST, image.id
"""
_KEYS = """
    SELECT id || ':' || attempt AS key FROM image
    WHERE id = ANY(CAST(:images AS uuid[])) AND author = :account AND finished_at IS NOT NULL
"""
# In one order, so that two tabs that tell of the same do not wait for each other.
_SHOWN = f"""
    INSERT INTO shown (account, outcome)
    SELECT :account, key FROM (
        SELECT key FROM ({_KEYS}) AS ended
        UNION SELECT 'credits:' || floor(extract(epoch FROM since) * 1000) FROM provider_state
        WHERE reason = 'out_of_credits' AND since IS NOT NULL
    ) AS mine WHERE key = ANY(CAST(:outcomes AS text[])) ORDER BY key
    ON CONFLICT DO NOTHING
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

    async def endings(self, account: UUID, workspace: UUID, images: Collection[UUID]) -> list[Ending]:
        """Last ended first."""
        rows = await self._sql.all(_ENDINGS, account=account, workspace=workspace, images=list(images))
        return [Ending(image_of(row), row["project_name"], row["news"], row["shown"]) for row in rows]

    async def keys_of(self, account: UUID, images: Collection[UUID]) -> list[str]:
        """Of what has ended."""
        return [row["key"] for row in await self._sql.all(_KEYS, account=account, images=list(images))]

    async def note_shown(self, account: UUID, outcomes: Collection[str]) -> None:
        """Only what there is is kept: nobody fills the table with what they make up."""
        await self._sql.run(_SHOWN, account=account, images=images_of(outcomes), outcomes=list(outcomes))

    async def has_seen(self, account: UUID, outcome: str) -> bool:
        """By the primary key."""
        named = {"account": account, "outcome": outcome}
        row = await self._sql.one("SELECT outcome FROM shown WHERE account = :account AND outcome = :outcome", **named)
        return row is not None

    async def prune(self, older_than: float) -> None:
        """By the index on time."""
        await self._sql.run(
            "DELETE FROM shown WHERE at < now() - make_interval(secs => :older_than)", older_than=older_than
        )

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
