"""A device's name, its language, and what it is not told."""

from __future__ import annotations

from uuid import UUID

from server.core.account import Viewer
from server.core.devices import Device, Language
from server.core.errors import ErrorCode, Refusal
from server.core.notices import NoticeKind
from server.core.ports import Database


async def change_device(
    database: Database,
    viewer: Viewer,
    id: UUID,
    name: str | None = None,
    language: Language | None = None,
    off: frozenset[NoticeKind] | None = None,
) -> Device:
    """Set what is not None. Raises `Refusal(NOT_FOUND)`, `Unavailable`."""
    changed = await database.transact(lambda unit: unit.devices.change(viewer.account, id, name, language, off))
    if changed is None:
        raise Refusal(ErrorCode.NOT_FOUND, "There is no such device.")
    return changed
