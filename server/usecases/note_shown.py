"""A page has shown outcomes: nobody need be told of them by a push."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from server.core.account import Viewer
from server.core.ports import Database, Unit
from server.usecases.find import find_device


async def note_shown(database: Database, viewer: Viewer, images: Sequence[UUID], device: UUID | None) -> None:
    """Drop the pushes of these images to that device, or with None (a tab in front) to any of the viewer's.

    Images that are not the viewer's, or are gone, have none there. Twice is harmless. Raises `Refusal(NOT_FOUND)` for a
    device that is not theirs, `Unavailable`.
    """

    async def work(unit: Unit) -> None:
        if device is not None:
            await find_device(unit, viewer, device)
        await unit.pushes.drop_shown(viewer.account, images, device)

    await database.transact(work)
