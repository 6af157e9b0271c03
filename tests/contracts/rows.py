"""Rows for the suites of the stores: a person at home, a project, images."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

from server.core.account import Project
from server.core.image import Attempt, Image, Kind, Status
from server.core.ports import Unit
from server.infra.database import PostgresDatabase
from server.infra.sql import Sql
from tests.studio import eventually

T = TypeVar("T")


@dataclass(frozen=True)
class Home:
    """Somebody's workspace with one project in it."""

    database: PostgresDatabase
    account: UUID
    workspace: UUID
    project: UUID

    async def do(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        """In a unit of its own."""
        return await self.database.transact(work)

    async def sql(self, statement: str, **values: Any) -> list[Any]:
        """What a witness reads, or time that passes."""

        async def run(sql: Sql) -> list[Any]:
            return await sql.all(statement, **values)

        return await self.database.query(run)

    async def image(self, **fields: Any) -> Image:
        """A pending generation, written; due in a minute unless `fields` say otherwise."""
        now = await self.database.time()
        image = Image(
            id=uuid4(),
            workspace=self.workspace,
            project=self.project,
            author=self.account,
            kind=Kind.GENERATION,
            status=Status.PENDING,
            version=1,
            created_at=now,
            phase_started_at=now,
            wake_at=now + timedelta(minutes=1),
            deadline_at=now + timedelta(days=1),
            prompt="a fox",
            model="nano-banana-2",
        )
        image = replace(image, **fields)
        await self.do(lambda unit: unit.images.add([image]))
        return image

    async def attempt(self, image: Image | None = None, nonce: bytes | None = None, **fields: Any) -> Attempt:
        """An attempt, opened."""
        now = await self.database.time()
        image_id = image.id if image else uuid4()
        attempt = Attempt(uuid4(), image_id, self.workspace, 1, now, model="nano-banana-2", resolution="1K")
        attempt = replace(attempt, **fields)
        assert await self.do(lambda unit: unit.attempts.open(attempt, nonce or uuid4().bytes))
        return attempt


async def settle_in(database: PostgresDatabase, email: str = "ada@example.org") -> Home:
    """A new person with a workspace and a project."""
    now = await database.time()

    async def add(unit: Unit) -> Home:
        made = await unit.accounts.add(email, "Ada")
        assert made is not None
        project = Project(uuid4(), made[1], "Atelier", 1, now, now)
        await unit.projects.add(project)
        return Home(database, *made, project.id)

    return await database.transact(add)


async def until_somebody_waits(home: Home) -> None:
    """A transaction waits for another's lock."""
    await eventually(lambda: home.sql("SELECT pid FROM pg_locks WHERE NOT granted"), bool)
