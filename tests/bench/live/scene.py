"""Who looks at what: workspaces with their members and their sessions, written to PostgreSQL in bulk."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

import asyncpg

from server.infra.database import PostgresDatabase
from server.usecases.read_events import read_tops
from server.usecases.sign_in import hash_token
from tests.bench.live.events import FIRST

TABS_OF_ONE = 5
"""Tabs of one person: the product takes 50 on one server."""


@dataclass(frozen=True)
class Seat:
    """A tab's place: the number of its room, and the secret of its session."""

    room: int
    token: str


@dataclass(frozen=True)
class Scene:
    """Rooms with the epoch and the last number of each, and the tabs that will sit in them."""

    rooms: Sequence[UUID]
    epochs: Mapping[UUID, str]
    seats: Sequence[Seat]
    tops: list[int]


@dataclass(frozen=True)
class _Person:
    account: UUID
    session: UUID
    token: str
    room: UUID


async def seat(database_url: str, rooms: int, tabs: int) -> Scene:
    """So many tabs spread evenly over so many rooms. Each workspace is shared by as many people as its tabs need."""
    workspaces = [uuid4() for _ in range(rooms)]
    people: list[_Person] = []
    seats: list[Seat] = []
    for number, workspace in enumerate(workspaces):
        mine = tabs // rooms + (number < tabs % rooms)
        for tab in range(mine):
            if tab % TABS_OF_ONE == 0:
                people.append(_Person(uuid4(), uuid4(), secrets.token_urlsafe(32), workspace))
            seats.append(Seat(number, people[-1].token))
    connection = await asyncpg.connect(database_url)
    try:
        async with connection.transaction():
            await _write(connection, workspaces, people)
        await connection.execute("ANALYZE")
    finally:
        await connection.close()
    return Scene(workspaces, await _epochs(database_url, workspaces), seats, [FIRST] * rooms)


async def _epochs(database_url: str, workspaces: Sequence[UUID]) -> Mapping[UUID, str]:
    database = PostgresDatabase(database_url, pool=1)
    await database.connect()
    try:
        tops = await read_tops(database, workspaces)
    finally:
        await database.disconnect()
    return {workspace: tops[workspace].epoch for workspace in workspaces}


async def _write(
    connection: asyncpg.Connection[asyncpg.Record], workspaces: Sequence[UUID], people: Sequence[_Person]
) -> None:
    accounts = [person.account for person in people]
    await connection.execute("INSERT INTO workspace (id, name) SELECT unnest($1::uuid[]), 'bench'", workspaces)
    await connection.execute(
        "INSERT INTO stream (workspace, seq) SELECT unnest($1::uuid[]), $2::bigint", workspaces, FIRST
    )
    await connection.execute(
        "INSERT INTO account (id, email) SELECT id, id || '@example.org' FROM unnest($1::uuid[]) AS new (id)", accounts
    )
    await connection.execute(
        "INSERT INTO membership (account, workspace, role) SELECT *, 'viewer' FROM unnest($1::uuid[], $2::uuid[])",
        *(accounts, [person.room for person in people]),
    )
    await connection.execute(
        "INSERT INTO session (id, token_hash, account, expires_at) "
        "SELECT *, now() + interval '1 day' FROM unnest($1::uuid[], $2::bytea[], $3::uuid[])",
        *([person.session for person in people], [hash_token(person.token) for person in people], accounts),
    )


async def record_tops(database_url: str, scene: Scene) -> None:
    """What was published without being committed counts as committed from now on: a check must not find it missing."""
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(
            "UPDATE stream SET seq = new.seq FROM unnest($1::uuid[], $2::bigint[]) AS new (workspace, seq) "
            "WHERE stream.workspace = new.workspace",
            *(scene.rooms, scene.tops),
        )
    finally:
        await connection.close()
