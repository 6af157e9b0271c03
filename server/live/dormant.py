"""A WebSocket that sleeps: one small object in the place of the server's, for a connection that hardly ever speaks.

It answers pings and closes by itself, and has whatever else comes read by a parser that lives no longer than the
client speaks. There is no task, no timer and no queue: what waits for a slow reader waits in the transport.
"""

from __future__ import annotations

import asyncio
from struct import pack
from typing import Any, Protocol

from server.core.limits import Rate, gcra
from server.live.client_frames import Broken, Burst, Goodbye, Message, Ping, Said, Scrap, take_plain
from server.live.close_codes import CloseCode
from server.live.frames import Hello
from server.live.news import Batch
from server.live.session import Join
from server.live.socket import Socket

PING_RATE = Rate("ping", 20, 10.0)
SCRAP_RATE = Rate("scrap", 2_000, 10.0)
"""Pongs and parts of messages: a browser sends a pong in twenty seconds, and no parts."""
CLOSE_TIMEOUT = 10.0
"""Seconds that a peer has to answer our close."""
WRITE_BUFFER = 64 * 1024
"""Bytes that may wait before a reader counts as slow."""

_PING = b"\x89\x00"


class Keeper(Protocol):
    """Whoever counts the sockets."""

    def begin_to_join(self, socket: Socket, hello: Hello) -> None:
        """It has said hello."""

    def leave(self, socket: Socket) -> None:
        """The connection is gone."""


class Dormant(asyncio.Protocol):
    """See `Line`. `connections` are the server's, which waits for them when it ends. Give it a `reader` first."""

    __slots__ = (
        "_arrival",
        "_burst",
        "_connections",
        "_deaf",
        "_heard",
        "_keeper",
        "_scraps",
        "closing",
        "paused",
        "reader",
        "transport",
    )

    def __init__(self, connections: set[Any], keeper: Keeper) -> None:
        self.reader: Socket | None = None
        self.transport: asyncio.Transport
        self._connections = connections
        self.paused = False
        self.closing = False
        self._keeper = keeper
        self._burst: Burst | None = None
        self._arrival: float | None = None
        self._scraps: float | None = None
        self._heard = True
        self._deaf = False

    def begin(self, transport: asyncio.Transport) -> None:
        """Take the place of the protocol that this connection had."""
        self.transport = transport
        self._connections.add(self)
        transport.set_write_buffer_limits(high=WRITE_BUFFER)
        transport.set_protocol(self)

    # As a line

    @property
    def waiting(self) -> int:
        """Bytes that the kernel has not taken."""
        return self.transport.get_write_buffer_size()

    def write(self, batch: Batch) -> None:
        """All frames in one write."""
        if not self.closing:
            self.transport.write(batch.wire)

    def close(self, code: int, reason: str) -> None:
        """Say so, and give the peer a while to answer: what still comes is read, or the kernel takes back our close."""
        if self.closing:
            return
        self.closing = True
        payload = pack("!H", code) + reason.encode()[:123]
        self.transport.write(bytes((0x88, len(payload))) + payload)
        asyncio.get_running_loop().call_later(CLOSE_TIMEOUT, self.transport.abort)

    def abort(self) -> None:
        """Cut the connection."""
        self.closing = True
        self.transport.abort()

    def ping(self) -> None:
        """Cut a peer that has said nothing since the last time, or ask again. Who is slow is watched elsewhere."""
        if self.paused or self.closing:
            return
        if not self._heard:
            self.abort()
            return
        self._heard = False
        self.transport.write(_PING)

    # As the server's protocol

    def shutdown(self) -> None:
        """The server ends."""
        self.close(CloseCode.RESTARTING, "restarting")
        self.transport.close()

    # As the transport's protocol

    def data_received(self, data: bytes) -> None:
        """Hardly ever anything but a pong."""
        self._heard = True
        if self._deaf:
            return
        if self._burst is None:
            said, data = take_plain(data)
            for word in said:
                if not self._deaf:
                    self._answer(word)
            if not data or self._deaf:
                return
            self._burst = Burst()
        for word in self._burst.feed(data):
            self._answer(word)
            if self._deaf:
                break
        if self._deaf or self._burst.over:
            self._burst = None

    def eof_received(self) -> None:
        """The transport closes by itself."""

    def pause_writing(self) -> None:
        """The reader is slow."""
        self.paused = True
        if self.reader is not None:
            self.reader.slow_down()

    def resume_writing(self) -> None:
        """The reader has taken nearly all."""
        self.paused = False
        if self.reader is not None:
            self.reader.go_on()

    def connection_lost(self, exc: Exception | None) -> None:
        """Gone."""
        self.closing = self._deaf = True
        self._burst = None
        self._connections.discard(self)
        reader, self.reader = self.reader, None
        if reader is not None:
            self._keeper.leave(reader)

    def _answer(self, said: Said) -> None:
        match said:
            case Ping(data):
                self._pong(data)
            case Scrap():
                self._count()
            case Message(data):
                self._hear(data)
            case Goodbye(code):
                self._leave(code)
            case Broken(code, reason):
                self._deaf = True
                self._end(code, reason)
                self._hang_up()

    def _hear(self, data: str | bytes) -> None:
        if self.reader is None:
            return
        action = self.reader.session.receive(data, asyncio.get_running_loop().time())
        if isinstance(action, Join):
            self._keeper.begin_to_join(self.reader, action.hello)
        else:
            self.reader.act(action)

    def _pong(self, data: bytes) -> None:
        if self.closing:
            return
        verdict, self._arrival = gcra(PING_RATE, self._arrival, asyncio.get_running_loop().time())
        if verdict.allowed:
            self.transport.write(bytes((0x8A, len(data))) + data)
        else:
            self._end(CloseCode.POLICY, "too many pings")

    def _count(self) -> None:
        verdict, self._scraps = gcra(SCRAP_RATE, self._scraps, asyncio.get_running_loop().time())
        if not verdict.allowed:
            self._answer(Broken(CloseCode.POLICY, "too many frames"))

    def _leave(self, code: int) -> None:
        """The closing handshake: answer the peer's close, or take its answer to ours."""
        self._deaf = True
        if not self.closing:
            self.closing = True
            payload = b"" if code == 1005 else pack("!H", code)
            self.transport.write(bytes((0x88, len(payload))) + payload)
        self.transport.close()

    def _hang_up(self) -> None:
        """The peer's answer will not be understood: it is to go without waiting for us to have heard it."""
        if self.transport.can_write_eof() and not self.transport.is_closing():
            self.transport.write_eof()

    def _end(self, code: int, reason: str) -> None:
        """End the conversation, too, so that nothing more is written."""
        if self.reader is not None:
            self.reader.let_go()
        self.close(code, reason)
