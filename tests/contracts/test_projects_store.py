"""The port `Projects`, on its one adapter."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

from server.core.account import Project
from server.core.ports import Unit
from tests.contracts.rows import Home


async def read(home: Home, id: UUID) -> Project | None:
    return await home.do(lambda unit: unit.projects.get(home.workspace, id))


async def added(home: Home, **fields: object) -> Project:
    now = await home.database.time()
    project = replace(Project(uuid4(), home.workspace, "Trip", 1, now, now), **fields)
    await home.do(lambda unit: unit.projects.add(project))
    return project


async def test_what_is_added_is_read_back_whole(home: Home) -> None:
    project = await added(home, name="Été “2031”")
    assert await read(home, project.id) == project
    assert await read(home, uuid4()) is None


async def test_a_workspace_sees_its_own(home: Home, other: Home) -> None:
    assert await read(home, other.project) is None
    [mine] = await home.do(lambda unit: unit.projects.all(home.workspace))
    assert mine.id == home.project


async def test_oldest_first(home: Home) -> None:
    now = await home.database.time()
    for days in (2, 3, 1):
        await added(home, name=f"{days} days", created_at=now - timedelta(days=days))
    listed = await home.do(lambda unit: unit.projects.all(home.workspace))
    assert [project.name for project in listed] == ["3 days", "2 days", "1 days", "Atelier"]


async def test_a_change_raises_the_version(home: Home) -> None:
    before = await added(home)
    after = await home.do(lambda unit: unit.projects.replace(before, replace(before, name="Cats")))
    assert after is not None
    assert (after.name, after.version) == ("Cats", 2)
    assert after.updated_at > before.updated_at
    assert await read(home, before.id) == after


async def test_a_row_that_has_moved_on_is_not_changed(home: Home) -> None:
    before = await added(home)
    stale = replace(before, version=7)
    assert await home.do(lambda unit: unit.projects.replace(stale, replace(stale, name="Cats"))) is None
    assert await read(home, before.id) == before


async def test_of_rivals_at_once_one_changes_the_row(home: Home) -> None:
    before = await added(home)

    async def rename(name: str) -> Project | None:
        return await home.do(lambda unit: unit.projects.replace(before, replace(before, name=name)))

    [after] = [one for one in await asyncio.gather(*(rename(f"no. {n}") for n in range(5))) if one is not None]
    assert await read(home, before.id) == after


async def test_the_trash_is_not_seen(home: Home) -> None:
    before = await added(home)
    await home.do(lambda unit: unit.projects.replace(before, replace(before, trashed_at=before.created_at)))
    assert await read(home, before.id) is None
    assert [p.id for p in await home.do(lambda unit: unit.projects.all(home.workspace))] == [home.project]


async def test_who_holds_a_project_keeps_it_from_being_deleted_and_not_from_others(home: Home) -> None:
    project = await added(home)
    holding, done = asyncio.Event(), asyncio.Event()

    async def hold(unit: Unit) -> Project | None:
        await unit.projects.get(home.workspace, project.id, hold=True)
        holding.set()
        async with asyncio.timeout(5):
            await done.wait()
        return await unit.projects.get(home.workspace, project.id)

    holder = asyncio.create_task(home.do(hold))
    await holding.wait()
    async with asyncio.timeout(2):
        assert await home.do(lambda unit: unit.projects.get(home.workspace, project.id, hold=True)) == project
    deleted = replace(project, trashed_at=project.created_at)
    deleting = asyncio.create_task(home.do(lambda unit: unit.projects.replace(project, deleted)))
    # The rival has reached the lock once PostgreSQL says that somebody waits for it.
    async with asyncio.timeout(5):
        while not await home.sql("SELECT 1 FROM pg_locks WHERE NOT granted"):
            pass
    done.set()
    assert await holder == project
    assert await deleting is not None
    assert await read(home, project.id) is None


async def test_a_project_is_held_in_the_trash_or_not(home: Home, other: Home) -> None:
    project = await added(home, name="Trip")
    assert await home.do(lambda unit: unit.projects.hold(home.workspace, project.id)) == project
    assert await home.do(lambda unit: unit.projects.hold(other.workspace, project.id)) is None
    gone = await home.do(lambda unit: unit.projects.replace(project, replace(project, trashed_at=project.created_at)))
    assert await home.do(lambda unit: unit.projects.hold(home.workspace, project.id)) == gone
