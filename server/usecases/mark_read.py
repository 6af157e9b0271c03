"""A person has seen what ended in a project up to a time."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from server.core.account import Viewer
from server.core.events import Change, EventKind
from server.core.ports import Database, Unit
from server.core.projection import public_read_mark
from server.usecases.find import find_project


async def mark_read(database: Database, viewer: Viewer, id: UUID, seen_at: datetime) -> datetime:
    """Where the viewer's mark of the project stands then. It only rises, and never beyond now; twice is harmless.

    Who may only look may see too. Raises `Refusal(NOT_FOUND)`, `Unavailable`.
    """

    async def work(unit: Unit) -> datetime:
        project = await find_project(unit, viewer, id, hold=True)
        seen = min(seen_at, unit.now)
        # What ended before the project was made is read without a mark.
        if seen > project.created_at and await unit.read_marks.rise(viewer.account, id, seen):
            mark = public_read_mark(viewer.account, id, seen.astimezone(UTC))
            await unit.pushes.drop_read(viewer.account, id, seen)
            unit.tell(Change(viewer.workspace, EventKind.READ_MARK_CHANGED, mark))
        marks = await unit.read_marks.of(viewer.account, viewer.workspace)
        return marks.get(id, project.created_at)

    return await database.transact(work)
