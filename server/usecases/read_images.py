"""Read pictures, with the place in the stream at which they were read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from server.core.account import Project, Viewer
from server.core.events import Position
from server.core.image import Image
from server.core.ports import Database, Unit
from server.usecases.find import find_image, find_project

PageMark = tuple[datetime, int, UUID]


@dataclass(frozen=True, slots=True)
class ImagesPage:
    """Images in the order of their list; `following` marks the last one where there are more."""

    items: list[Image]
    following: PageMark | None
    position: Position
    now: datetime


@dataclass(frozen=True, slots=True)
class ProjectsPage:
    """All projects, oldest first."""

    items: list[Project]
    position: Position
    now: datetime


async def list_images(
    database: Database, viewer: Viewer, project: UUID, limit: int, after: PageMark | None
) -> ImagesPage:
    """A page of a project. Raises `Refusal(NOT_FOUND)`, `Unavailable`."""

    async def work(unit: Unit) -> ImagesPage:
        # The position is read first: what commits in between is told by the stream again, and the higher version wins.
        position = await position_of(unit, viewer)
        await find_project(unit, viewer, project)
        items = await unit.images.page(project, limit + 1, after)
        mark = _mark(items[limit - 1]) if len(items) > limit else None
        return ImagesPage(items[:limit], mark, position, unit.now)

    return await database.transact(work)


async def list_trash(database: Database, viewer: Viewer, limit: int, after: PageMark | None) -> ImagesPage:
    """A page of the workspace's trash, last trashed first; its marks are times of trashing. Raises `Unavailable`."""

    async def work(unit: Unit) -> ImagesPage:
        position = await position_of(unit, viewer)
        items = await unit.trash.page(viewer.workspace, limit + 1, after)
        last = items[limit - 1] if len(items) > limit else None
        mark = (last.trashed_at, last.position, last.id) if last and last.trashed_at else None
        return ImagesPage(items[:limit], mark, position, unit.now)

    return await database.transact(work)


async def list_projects(database: Database, viewer: Viewer) -> ProjectsPage:
    """The workspace's projects. Raises `Unavailable`."""

    async def work(unit: Unit) -> ProjectsPage:
        position = await position_of(unit, viewer)
        return ProjectsPage(await unit.projects.all(viewer.workspace), position, unit.now)

    return await database.transact(work)


async def read_image(database: Database, viewer: Viewer, id: UUID) -> Image:
    """One image. Raises `Refusal(NOT_FOUND)`, `Unavailable`."""
    return await database.transact(lambda unit: find_image(unit, viewer, id))


async def read_project(database: Database, viewer: Viewer, id: UUID) -> Project:
    """One project. Raises `Refusal(NOT_FOUND)`, `Unavailable`."""
    return await database.transact(lambda unit: find_project(unit, viewer, id))


async def load_input(database: Database, id: UUID) -> Image | None:
    """The image a signed input address names, whoever it belongs to. Raises `Unavailable`."""
    return await database.transact(lambda unit: unit.images.load(id))


async def position_of(unit: Unit, viewer: Viewer) -> Position:
    position = await unit.events.position(viewer.workspace)
    assert position is not None, "every workspace has a stream"
    return position


def _mark(image: Image) -> PageMark:
    return (image.created_at, image.position, image.id)
