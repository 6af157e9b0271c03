"""Pause the queue of a workspace, or let it go on: by its own people, for themselves alone."""

from __future__ import annotations

from server.core.account import Viewer
from server.core.ports import Database, Unit
from server.core.stores import Wake
from server.usecases.find import require_writer
from server.usecases.read_queue import Queue, look_at_queue


async def pause_workspace(database: Database, viewer: Viewer, paused: bool) -> Queue:
    """The queue afterwards. What is at the provider goes on; nothing more is submitted. Twice is harmless.

    Raises `Refusal(READ_ONLY)`, `Unavailable`.
    """
    require_writer(viewer)

    async def work(unit: Unit) -> Queue:
        if await unit.queue.pause(viewer.workspace, paused):
            unit.wake(Wake("dispatch"))
            unit.stir_queue()
        return await look_at_queue(unit, viewer.workspace)

    return await database.transact(work)
