"""Where a person is told, over HTTP."""

from __future__ import annotations

from typing import Any

from server.api import notice_shapes
from server.api.call import Call
from server.core.devices import Device
from server.core.notices import NoticeKind
from server.usecases import add_device as adding
from server.usecases import change_device as changing
from server.usecases import read_devices as reading
from server.usecases import remove_device as removing
from server.usecases import try_device as trying


async def list_devices(call: Call) -> dict[str, Any]:
    """My devices, and the key that another one subscribes with."""
    devices = await reading.read_devices(call.parts.database, call.viewer)
    return {"items": [_device(device) for device in devices], "key": call.parts.vapid.public}


async def add_device(call: Call) -> dict[str, Any]:
    """This browser agreed to be told."""
    asked = await call.body(notice_shapes.NewDevice)
    subscription = adding.Subscription(asked.endpoint, asked.p256dh, asked.auth)
    parts = call.parts
    device = await adding.add_device(
        parts.database, call.viewer, subscription, asked.name, asked.language, parts.push_destinations
    )
    return _device(device)


async def edit_device(call: Call) -> dict[str, Any]:
    """A device's name, language, or what it is not told."""
    asked = await call.body(notice_shapes.DeviceEdit)
    off = None if asked.off is None else frozenset(NoticeKind(kind) for kind in asked.off)
    changed = await changing.change_device(call.parts.database, call.viewer, call.id(), asked.name, asked.language, off)
    return _device(changed)


async def remove_device(call: Call) -> None:
    """It is told nothing any more."""
    await removing.remove_device(call.parts.database, call.viewer, call.id())


async def try_device(call: Call) -> None:
    """Send it something now."""
    await trying.try_device(call.parts.database, call.viewer, call.id(), call.parts.rules.policy)


def _device(device: Device) -> dict[str, Any]:
    return {
        "id": str(device.id),
        "name": device.name,
        "language": str(device.language),
        "off": sorted(device.off),
        "created_at": device.created_at.isoformat(),
        "pushed_at": device.pushed_at.isoformat() if device.pushed_at else None,
        "trouble": str(device.trouble) if device.trouble else None,
    }
