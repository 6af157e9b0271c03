"""Pages of pictures: newest first, whole, of one's own, and with their place in the stream."""

from __future__ import annotations

from server.core.errors import ErrorCode
from server.core.image import Image, Status
from server.usecases.change_image import trash_image
from server.usecases.change_project import delete_project
from server.usecases.read_images import (
    PageMark,
    list_images,
    list_projects,
    load_input,
    read_image,
    read_project,
)
from tests.server.usecases.refusals import refused
from tests.server.usecases.studio import Studio


async def pages(studio: Studio, limit: int) -> list[list[Image]]:
    found: list[list[Image]] = []
    mark: PageMark | None = None
    while not found or mark is not None:
        page = await list_images(studio.database, studio.viewer, studio.project, limit, mark)
        found.append(page.items)
        mark = page.following
    return found


async def test_newest_first_and_within_a_request_by_position(studio: Studio) -> None:
    older, newer = await studio.request(count=3), await studio.request(count=2)
    [whole] = await pages(studio, 50)
    assert [image.id for image in whole] == [image.id for image in newer + older]


async def test_pages_of_any_size_make_up_the_whole(studio: Studio) -> None:
    await studio.request(count=4)
    await studio.upload(3)
    [whole] = await pages(studio, 7)
    for limit in (1, 2, 3, 6):
        found = await pages(studio, limit)
        assert [image for page in found for image in page] == whole
        assert all(len(page) == limit for page in found[:-1])


async def test_a_page_goes_on_where_it_was_although_rows_came_and_went(studio: Studio) -> None:
    images = await studio.request(count=6)
    first = await list_images(studio.database, studio.viewer, studio.project, 3, None)
    await studio.upload(2)
    await trash_image(studio.database, studio.viewer, first.items[-1].id, studio.rules)
    rest = await list_images(studio.database, studio.viewer, studio.project, 3, first.following)
    assert [image.id for image in rest.items] == [image.id for image in images[3:]]


async def test_the_trash_is_not_listed_but_can_be_read(studio: Studio) -> None:
    image = await studio.bring(Status.COMPLETED)
    await trash_image(studio.database, studio.viewer, image.id, studio.rules)
    assert await pages(studio, 10) == [[]]
    assert (await read_image(studio.database, studio.viewer, image.id)).trashed_at is not None


async def test_every_page_tells_its_place_in_the_stream(studio: Studio) -> None:
    await studio.request(count=2)
    page = await list_images(studio.database, studio.viewer, studio.project, 10, None)
    projects = await list_projects(studio.database, studio.viewer)
    assert page.position == projects.position
    assert page.position.seq == max(event.seq for event in studio.told.events)
    assert abs((page.now - await studio.database.time()).total_seconds()) < 5


async def test_foreign_things_do_not_exist(studio: Studio, neighbour: Studio) -> None:
    theirs = await neighbour.bring(Status.COMPLETED)
    database, viewer = studio.database, studio.viewer
    await refused(list_images(database, viewer, neighbour.project, 10, None), ErrorCode.NOT_FOUND)
    await refused(read_image(database, viewer, theirs.id), ErrorCode.NOT_FOUND)
    await refused(read_project(database, viewer, neighbour.project), ErrorCode.NOT_FOUND)
    assert [project.id for project in (await list_projects(database, viewer)).items] == [studio.project]


async def test_a_deleted_project_has_no_pages(studio: Studio) -> None:
    await delete_project(studio.database, studio.viewer, studio.project, studio.rules)
    await refused(list_images(studio.database, studio.viewer, studio.project, 10, None), ErrorCode.NOT_FOUND)


async def test_a_signed_address_finds_its_picture_whoever_it_belongs_to(studio: Studio, neighbour: Studio) -> None:
    theirs = await neighbour.bring(Status.COMPLETED)
    assert await load_input(studio.database, theirs.id) == theirs
    assert await load_input(studio.database, studio.project) is None
