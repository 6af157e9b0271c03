"""Every socket of this process, in the room of its workspace.

Joining is ordered so that nothing can fall between: the subscription is confirmed, the socket sits in its room and
holds back news, its viewer is looked up, the past is read, and both are joined together.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import UUID

from server.core.account import Viewer
from server.core.ports import Bus, Clock, Database, Unavailable
from server.core.stream_frames import QUEUE_CHANNEL, Message, decode_message
from server.core.stream_frames import channel as channel_of
from server.ending import end
from server.live.close_codes import CloseCode
from server.live.doorman import Doorman, dismiss, send_away
from server.live.ear import Ear, Hearing
from server.live.frames import Hello
from server.live.line import Line
from server.live.news import alone
from server.live.open_room import OpenRoom, gather
from server.live.pulse import Pulse
from server.live.queue_news import QueueNews
from server.live.records import Records
from server.live.socket import Socket
from server.live.times import LiveTimes
from server.live.write_frames import goodbye_text
from server.usecases.check_viewers import ENDED_CHANNEL, Standing
from server.usecases.read_events import read_tops

LOG = logging.getLogger(__name__)

MAX_SOCKETS = 50
"""Sockets of one account in one process."""


class Hub:
    """One for a process: `start`, then `admit`, `join` and `leave` for each socket, at the end `drain` and `aclose`."""

    def __init__(
        self, database: Database, bus: Bus, clock: Clock, times: LiveTimes | None = None, sleepy: bool = True
    ) -> None:
        self.times = times or LiveTimes()
        self.sleepy = sleepy
        self.draining = False
        self._database = database
        self._clock = clock
        self._ear = Ear(bus, self.times, self._hear, self._miss)
        self._doorman = Doorman(database)
        self._records = Records(database)
        self._rooms: dict[str, OpenRoom] = {}
        self._queue = QueueNews(self._records.read_queues, self._rooms.values, self.times)
        self._by_account: defaultdict[UUID, set[Socket]] = defaultdict(set)
        self._pulse = Pulse(clock, self.times)
        self._doubt = asyncio.Event()
        self._emptied = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def hearing(self) -> Hearing:
        """`degraded` is still ready; `deaf` is not."""
        return self._ear.hearing

    @property
    def sockets(self) -> list[Socket]:
        """All open sockets."""
        return [socket for sockets in self._by_account.values() for socket in sockets]

    @property
    def rooms(self) -> int:
        """Rooms that are kept."""
        return len(self._rooms)

    async def start(self) -> None:
        """Begin to listen and to check. Neither Redis nor PostgreSQL need be there yet."""
        await self._ear.start()
        await self._ear.listen(ENDED_CHANNEL)
        await self._ear.listen(QUEUE_CHANNEL)
        for loop in (self._check_forever(), self._recheck_forever(), self._queue.follow(), self._queue.fill()):
            self._spawn(loop)
        for loop in (self._pulse.beat(), self._pulse.ping(), self._pulse.cut(), self._pulse.hurry()):
            self._spawn(loop)

    async def aclose(self) -> None:
        """Close what is still open, and end every task."""
        self.draining = True
        for socket in self.sockets:
            socket.end(CloseCode.RESTARTING, "restarting")
        await self._until_empty()
        await end(*self._tasks)
        for room in self._rooms.values():
            room.close()
        await self._ear.aclose()

    async def drain(self, window: float) -> None:
        """Say goodbye to everybody, and close them one by one over `window` seconds; nobody is let in any more."""
        self.draining = True
        goodbye = alone(goodbye_text(window, "restarting"))
        sockets = self.sockets
        for socket in sockets:
            socket.announce(goodbye)
        random.shuffle(sockets)
        start = asyncio.get_running_loop().time()
        for place, socket in enumerate(sockets):
            await asyncio.sleep(start + window * place / len(sockets) - asyncio.get_running_loop().time())
            socket.end(CloseCode.RESTARTING, "restarting")
        await self._until_empty()

    def socket(self, viewer: Viewer, line: Line) -> Socket:
        """A new connection of somebody."""
        return Socket(viewer, line, self._pulse.slow)

    def admit(self, socket: Socket) -> bool:
        """Count a socket in; where its account has too many, or we are leaving, it is closed instead."""
        mine = self._by_account[socket.viewer.account]
        mine.add(socket)
        if self.draining:
            socket.end(CloseCode.RESTARTING, "restarting")
        elif len(mine) > MAX_SOCKETS:
            socket.end(CloseCode.TOO_MANY_SOCKETS, f"more than {MAX_SOCKETS} sockets")
        else:
            return True
        return False

    def expect(self, socket: Socket) -> None:
        """As `admit`, for a socket that tells by itself of its hello, and may wait for it only so long."""
        if self.admit(socket):
            self._pulse.expect(socket)

    def begin_to_join(self, socket: Socket, hello: Hello) -> None:
        """As `join`, for whoever cannot wait."""
        self._spawn(self.join(socket, hello))

    def leave(self, socket: Socket) -> None:
        """The connection is gone; harmless twice."""
        socket.let_go()
        mine = self._by_account[socket.viewer.account]
        mine.discard(socket)
        if not mine:
            del self._by_account[socket.viewer.account]
        room, socket.room = socket.room, None
        if room is not None:
            room.room.listeners.discard(socket)
            if not room.room.listeners:
                room.empty_since = asyncio.get_running_loop().time()
        if not self._by_account:
            self._emptied.set()

    async def join(self, socket: Socket, hello: Hello) -> None:
        """Let a socket into its room and answer its hello, or close it. Never raises."""
        socket.viewer = _seated(socket.viewer, hello)
        try:
            async with asyncio.timeout(self.times.join):
                await self._join(socket, hello)
        except (Unavailable, TimeoutError):
            send_away([socket], "the database does not answer")
        except Exception:
            LOG.exception("A socket could not join")
            send_away([socket], "the server made a mistake")
        if socket.gone:
            self.leave(socket)

    async def _join(self, socket: Socket, hello: Hello) -> None:
        channel = channel_of(socket.viewer.workspace)
        room = self._enter(socket, channel)
        await self._ear.listen(channel)
        standing = await self._doorman.standing(socket.viewer)
        welcome = await room.welcome(hello) if standing is Standing.GOOD else None
        if welcome is None:
            dismiss([socket], Standing.NOT_A_MEMBER if standing is Standing.GOOD else standing)
            return
        socket.welcome(welcome, self._clock.now())
        if not socket.gone:
            self._queue.greet(room, socket)
            self._pulse.add(socket)

    def _enter(self, socket: Socket, channel: str) -> OpenRoom:
        room = self._rooms.get(channel)
        if room is None:
            room = self._rooms[channel] = OpenRoom(socket.viewer.workspace, self._records.read, self._clock, self.times)
        room.empty_since = None
        room.room.listeners.add(socket)
        socket.room = room
        return room

    def _hear(self, news: list[tuple[str, bytes]]) -> None:
        """What one read brought: all that is for one room reaches its sockets together."""
        of_room: dict[OpenRoom, Message] = {}
        for channel, message in news:
            try:
                if room := self._rooms.get(channel):
                    gather(of_room, room, decode_message(message))
                elif channel == ENDED_CHANNEL:
                    self._dismiss(UUID(message.decode()))
                elif channel == QUEUE_CHANNEL:
                    self._queue.stir()
            except ValueError as error:
                # A process of another build while all are replaced one by one, and no bug: a line each is enough.
                LOG.warning("News on %s that nobody understands, so the database is asked: %s", channel, error)
                self._miss()
        for room, heard in of_room.items():
            room.hear(heard)

    def _miss(self) -> None:
        self._doubt.set()

    def _dismiss(self, ended: UUID) -> None:
        """A session or key ended: its sockets close. An account changed: its sockets wait until they are looked at."""
        dismiss([s for s in self.sockets if ended in (s.viewer.session, s.viewer.key)], Standing.SIGNED_OUT)
        if mine := list(self._by_account.get(ended, ())):
            for socket in mine:
                socket.doubt()
            self._spawn(self._doorman.recheck(mine, distrust=True))

    async def _check_forever(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self.times.check):
                    await self._doubt.wait()
            except TimeoutError:
                pass
            if self._doubt.is_set() or self.hearing is not Hearing.HEALTHY:
                # Whoever changed the queue may have told us in vain.
                self._queue.stir()
            self._doubt.clear()
            self._queue.check()
            await self._try(self._compare_rooms)
            await self._sweep()
            await asyncio.sleep(self.times.gap)

    async def _compare_rooms(self) -> None:
        known = {room: room.room.known for room in self._rooms.values() if room.room.epoch is not None}
        if not known:
            return
        tops = await read_tops(self._database, [room.workspace for room in known])
        for room, before in known.items():
            top = tops.get(room.workspace)
            if top is not None:
                room.compare(top, before)
        if any(room.room.behind for room in known):
            self._queue.stir()

    async def _sweep(self) -> None:
        """Forget rooms that have been empty for a while, or were never anybody's."""
        now = asyncio.get_running_loop().time()
        for channel, room in list(self._rooms.items()):
            if room.empty_since is None or room.room.listeners:
                continue
            if room.room.epoch is None or now - room.empty_since > self.times.linger:
                del self._rooms[channel]
                room.close()
                await self._ear.let_go(channel)

    async def _recheck_forever(self) -> None:
        while True:
            await asyncio.sleep(self.times.recheck)
            await self._try(lambda: self._doorman.recheck(self.sockets))

    async def _until_empty(self) -> None:
        self._emptied.clear()
        if self._by_account:
            try:
                async with asyncio.timeout(self.times.farewell):
                    await self._emptied.wait()
            except TimeoutError:
                LOG.warning("%d sockets have not left in time", len(self.sockets))

    async def _try(self, step: Callable[[], Awaitable[None]]) -> None:
        """A loop goes on whatever happens to one of its rounds."""
        try:
            await step()
        except Unavailable as error:
            LOG.warning("%s", error)
            self._doubt.set()
            await asyncio.sleep(self.times.retry)
        except Exception:
            LOG.exception("A round of the live hub failed")

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _seated(viewer: Viewer, hello: Hello) -> Viewer:
    """What a socket is checked by; whatever else is known of its viewer would only take room."""
    return replace(viewer, workspace=hello.workspace or viewer.workspace, email="", expires_at=None)
