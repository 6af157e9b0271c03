"""Put waiting pictures first, in an order of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from server.core.account import Viewer
from server.core.errors import ErrorCode, Refusal
from server.core.ports import Database, Unit
from server.usecases.find import require_writer
from server.usecases.read_queue import Queue, look_at_queue


async def order_queue(database: Database, viewer: Viewer, ids: Sequence[UUID]) -> Queue:
    """The queue afterwards: those of `ids` that still wait go first, in this order. Twice is harmless.

    It changes whose picture goes within the workspace, never the workspace's own turn. Raises `Refusal` (NOT_FOUND
    where one is not the viewer's, READ_ONLY), `Unavailable`.
    """
    require_writer(viewer)
    # Who is named twice stands where it was named first.
    named = list(dict.fromkeys(ids))

    async def work(unit: Unit) -> Queue:
        if len(await unit.images.in_workspace(viewer.workspace, named)) < len(named):
            raise Refusal(ErrorCode.NOT_FOUND, "There is no such image.", field="ids")
        await unit.queue.move_to_front(viewer.workspace, named)
        unit.stir_queue()
        return await look_at_queue(unit, viewer.workspace)

    return await database.transact(work)
