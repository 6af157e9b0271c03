"""Where a person is told."""

from __future__ import annotations

from collections.abc import Sequence

from server.core.account import Viewer
from server.core.devices import Device
from server.core.ports import Database


async def read_devices(database: Database, viewer: Viewer) -> Sequence[Device]:
    """The viewer's devices, oldest first. Raises `Unavailable`."""
    return await database.transact(lambda unit: unit.devices.of(viewer.account))
