"""Units of work on a real PostgreSQL."""

from __future__ import annotations

import asyncio
from threading import Thread
from uuid import UUID

import asyncpg
import pytest

from server.core.events import Change, Event, EventKind
from server.core.ports import Unavailable, Unit
from server.core.stores import Wake
from server.infra.database import PostgresDatabase


async def new_workspace(database: PostgresDatabase, email: str = "ada@example.org") -> UUID:
    async def add(unit: Unit) -> UUID:
        return (await unit.accounts.add(email, "Ada"))[1]

    return await database.transact(add)


async def test_events_are_announced_after_the_commit_with_their_numbers(database_url: str) -> None:
    told: list[tuple[list[Event], list[Wake]]] = []
    database = PostgresDatabase(database_url, announce=lambda e, w, _: told.append((list(e), list(w))))
    await database.connect()
    workspace = await new_workspace(database)
    told.clear()

    async def change(unit: Unit) -> None:
        unit.tell(Change(workspace, EventKind.PROJECT_CHANGED, {"a": 1}))
        unit.tell(Change(workspace, EventKind.PROJECT_CHANGED, {"a": 2}))
        unit.wake(Wake("dispatch"))
        assert told == []

    await database.transact(change)
    await database.disconnect()
    [(events, wakes)] = told
    assert [event.seq for event in events] == [1, 2]
    assert wakes == [Wake("dispatch")]


async def test_what_a_unit_asks_for_twice_is_announced_once(database_url: str) -> None:
    told: list[tuple[list[Wake], bool]] = []
    database = PostgresDatabase(database_url, announce=lambda _, wakes, stirred: told.append((list(wakes), stirred)))
    await database.connect()

    async def ask(unit: Unit) -> None:
        for _ in range(3):
            unit.wake(Wake("dispatch"))
            unit.wake(Wake("due", at=unit.now))
            unit.stir_queue()

    async def look(unit: Unit) -> None:
        await unit.provider.read()

    await database.transact(ask)
    await database.transact(look)
    await database.disconnect()
    assert [([wake.what for wake in wakes], stirred) for wakes, stirred in told] == [
        (["dispatch", "due"], True),
        ([], False),
    ]


async def test_a_unit_that_raises_leaves_and_announces_nothing(database: PostgresDatabase) -> None:
    workspace = await new_workspace(database)

    async def change_and_fail(unit: Unit) -> None:
        unit.tell(Change(workspace, EventKind.PROJECT_CHANGED, {}))
        await unit.events.append([Change(workspace, EventKind.PROJECT_CHANGED, {})])
        raise LookupError

    with pytest.raises(LookupError):
        await database.transact(change_and_fail)
    position = await database.transact(lambda unit: unit.events.position(workspace))
    assert position is not None
    assert position.seq == 0


async def test_concurrent_units_number_their_events_without_gap_or_repeat(database: PostgresDatabase) -> None:
    workspace = await new_workspace(database)

    async def change(unit: Unit) -> None:
        unit.tell(Change(workspace, EventKind.PROJECT_CHANGED, {}))

    await asyncio.gather(*(database.transact(change) for _ in range(40)))
    events = await database.transact(lambda unit: unit.events.after(workspace, 0, 100))
    assert [event.seq for event in events] == list(range(1, 41))


async def test_a_full_pool_is_refused_within_the_acquire_timeout(database: PostgresDatabase) -> None:
    release = asyncio.Event()
    held = asyncio.Semaphore(0)

    async def hold(_: Unit) -> None:
        held.release()
        await release.wait()

    holders = [asyncio.create_task(database.transact(hold)) for _ in range(5)]
    for _ in holders:
        await held.acquire()
    async with asyncio.timeout(4):
        with pytest.raises(Unavailable):
            await new_workspace(database)
    release.set()
    await asyncio.gather(*holders)
    await new_workspace(database)


async def cut_all_others(rival: asyncpg.Connection[asyncpg.Record]) -> None:
    """End every other connection of this database, and wait until each has gone."""
    await rival.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


async def test_connections_cut_in_the_middle_do_not_leak_from_the_pool(
    database: PostgresDatabase, database_url: str
) -> None:
    rival = await asyncpg.connect(database_url)

    async def be_cut(unit: Unit) -> None:
        await cut_all_others(rival)
        await unit.projects.all(UUID(int=0))

    # One more than the pool holds: a single leaked connection a cut would starve the last.
    for _ in range(6):
        with pytest.raises(Unavailable):
            await database.transact(be_cut)
    await new_workspace(database)
    await rival.close()


async def test_a_connection_cut_while_idle_is_replaced_unseen(database: PostgresDatabase, database_url: str) -> None:
    async def cut() -> None:
        rival = await asyncpg.connect(database_url)
        await cut_all_others(rival)
        await rival.close()

    await new_workspace(database, "first@example.org")
    # In a thread that this loop waits for: the pool cannot have read of the cut when the next one asks it.
    thread = Thread(target=asyncio.run, args=[cut()])
    thread.start()
    thread.join()
    await new_workspace(database, "next@example.org")


async def test_a_deadlock_is_run_again_whole(database: PostgresDatabase) -> None:
    first = await new_workspace(database, "a@example.org")
    second = await new_workspace(database, "b@example.org")
    both_hold_one, one_is_done = asyncio.Barrier(2), asyncio.Event()
    runs = 0

    async def cross(unit: Unit, one: UUID, other: UUID) -> None:
        nonlocal runs
        runs += 1
        again = runs > 2
        if again:
            # Or it might take its first lock back before the other has woken, and lose once more.
            await one_is_done.wait()
        await unit.events.append([Change(one, EventKind.PROJECT_CHANGED, {})])
        if not again:
            await both_hold_one.wait()
        await unit.events.append([Change(other, EventKind.PROJECT_CHANGED, {})])

    async def transact(one: UUID, other: UUID) -> None:
        await database.transact(lambda unit: cross(unit, one, other))
        one_is_done.set()

    async with asyncio.timeout(30):
        await asyncio.gather(transact(first, second), transact(second, first))
    positions = await database.transact(lambda unit: unit.events.positions([first, second]))
    assert [position.seq for position in positions.values()] == [2, 2]
    assert runs == 3


async def test_who_stands_still_with_a_lock_loses_it(database: PostgresDatabase, database_url: str) -> None:
    """As a stopped process would: in the middle of a unit, silent, and holding what others wait for."""
    stopped = PostgresDatabase(database_url, pool=1, standstill=0.2)
    await stopped.connect()
    holding, goes_on = asyncio.Event(), asyncio.Event()

    async def hold(unit: Unit) -> None:
        await unit.queue.hold()
        holding.set()
        await goes_on.wait()
        await unit.queue.hold()

    standing = asyncio.create_task(stopped.transact(hold))
    await holding.wait()
    async with asyncio.timeout(10):
        await database.transact(lambda unit: unit.queue.hold())
    goes_on.set()
    with pytest.raises(Unavailable):
        await standing
    await stopped.transact(lambda unit: unit.queue.hold())
    await stopped.disconnect()
