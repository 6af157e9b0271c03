"""Find what a viewer may see; everything else does not exist for them."""

from __future__ import annotations

from uuid import UUID

from server.core.account import Project, Viewer
from server.core.devices import Device
from server.core.errors import ErrorCode, Refusal
from server.core.image import Image
from server.core.ports import Unit


async def find_project(unit: Unit, viewer: Viewer, id: UUID, hold: bool = False) -> Project:
    """The viewer's project; with `hold` it is not deleted before the unit ends. Raises `Refusal(NOT_FOUND)`."""
    project = await unit.projects.get(viewer.workspace, id, hold)
    if project is None:
        raise Refusal(ErrorCode.NOT_FOUND, "There is no such project.")
    return project


async def find_image(unit: Unit, viewer: Viewer, id: UUID) -> Image:
    """The viewer's image, in the trash or not. Raises `Refusal(NOT_FOUND)`."""
    found = await unit.images.in_workspace(viewer.workspace, [id])
    if not found:
        raise Refusal(ErrorCode.NOT_FOUND, "There is no such image.")
    return found[0]


def require_writer(viewer: Viewer) -> None:
    """Raises `Refusal(READ_ONLY)` for those who may only look."""
    if not viewer.may_write:
        raise Refusal(ErrorCode.READ_ONLY, "You may look at this workspace, not change it.")


async def find_device(unit: Unit, viewer: Viewer, id: UUID) -> Device:
    """The viewer's device. Raises `Refusal(NOT_FOUND)`."""
    device = await unit.devices.get(viewer.account, id)
    if device is None:
        raise Refusal(ErrorCode.NOT_FOUND, "There is no such device.")
    return device
