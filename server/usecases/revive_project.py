"""Bring a project back out of the trash, within a unit: a picture that is restored needs a place to be seen in."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from server.core.errors import ErrorCode, Refusal
from server.core.events import Change, EventKind
from server.core.ports import Unit
from server.core.projection import public_project


async def revive_project(unit: Unit, workspace: UUID, id: UUID) -> None:
    """The project is live from here on, and nobody deletes it before the unit ends. Its other pictures stay trashed.

    Raises `Refusal(NOT_FOUND)`.
    """
    project = await unit.projects.hold(workspace, id)
    if project is None:
        raise Refusal(ErrorCode.NOT_FOUND, "There is no such project.")
    if project.trashed_at is None:
        return
    live = await unit.projects.replace(project, replace(project, trashed_at=None))
    assert live is not None, "its row is held"
    unit.tell(Change(workspace, EventKind.PROJECT_CHANGED, public_project(live)))
