"""A page has shown outcomes: nobody need be told of them elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from server.core.account import Viewer
from server.core.ports import Database, Unit
from server.usecases.find import find_device


async def note_shown(
    database: Database,
    viewer: Viewer,
    images: Sequence[UUID],
    device: UUID | None,
    outcomes: Collection[str] = (),
) -> None:
    """Drop the pushes of these to that device, or with None (a tab in front) to any of the viewer's.

    What a tab in front has shown is kept: a hidden tab of another browser tells it no more. `outcomes` are keys of
    `server.core.notices`; `images` stand for their outcomes of now. What is not the viewer's, or is gone, is passed
    over. Twice is harmless. Raises `Refusal(NOT_FOUND)` for a device that is not theirs, `Unavailable`.
    """

    async def work(unit: Unit) -> None:
        if device is not None:
            await find_device(unit, viewer, device)
        keys = {*outcomes, *(await unit.notices.keys_of(viewer.account, images) if images else ())}
        await unit.pushes.drop_shown(viewer.account, keys, device)
        if device is None:
            await unit.notices.note_shown(viewer.account, keys)

    await database.transact(work)
