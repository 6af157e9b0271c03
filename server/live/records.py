"""What rooms read in the database: many of them at once, by few connections."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from uuid import UUID

from server.core.ports import Database
from server.core.stream_frames import encode_event
from server.live.past import KEPT_COUNT
from server.live.queue_news import Queue
from server.live.room import Reading
from server.live.together import Together
from server.usecases.read_events import Stretch, Wanted, read_stretches
from server.usecases.read_queue import read_queues

READERS = 4
"""Connections to the database that rooms may hold at once."""
ROOMS_TOGETHER = 50
"""Rooms that are read in one transaction: after a restart all are opened at once."""


class Records:
    """One for a process. Every method raises `Unavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connections = asyncio.Semaphore(READERS)
        self._stretches: Together[Wanted, Stretch | None] = Together(self._read_stretches, ROOMS_TOGETHER)

    async def read(self, workspace: UUID, since: int | None, tail: int) -> Reading | None:
        """The events above a number, and at least the last `tail`; None for a workspace that is no more."""
        stretch = await self._stretches.answer(Wanted(workspace, since, tail))
        if stretch is None:
            return None
        return Reading(stretch.top, stretch.since, [encode_event(event) for event in stretch.events])

    async def read_queues(self, workspaces: Sequence[UUID]) -> tuple[Mapping[UUID, Queue], Queue]:
        """The queues that have something in them, and that of all the others."""
        async with self._connections:
            return await read_queues(self._database, workspaces)

    async def _read_stretches(self, wanted: Sequence[Wanted]) -> Sequence[Stretch | None]:
        async with self._connections:
            return await read_stretches(self._database, wanted, KEPT_COUNT)
