"""A deletion that is taken back."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from server.core.account import Role
from server.core.errors import ErrorCode
from server.core.image import Status
from server.usecases.change_image import trash_image
from server.usecases.change_project import delete_project
from server.usecases.read_images import read_project
from server.usecases.restore_project import restore_project
from tests.server.usecases.refusals import refused
from tests.server.usecases.studio import Studio


async def test_a_project_comes_back_as_it_was(studio: Studio) -> None:
    image, before = [await studio.bring(Status.COMPLETED) for _ in range(2)]
    await trash_image(studio.database, studio.viewer, before.id, studio.rules)
    project = await read_project(studio.database, studio.viewer, studio.project)
    await delete_project(studio.database, studio.viewer, studio.project, studio.rules)
    answer = await restore_project(studio.database, studio.viewer, studio.project)
    assert [one["id"] for one in answer["images"]] == [str(image.id)]
    back = await read_project(studio.database, studio.viewer, studio.project)
    assert (back.name, back.trashed_at, back.version) == (project.name, None, project.version + 2)
    assert answer["project"]["version"] == back.version
    assert (await studio.load(image.id)).trashed_at is None
    assert (await studio.load(before.id)).trashed_at is not None


async def test_an_empty_project_comes_back_too_and_once(studio: Studio) -> None:
    empty = await studio.another_project("Trip")
    await delete_project(studio.database, studio.viewer, empty, studio.rules)
    answers = await asyncio.gather(*(restore_project(studio.database, studio.viewer, empty) for _ in range(5)))
    assert {answer["project"]["version"] for answer in answers} == {3}
    assert all(answer["images"] == [] for answer in answers)


async def test_what_is_still_being_canceled_stays_in_the_trash(studio: Studio) -> None:
    image = await studio.bring(Status.PROCESSING)
    await delete_project(studio.database, studio.viewer, studio.project, studio.rules)
    answer = await restore_project(studio.database, studio.viewer, studio.project)
    assert answer["images"] == []
    assert (await studio.load(image.id)).trashed_at is not None


async def test_only_ones_own_and_only_by_who_may_write(studio: Studio, neighbour: Studio) -> None:
    await delete_project(neighbour.database, neighbour.viewer, neighbour.project, neighbour.rules)
    await refused(restore_project(studio.database, studio.viewer, neighbour.project), ErrorCode.NOT_FOUND)
    onlooker = replace(neighbour.viewer, role=Role.VIEWER)
    await refused(restore_project(studio.database, onlooker, neighbour.project), ErrorCode.READ_ONLY)
