"""Somebody with a workspace, a session and a key; and what happens in that workspace."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg

from server.core.account import Project, Viewer
from server.core.events import Change, Event, EventKind
from server.core.ports import Bus, Database, Unit
from server.core.projection import public_project
from server.core.stream_frames import channel, encode_message
from server.usecases import sign_in


@dataclass(frozen=True)
class Person:
    """Signed in, and with an API key."""

    account: UUID
    workspace: UUID
    token: str
    key: str
    by_session: Viewer
    by_key: Viewer


async def new_person(database: Database, email: str = "ada@atelier.example") -> Person:
    account = await sign_in.add_account(database, email)
    link = await sign_in.make_link(database, email)
    assert link is not None
    session = await sign_in.open_session(database, link)
    key = str((await sign_in.add_key(database, account, "test"))["secret"])
    by_session = await sign_in.identify(database, session.token, None)
    by_key = await sign_in.identify(database, None, key)
    assert by_session is not None
    assert by_key is not None
    return Person(account, by_session.workspace, session.token, key, by_session, by_key)


async def commit(database: Database, workspace: UUID, count: int = 1, name: str = "A name, café ☕") -> list[Event]:
    """Change something in the workspace, and tell nobody."""
    now = datetime.now(UTC)
    changes = [
        Change(
            workspace,
            EventKind.PROJECT_CHANGED,
            public_project(Project(uuid4(), workspace, name, 1, now, now)),
        )
        for _ in range(count)
    ]

    async def work(unit: Unit) -> list[Event]:
        return await unit.events.append(changes)

    return await database.transact(work)


async def publish(bus: Bus, events: list[Event]) -> None:
    await bus.publish(channel(events[0].workspace), encode_message(events))


async def change(database: Database, bus: Bus, workspace: UUID, count: int = 1) -> int:
    """Commit and publish; the number of the last event."""
    events = await commit(database, workspace, count)
    await publish(bus, events)
    return events[-1].seq


async def sql(url: str, statement: str, *values: object) -> None:
    """Whatever no use case does."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement, *values)
    finally:
        await connection.close()
