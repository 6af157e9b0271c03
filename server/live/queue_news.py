"""What the rooms are told of the queue: read for all of them at once, at most once a second, and sent where it changed.

Passing news, outside the numbered stream: each is whole, so one that is missed is made good by the next.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from server.core.ports import Unavailable
from server.live.news import alone
from server.live.open_room import OpenRoom, QueueNote
from server.live.socket import Socket
from server.live.times import LiveTimes
from server.live.write_frames import queue_text

LOG = logging.getLogger(__name__)

Queue = Mapping[str, Any]
ReadQueues = Callable[[Sequence[UUID]], Awaitable[tuple[Mapping[UUID, Queue], Queue]]]
Step = Callable[[], Awaitable[None]]


class QueueNews:
    """`read(workspaces)` gives the queues that have something in them, and that of all the others.

    `rooms` are those of the process; a room without listeners is never read for. Nothing is read while nobody stirs.
    """

    def __init__(self, read: ReadQueues, rooms: Callable[[], Iterable[OpenRoom]], times: LiveTimes) -> None:
        self._read = read
        self._rooms = rooms
        self._times = times
        self._stirred = asyncio.Event()
        self._unread = asyncio.Event()
        self._reading = asyncio.Lock()

    def stir(self) -> None:
        """The queue has changed, or may have."""
        self._stirred.set()

    def check(self) -> None:
        """Look again where the queue moves by itself: something waits, or the provider is paused until some time.

        And where somebody still waits to be told of it: a reading may have failed.
        """
        if any(room.queue is None or room.queue.moves or room.newcomers for room in self._listened()):
            self.stir()

    def greet(self, room: OpenRoom, socket: Socket) -> None:
        """Tell a socket that was just welcomed what its room was told last, or have it read where that may be old.

        Its page may have asked by itself meanwhile: what is older than that answer would undo it for a moment.
        """
        if room.queue is not None and not self._stirred.is_set():
            socket.mention(room.queue.batch)
        else:
            room.newcomers.append(socket)
            self._unread.set()

    async def follow(self) -> None:
        """For ever: tell every room of changes, the first at once."""
        while True:
            await self._stirred.wait()
            self._stirred.clear()
            await self._try(self._tell_all, self._stirred)
            await asyncio.sleep(self._times.queue)

    async def fill(self) -> None:
        """For ever: tell the rooms that have just opened; those of a herd are read together."""
        while True:
            await self._unread.wait()
            self._unread.clear()
            await self._try(self._tell_unread, self._unread)
            await asyncio.sleep(self._times.queue / 4)

    async def _tell_all(self) -> None:
        async with self._reading:
            for room in self._rooms():
                if not room.room.listeners:
                    # Nobody keeps it up to date from here on.
                    room.queue = None
            await self._tell(self._listened())

    async def _tell_unread(self) -> None:
        async with self._reading:
            await self._tell([room for room in self._listened() if room.queue is None or room.newcomers])

    async def _tell(self, rooms: Sequence[OpenRoom]) -> None:
        if not rooms:
            return
        # Who comes during the reading may know of later things than it does.
        newcomers = [len(room.newcomers) for room in rooms]
        queues, nothing = await self._read([room.workspace for room in rooms])
        empty = _note(nothing)
        for room, number in zip(rooms, newcomers, strict=True):
            room.tell_queue(_note(queues[room.workspace]) if room.workspace in queues else empty, number)

    def _listened(self) -> list[OpenRoom]:
        return [room for room in self._rooms() if room.room.listeners]

    async def _try(self, step: Step, again: asyncio.Event) -> None:
        """A loop goes on whatever happens to one of its rounds."""
        try:
            await step()
        except Unavailable as error:
            LOG.warning("the queue could not be read: %s", error)
            again.set()
            await asyncio.sleep(self._times.retry)
        except Exception:
            LOG.exception("The queue could not be told")


def _note(queue: Queue) -> QueueNote:
    moves = queue["waiting"] > 0 or queue["provider"]["reason"] is not None
    return QueueNote(alone(queue_text(queue)), moves)
