"""Bring a deleted project back, with the pictures that went with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from server.core.account import Viewer
from server.core.errors import ErrorCode, Refusal
from server.core.ports import Database, Unit
from server.core.projection import public_image, public_project
from server.usecases.find import find_project, require_writer
from server.usecases.move_image import rewrite_image
from server.usecases.revive_project import revive_project


async def restore_project(database: Database, viewer: Viewer, id: UUID) -> Mapping[str, Any]:
    """`{"project": …, "images": […]}`, the images being those that came back with it. Twice is harmless.

    What had been in the trash before the project stays there, and so does what is yet to be canceled. Raises `Refusal`
    (NOT_FOUND where there is none, or it was removed for ever; READ_ONLY), `Unavailable`.
    """
    require_writer(viewer)

    async def work(unit: Unit) -> Mapping[str, Any]:
        deleted = await unit.projects.hold(viewer.workspace, id)
        if deleted is None:
            raise Refusal(ErrorCode.NOT_FOUND, "There is no such project.")
        restored = []
        if deleted.trashed_at is not None:
            await revive_project(unit, viewer.workspace, id)
            for image in await unit.images.trashed_with(id, deleted.trashed_at):
                if image.finished:
                    live = await rewrite_image(unit, image, replace(image, trashed_at=None))
                    assert live is not None, "its row is held"
                    restored.append(public_image(live))
        return {"project": public_project(await find_project(unit, viewer, id)), "images": restored}

    return await database.transact(work)
