"""What a person wants to be told of where they do not look."""

from __future__ import annotations

from server.core.account import Viewer
from server.core.errors import ErrorCode, Refusal
from server.core.notices import Choices
from server.core.ports import Database, Unit


async def read_choices(database: Database, viewer: Viewer) -> Choices:
    """The viewer's; muted projects are those of the workspace that are not in the trash. Raises `Unavailable`."""
    return await database.transact(lambda unit: _read(unit, viewer))


async def save_choices(database: Database, viewer: Viewer, choices: Choices) -> Choices:
    """Replace them; as they stand then. Raises `Refusal(NOT_FOUND)` for a project of others, `Unavailable`."""

    async def work(unit: Unit) -> Choices:
        if choices.muted - await unit.notices.projects_among(viewer.workspace, choices.muted):
            raise Refusal(ErrorCode.NOT_FOUND, "There is no such project.")
        await unit.notices.choose(viewer.account, viewer.workspace, choices)
        return await _read(unit, viewer)

    return await database.transact(work)


async def _read(unit: Unit, viewer: Viewer) -> Choices:
    found = (await unit.notices.choices([viewer.account])).get(viewer.account, Choices())
    here = {project.id for project in await unit.projects.all(viewer.workspace)}
    return Choices(found.on, found.muted & here)
