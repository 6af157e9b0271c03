"""Read how the queue stands, for one workspace or for all that somebody watches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from server.core.account import Viewer
from server.core.fair_queue import QueueState
from server.core.ports import Database, Unit
from server.core.projection import public_queue

Queue = Mapping[str, Any]


async def read_queue(database: Database, viewer: Viewer) -> Queue:
    """The public shape of the viewer's queue. Raises `Unavailable`."""
    return await database.transact(lambda unit: look_at_queue(unit, viewer.workspace))


async def look_at_queue(unit: Unit, workspace: UUID) -> Queue:
    """Within a unit: the public shape of one workspace's queue."""
    states = await unit.queue.read([workspace])
    return public_queue(states.get(workspace, QueueState()), await unit.provider.read(), unit.now)


async def read_queues(database: Database, workspaces: Sequence[UUID]) -> tuple[Mapping[UUID, Queue], Queue]:
    """The public shapes of several queues, in one query, and that of every workspace with nothing in it.

    The mapping leaves the latter out. Raises `Unavailable`.
    """

    async def work(unit: Unit) -> tuple[Mapping[UUID, Queue], Queue]:
        states = await unit.queue.read(workspaces)
        provider = await unit.provider.read()
        queues = {workspace: public_queue(state, provider, unit.now) for workspace, state in states.items()}
        return queues, public_queue(QueueState(), provider, unit.now)

    return await database.transact(work)
