"""What comes round again and again for open sockets: beats, pings, and the end of those who take nothing.

One loop each for all of them: a timer for every socket would cost as much as the socket. After each the loop lets
others in, so that news wait for one of them at most.
"""

from __future__ import annotations

import asyncio
from collections import deque
from operator import attrgetter

from server.core.ports import Clock
from server.live.dormant import Dormant
from server.live.news import alone
from server.live.socket import Socket
from server.live.times import LiveTimes
from server.live.wheel import Wheel
from server.live.write_frames import beat_text


class Pulse:
    """`slow` are the sockets whose readers are slow; they put themselves in and out."""

    def __init__(self, clock: Clock, times: LiveTimes) -> None:
        self.slow: set[Socket] = set()
        self._clock = clock
        self._times = times
        self._beats: Wheel[Socket] = Wheel(times.beat, attrgetter("gone"))
        self._newcomers: deque[tuple[float, Socket]] = deque()
        self._pings: Wheel[Dormant] = Wheel(times.ping, attrgetter("closing"))

    def add(self, socket: Socket) -> None:
        """A socket that was welcomed; it is forgotten within a round once it is gone."""
        self._beats.add(socket)
        if isinstance(socket.line, Dormant):
            self._pings.add(socket.line)

    def expect(self, socket: Socket) -> None:
        """A socket that has not said hello yet."""
        self._newcomers.append((asyncio.get_running_loop().time() + self._times.hello, socket))

    async def hurry(self) -> None:
        """For ever: end those who did not say hello in time. Who comes while nobody waits has at least that long."""
        while True:
            now = asyncio.get_running_loop().time()
            while self._newcomers and self._newcomers[0][0] <= now:
                _, socket = self._newcomers.popleft()
                socket.act(socket.session.time_out())
            await asyncio.sleep(self._newcomers[0][0] - now if self._newcomers else self._times.hello)

    async def beat(self) -> None:
        """For ever: tell everybody the top of their stream, so that a lost last event is seen."""
        while True:
            await asyncio.sleep(self._beats.tick)
            for socket in self._beats.turn():
                self._tell(socket)
                await asyncio.sleep(0)

    async def ping(self) -> None:
        """For ever: ask the sockets that sleep for a sign of life; the server asks the others itself."""
        while True:
            await asyncio.sleep(self._pings.tick)
            for line in self._pings.turn():
                line.ping()
                await asyncio.sleep(0)

    async def cut(self) -> None:
        """For ever: cut those who take nothing."""
        while True:
            await asyncio.sleep(self._times.stall / 10)
            now = asyncio.get_running_loop().time()
            for socket in list(self.slow):
                socket.cut_if_stalled(now, self._times.stall)

    def _tell(self, socket: Socket) -> None:
        if socket.room is not None:
            socket.remark(alone(beat_text(socket.room.room.top, self._clock.now())))
