"""Projects: made once under a key, renamed, and deleted with all that is in them."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from server.core.account import Role
from server.core.errors import ErrorCode, Refusal
from server.core.events import EventKind
from server.core.image import Status
from server.usecases.answer_once import OnceKey
from server.usecases.change_image import trash_image
from server.usecases.change_project import create_project, delete_project, rename_project
from server.usecases.read_images import list_projects, read_project
from tests.server.usecases.refusals import refused
from tests.server.usecases.studio import Studio


async def names(studio: Studio) -> list[str]:
    return [project.name for project in (await list_projects(studio.database, studio.viewer)).items]


async def test_projects_are_listed_oldest_first(studio: Studio) -> None:
    for name in ("Trip", "Cats"):
        await studio.another_project(name)
    assert await names(studio) == ["Atelier", "Trip", "Cats"]


async def test_a_key_makes_one_project_even_at_once(studio: Studio) -> None:
    once = OnceKey("trip", b"hash")
    made = await asyncio.gather(*(create_project(studio.database, studio.viewer, "Trip", once) for _ in range(10)))
    assert len({project["id"] for project in made}) == 1
    assert await names(studio) == ["Atelier", "Trip"]
    other = create_project(studio.database, studio.viewer, "Cats", OnceKey("trip", b"other"))
    await refused(other, ErrorCode.KEY_REUSED)


async def test_a_new_name_raises_the_version(studio: Studio) -> None:
    before = await read_project(studio.database, studio.viewer, studio.project)
    after = await rename_project(studio.database, studio.viewer, studio.project, "Foxes")
    assert (after.name, after.version) == ("Foxes", before.version + 1)
    assert after.updated_at > before.updated_at
    assert await read_project(studio.database, studio.viewer, studio.project) == after


async def test_of_rivals_at_once_each_is_told_what_became_of_it(studio: Studio) -> None:
    async def rename(name: str) -> bool:
        try:
            await rename_project(studio.database, studio.viewer, studio.project, name)
        except Refusal as refusal:
            assert refusal.code is ErrorCode.WRONG_STATE
            return False
        return True

    done = await asyncio.gather(*(rename(f"no. {number}") for number in range(5)))
    assert (await read_project(studio.database, studio.viewer, studio.project)).version == 1 + sum(done)
    assert any(done)


async def test_a_deleted_project_is_gone_with_its_pictures(studio: Studio) -> None:
    images = {status: await studio.bring(status) for status in Status if status is not Status.PENDING}
    images[Status.PENDING] = await studio.bring(Status.PENDING)
    trashed = await trash_image(studio.database, studio.viewer, images[Status.COMPLETED].id, studio.rules)
    await delete_project(studio.database, studio.viewer, studio.project, studio.rules)
    assert await names(studio) == []
    await refused(read_project(studio.database, studio.viewer, studio.project), ErrorCode.NOT_FOUND)
    for status, image in images.items():
        after = await studio.load(image.id)
        assert after.trashed_at is not None
        assert after.status is (Status.CANCELED if status is Status.PENDING else status)
        assert after.finished or after.cancel_requested_at is not None
    assert (await studio.load(trashed.id)) == trashed


async def test_a_deletion_is_a_tombstone_with_a_version(studio: Studio) -> None:
    renamed = await rename_project(studio.database, studio.viewer, studio.project, "Foxes")
    await delete_project(studio.database, studio.viewer, studio.project, studio.rules)
    tombstone = studio.told.events[-1]
    assert tombstone.kind is EventKind.PROJECT_REMOVED
    assert tombstone.data == {"id": str(studio.project), "version": renamed.version + 1}


async def test_pictures_of_other_projects_stay(studio: Studio) -> None:
    image = await studio.bring(Status.PROCESSING)
    other = await studio.another_project()
    await delete_project(studio.database, studio.viewer, other, studio.rules)
    assert await studio.load(image.id) == image


async def test_a_foreign_or_deleted_project_does_not_exist(studio: Studio, neighbour: Studio) -> None:
    database, viewer = studio.database, studio.viewer
    gone = await studio.another_project()
    await delete_project(database, viewer, gone, studio.rules)
    for project in (neighbour.project, gone):
        await refused(rename_project(database, viewer, project, "Mine"), ErrorCode.NOT_FOUND)
        await refused(delete_project(database, viewer, project, studio.rules), ErrorCode.NOT_FOUND)
    assert await names(neighbour) == ["Atelier"]


async def test_who_only_looks_changes_nothing(studio: Studio) -> None:
    onlooker = replace(studio.viewer, role=Role.VIEWER)
    for attempted in (
        create_project(studio.database, onlooker, "Mine"),
        rename_project(studio.database, onlooker, studio.project, "Mine"),
        delete_project(studio.database, onlooker, studio.project, studio.rules),
    ):
        await refused(attempted, ErrorCode.READ_ONLY)
    assert await names(studio) == ["Atelier"]
