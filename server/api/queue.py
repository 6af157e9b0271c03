"""The queue over HTTP: how it stands, pausing it, ordering it, and what is done to many at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.api import queue_shapes
from server.api.call import Call
from server.core.image import Scope
from server.usecases import cancel_many as cancel
from server.usecases import order_queue as order
from server.usecases import pause_workspace, read_queue
from server.usecases import retry_many as retry


async def read_own_queue(call: Call) -> Mapping[str, Any]:
    """The workspace's part of the queue."""
    return await read_queue.read_queue(call.parts.database, call.viewer)


async def pause_queue(call: Call) -> Mapping[str, Any]:
    """Submit nothing more of this workspace."""
    return await pause_workspace.pause_workspace(call.parts.database, call.viewer, True)


async def resume_queue(call: Call) -> Mapping[str, Any]:
    """Go on."""
    return await pause_workspace.pause_workspace(call.parts.database, call.viewer, False)


async def order_queue(call: Call) -> Mapping[str, Any]:
    """Put waiting images first."""
    asked = await call.body(queue_shapes.QueueOrder)
    return await order.order_queue(call.parts.database, call.viewer, asked.ids)


async def cancel_many(call: Call) -> Mapping[str, Any]:
    """Cancel what I asked for."""
    asked = await call.body(queue_shapes.QueueScope)
    return await cancel.cancel_many(call.parts.database, call.viewer, _scope(asked), call.parts.rules)


async def retry_many(call: Call) -> Mapping[str, Any]:
    """Try again what failed."""
    asked = await call.body(queue_shapes.QueueRetry)
    parts, scope = call.parts, _scope(asked)
    return await retry.retry_many(parts.database, call.viewer, scope, asked.include_charged, parts.rules, call.once())


def _scope(asked: queue_shapes.QueueScope) -> Scope:
    return Scope(asked.batch, asked.project)
