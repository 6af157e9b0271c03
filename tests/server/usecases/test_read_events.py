"""A stretch of a stream is whole, whatever was pruned and whatever commits meanwhile."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar
from uuid import UUID, uuid4

import pytest

from server.core.events import Position
from server.core.ports import Unit
from server.infra.database import PostgresDatabase
from server.usecases.read_events import Wanted, read_events, read_stretches, read_tops
from tests.server.live.people import commit, new_person, sql

T = TypeVar("T")


async def read(
    database: PostgresDatabase, since: int | None, limit: int = 1_000, tail: int = 0
) -> tuple[int, list[int]]:
    workspace = await database.transact(_workspace)
    stretch = await read_events(database, workspace, since, limit, tail)
    assert stretch is not None
    numbers = [event.seq for event in stretch.events]
    assert numbers == list(range(stretch.since + 1, stretch.top.seq + 1))
    return stretch.top.seq, numbers


async def _workspace(unit: Unit) -> UUID:
    account = await unit.accounts.by_email("ada@atelier.example")
    assert account is not None
    home = await unit.accounts.home(account)
    assert home is not None
    return home.id


@pytest.fixture
async def top(database: PostgresDatabase) -> int:
    person = await new_person(database)
    return (await commit(database, person.workspace, 10))[-1].seq


async def test_events_above_a_number(database: PostgresDatabase, top: int) -> None:
    assert await read(database, top - 3) == (top, [top - 2, top - 1, top])
    assert await read(database, top) == (top, [])
    assert await read(database, top + 5) == (top, [])


async def test_a_tail_at_least(database: PostgresDatabase, top: int) -> None:
    assert await read(database, None, tail=2) == (top, [top - 1, top])
    assert await read(database, top, tail=2) == (top, [top - 1, top])
    assert await read(database, top - 3, tail=2) == (top, [top - 2, top - 1, top])
    assert len((await read(database, None, tail=10_000))[1]) == top


async def test_the_newest_where_there_are_too_many(database: PostgresDatabase, top: int) -> None:
    assert await read(database, 0, limit=2) == (top, [top - 1, top])


async def test_pruned_events_shorten_it(database: PostgresDatabase, database_url: str, top: int) -> None:
    await sql(database_url, "DELETE FROM event WHERE seq <= $1", top - 2)
    assert await read(database, 0) == (top, [top - 1, top])
    await sql(database_url, "DELETE FROM event")
    assert await read(database, 0) == (top, [])


async def test_what_commits_between_the_two_queries_is_left_out(database: PostgresDatabase) -> None:
    person = await new_person(database)
    before = (await commit(database, person.workspace))[-1].seq

    stretch = await read_events(Interrupted(database, person.workspace), person.workspace, before - 1, 1_000)
    assert stretch is not None
    assert (stretch.top.seq, [event.seq for event in stretch.events]) == (before, [before])


class Interrupted:
    """Somebody else commits as soon as the top was read."""

    def __init__(self, database: PostgresDatabase, workspace: UUID) -> None:
        self._database = database
        self._workspace = workspace

    async def transact(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        async def watched(unit: Unit) -> T:
            read_tops = unit.events.positions

            async def then_commit(workspaces: Sequence[UUID]) -> Mapping[UUID, Position]:
                positions = await read_tops(workspaces)
                await commit(self._database, self._workspace, 3)
                return positions

            unit.events.positions = then_commit  # type: ignore[method-assign]
            return await work(unit)

        return await self._database.transact(watched)


async def test_several_stretches_at_once(database: PostgresDatabase, top: int) -> None:
    here = await database.transact(_workspace)
    there = await new_person(database, "bob@atelier.example")
    last = (await commit(database, there.workspace, 3))[-1].seq
    wanted = [Wanted(there.workspace, last - 1), Wanted(uuid4(), 0), Wanted(here, top), Wanted(here, None, 2)]
    one, none, nothing, tail = await read_stretches(database, wanted, 1_000)
    assert one is not None
    assert (one.top.seq, [event.seq for event in one.events]) == (last, [last])
    assert none is None
    assert nothing is not None
    assert (nothing.since, nothing.events) == (top, [])
    assert tail is not None
    assert [event.seq for event in tail.events] == [top - 1, top]


async def test_no_such_stream(database: PostgresDatabase, top: int) -> None:
    assert await read_events(database, uuid4(), 0, 1_000) is None
    assert await read_tops(database, [uuid4()]) == {}
