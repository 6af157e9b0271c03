"""A room and its way to the database: whatever is missing is read once for all who sit in it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from server.core.events import Position
from server.core.ports import Clock, Unavailable
from server.core.stream_frames import Message
from server.live.frames import Hello
from server.live.news import Batch
from server.live.room import Known, Listener, Reading, Room
from server.live.session import Catchup, Reset, Welcome
from server.live.times import LiveTimes

LOG = logging.getLogger(__name__)

Read = Callable[[UUID, int | None, int], Awaitable[Reading | None]]


class QueueNote(NamedTuple):
    """What a room was last told of the queue. `moves`: it may be another one soon, without anybody saying so."""

    batch: Batch
    moves: bool


TAIL = 64
"""Events read when a room opens, so that the tabs that follow find their past in memory."""


class OpenRoom:
    """`read(workspace, since, tail)` gives the events above a number, and at least the last `tail`.

    It gives None for a workspace that is no more.
    """

    def __init__(self, workspace: UUID, read: Read, clock: Clock, times: LiveTimes) -> None:
        self.workspace = workspace
        self.room = Room(clock)
        self.empty_since: float | None = None
        self.queue: QueueNote | None = None
        # Who came while the queue was known to have changed: told after the next reading.
        self.newcomers: list[Listener] = []
        self._read = read
        self._clock = clock
        self._times = times
        self._reading = asyncio.Lock()
        self._readings = 0
        self._latest: Reading | None = None
        self._welcoming = 0
        self._patience: asyncio.TimerHandle | None = None
        self._repair: asyncio.Task[None] | None = None

    def hear(self, message: Message) -> None:
        """News from the bus."""
        self.room.hear(message.epoch, message.frames)
        self._mind()

    def compare(self, position: Position, known: Known) -> None:
        """The database's top, beside what the room knew before it was asked for."""
        self.room.compare(position, known)
        self._mind()

    def missed(self, epoch: str, since: int) -> tuple[Catchup | Reset, datetime]:
        """What a reader missed who sits here and was slow."""
        return self.room.missed(epoch, since), self._clock.now()

    def tell_queue(self, note: QueueNote, newcomers: int) -> None:
        """How the queue stands: for everybody who sits here, if it is news; else for so many newcomers.

        Those who came later than these wait for the next reading, and are told once.
        """
        news = self.queue is None or self.queue.batch.frames != note.batch.frames
        self.queue = note
        waiting, self.newcomers = self.newcomers[:newcomers], self.newcomers[newcomers:]
        for listener in self.room.listeners.difference(self.newcomers) if news else waiting:
            listener.mention(note.batch)

    async def welcome(self, hello: Hello) -> Welcome | None:
        """The answer to a hello, None for a workspace that is no more. It is true until the caller next waits.

        Of many who need the database at once, one reads it for all. Raises `Unavailable`.
        """
        answer = self.room.answer(hello.epoch, hello.since, None)
        if answer is not None:
            return answer
        asked = self._readings
        self._welcoming += 1
        try:
            async with self._reading:
                fresh = self._latest if self._readings > asked else None
                answer = self.room.answer(hello.epoch, hello.since, fresh)
                return answer or await self._welcome_by_reading(hello)
        finally:
            self._welcoming -= 1
            if not self._welcoming:
                self._latest = None

    def close(self) -> None:
        """Nobody sits here any more."""
        if self._patience is not None:
            self._patience.cancel()
        if self._repair is not None:
            self._repair.cancel()

    async def _welcome_by_reading(self, hello: Hello) -> Welcome | None:
        since = hello.since
        if self.room.epoch is not None:
            since = self.room.top if since is None or hello.epoch != self.room.epoch else min(since, self.room.top)
        self._latest = await self._learn(since)
        if self._latest is None:
            return None
        self._mind()
        return self.room.answer(hello.epoch, hello.since, self._latest) or self.room.afresh

    def _mind(self) -> None:
        """Publish order is not commit order: a gap often closes by itself, so it is waited for, briefly."""
        if self.room.behind and self._patience is None and self._repair is None:
            self._patience = asyncio.get_running_loop().call_later(self._times.gap, self._start_repair)

    def _start_repair(self) -> None:
        self._patience = None
        if self.room.behind:
            self._repair = asyncio.create_task(self._catch_up())

    async def _catch_up(self) -> None:
        try:
            while self.room.behind:
                pause = self._times.gap
                try:
                    async with self._reading:
                        if await self._learn(self.room.top) is None:
                            return
                except Unavailable:
                    pause = self._times.retry
                if self.room.behind:
                    await asyncio.sleep(pause)
        except Exception:
            LOG.exception("A room could not be brought up to date; the next check tries again")
        finally:
            self._repair = None

    async def _learn(self, since: int | None) -> Reading | None:
        known = self.room.known
        self._readings += 1
        reading = await self._read(self.workspace, since, TAIL if self.room.epoch is None else 0)
        if reading is not None:
            self.room.learn(reading, known)
        return reading


def gather(of_room: dict[OpenRoom, Message], room: OpenRoom, heard: Message) -> None:
    """Put what was heard to what the room is to hear; of another history, it is heard after that."""
    before = of_room.setdefault(room, heard)
    if before is heard:
        return
    if before.epoch == heard.epoch:
        before.frames.extend(heard.frames)
    else:
        room.hear(before)
        of_room[room] = heard
