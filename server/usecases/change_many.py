"""What a person does to many pictures at once: one request, one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from server.core.account import Viewer
from server.core.image import Action, Image
from server.core.ports import Database, Unit
from server.core.projection import public_image
from server.core.stores import Lock
from server.usecases.change_image import trash
from server.usecases.find import find_project, require_writer
from server.usecases.move_image import Rules, rewrite_image
from server.usecases.revive_project import revive_project


async def change_many(
    database: Database, viewer: Viewer, ids: Sequence[UUID], action: Action, project: UUID | None, rules: Rules
) -> Mapping[str, Any]:
    """`{"images": […]}` of those that changed, in the order of `ids`; the others are skipped. Twice is harmless.

    Skipped is what is so already and what is not the workspace's; restoring also what is yet to be canceled, and moving
    what is in the trash. `project` is where to move them. Raises `Refusal` (NOT_FOUND where there is no such project,
    READ_ONLY), `Unavailable`.
    """
    require_writer(viewer)

    async def change(unit: Unit, image: Image) -> Image:
        if action is Action.TRASH:
            return await trash(unit, image, rules)
        if action is Action.RESTORE:
            return await _restore(unit, image)
        if action is Action.MOVE:
            assert project is not None
            return await _move(unit, image, project)
        return await _write(unit, image, favorite=action is Action.FAVOR)

    async def work(unit: Unit) -> Mapping[str, Any]:
        if action is Action.MOVE:
            assert project is not None
            await find_project(unit, viewer, project, hold=True)
        held = await unit.images.in_workspace(viewer.workspace, ids, Lock.CHANGE)
        changed: dict[UUID, Image] = {}
        for image in _newest_first(held):
            after = await change(unit, image)
            if after.version != image.version:
                changed[image.id] = after
        return {"images": [public_image(changed[id]) for id in dict.fromkeys(ids) if id in changed]}

    return await database.transact(work)


def _newest_first(images: Sequence[Image]) -> list[Image]:
    """What is made from others is canceled before these, and does not fail for want of them."""
    return sorted(images, key=lambda image: (image.created_at, image.position, image.id), reverse=True)


async def _move(unit: Unit, image: Image, project: UUID) -> Image:
    if image.trashed_at is not None or image.project == project:
        return image
    return await _write(unit, image, project=project, moved_at=unit.now)


async def _restore(unit: Unit, image: Image) -> Image:
    if image.trashed_at is None or not image.finished:
        return image
    await revive_project(unit, image.workspace, image.project)
    return await _write(unit, image, trashed_at=None)


async def _write(unit: Unit, image: Image, **fields: Any) -> Image:
    wanted = replace(image, **fields)
    if wanted == image:
        return image
    written = await rewrite_image(unit, image, wanted)
    assert written is not None, "its row is held"
    return written
