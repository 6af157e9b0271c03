"""Make, rename and delete projects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from server.core.account import Project, Viewer
from server.core.errors import ErrorCode, Refusal
from server.core.events import Change, EventKind
from server.core.ports import Database, Unit
from server.core.projection import public_project
from server.usecases.answer_once import OnceKey, answer_once
from server.usecases.change_image import trash
from server.usecases.find import find_project, require_writer
from server.usecases.move_image import Rules


async def create_project(
    database: Database, viewer: Viewer, name: str, once: OnceKey | None = None
) -> Mapping[str, Any]:
    """The new project's public shape. Raises `Refusal` (KEY_REUSED, READ_ONLY), `Unavailable`."""
    require_writer(viewer)

    async def write(unit: Unit) -> Mapping[str, Any]:
        return public_project(await add_project(unit, viewer.workspace, name))

    async def work(unit: Unit) -> Mapping[str, Any]:
        return await answer_once(unit, viewer, once, lambda: write(unit))

    return await database.transact(work)


async def add_project(unit: Unit, workspace: UUID, name: str) -> Project:
    """Within a unit: a new project, told."""
    project = Project(uuid4(), workspace, name, version=1, created_at=unit.now, updated_at=unit.now)
    await unit.projects.add(project)
    _tell(unit, project)
    return project


async def rename_project(database: Database, viewer: Viewer, id: UUID, name: str) -> Project:
    """The renamed project. Raises `Refusal` (NOT_FOUND, WRONG_STATE, READ_ONLY), `Unavailable`."""
    require_writer(viewer)

    async def work(unit: Unit) -> Project:
        project = await _rewrite(unit, await find_project(unit, viewer, id), name=name)
        _tell(unit, project)
        return project

    return await database.transact(work)


async def delete_project(database: Database, viewer: Viewer, id: UUID, rules: Rules) -> None:
    """To the trash with all its pictures; what is unfinished is canceled by the same rule as cancelling.

    Raises `Refusal` (NOT_FOUND, WRONG_STATE, READ_ONLY), `Unavailable`.
    """
    require_writer(viewer)

    async def work(unit: Unit) -> None:
        # The project first: whoever adds pictures to it at this moment waits, or is seen below.
        gone = await _rewrite(unit, await find_project(unit, viewer, id), trashed_at=unit.now)
        for image in await unit.images.of_project(gone.id):
            await trash(unit, image, rules)
        tombstone = {"id": str(gone.id), "version": gone.version}
        unit.tell(Change(gone.workspace, EventKind.PROJECT_REMOVED, tombstone))

    await database.transact(work)


async def _rewrite(unit: Unit, project: Project, **fields: Any) -> Project:
    after = await unit.projects.replace(project, replace(project, **fields))
    if after is None:
        raise Refusal(ErrorCode.WRONG_STATE, "Somebody else changed the project at the same moment: try again.")
    return after


def _tell(unit: Unit, project: Project) -> None:
    unit.tell(Change(project.workspace, EventKind.PROJECT_CHANGED, public_project(project)))
