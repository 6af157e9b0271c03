"""Projects over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.api import schemas
from server.api.call import Call
from server.core.projection import public_project
from server.usecases import change_project, read_images, restore_project


async def list_projects(call: Call) -> Mapping[str, Any]:
    """All projects of the workspace."""
    page = await read_images.list_projects(call.parts.database, call.viewer)
    return {
        "items": [public_project(project) for project in page.items],
        "next": None,
        "epoch": page.position.epoch,
        "seq": page.position.seq,
        "now": page.now.isoformat(),
    }


async def create_project(call: Call) -> Mapping[str, Any]:
    """A new project."""
    asked = await call.body(schemas.NewProject)
    return await change_project.create_project(call.parts.database, call.viewer, asked.name, call.once())


async def read_project(call: Call) -> Mapping[str, Any]:
    """One project."""
    return public_project(await read_images.read_project(call.parts.database, call.viewer, call.id()))


async def rename_project(call: Call) -> Mapping[str, Any]:
    """Another name for a project."""
    asked = await call.body(schemas.ProjectEdit)
    return public_project(await change_project.rename_project(call.parts.database, call.viewer, call.id(), asked.name))


async def delete_project(call: Call) -> None:
    """To the trash, with all its pictures."""
    await change_project.delete_project(call.parts.database, call.viewer, call.id(), call.parts.rules)


async def restore(call: Call) -> Mapping[str, Any]:
    """Out of the trash, with the pictures that went with it."""
    return await restore_project.restore_project(call.parts.database, call.viewer, call.id())
