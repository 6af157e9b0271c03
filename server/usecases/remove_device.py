"""A device that is told nothing any more."""

from __future__ import annotations

from uuid import UUID

from server.core.account import Viewer
from server.core.errors import ErrorCode, Refusal
from server.core.ports import Database


async def remove_device(database: Database, viewer: Viewer, id: UUID) -> None:
    """Forget it, with all that was to be sent to it. Raises `Refusal(NOT_FOUND)`, `Unavailable`."""
    if not await database.transact(lambda unit: unit.devices.remove(viewer.account, id)):
        raise Refusal(ErrorCode.NOT_FOUND, "There is no such device.")
