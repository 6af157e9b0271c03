"""What touches uvicorn beneath ASGI, all of it: the short way in, cutting a connection, bounding the kernel's buffers,
counting pings, and giving a connection away.

Every use of an inside of uvicorn is pinned by a test that fails when it changes. The door also works on stock uvicorn
(`ws="websockets-sansio"`); only floods of pings are then answered, silent peers closed more slowly, and no socket
sleeps.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from server.core.limits import gcra
from server.live.client_frames import MAX_MESSAGE, unfinished
from server.live.close_codes import CloseCode
from server.live.doorway import Doorway, Successor, read_handshake, scope_of
from server.live.dormant import PING_RATE

SEND_BUFFER = 64 * 1024
"""Bytes; unset, the kernel takes megabytes for a peer that does not read, and hides that it is slow."""
UNACKNOWLEDGED = 20
"""Seconds after which the kernel gives up a peer that acknowledges nothing."""

OPTIONS: dict[str, Any] = {
    "ws_max_size": MAX_MESSAGE,
    "ws_max_queue": 4,
    "ws_ping_interval": 20.0,
    "ws_ping_timeout": 20.0,
    "ws_per_message_deflate": False,
}
"""How uvicorn is to be run with any of its protocols."""


def transport_of(receive: object) -> asyncio.Transport | None:
    """The connection behind an ASGI `receive`, or None behind a server that we do not know."""
    transport: asyncio.Transport | None = getattr(getattr(receive, "__self__", None), "transport", None)
    # uvloop's transports are of no class that asyncio knows.
    return transport if hasattr(transport, "abort") else None


def bound_buffers(transport: asyncio.Transport) -> None:
    """Make the kernel notice a peer that has gone or does not read; where it cannot, nothing happens."""
    raw = transport.get_extra_info("socket")
    if raw is None:
        return
    # One object for both: uvloop's makes another one for each call.
    ours = socket.socket(raw.family, raw.type, raw.proto, fileno=raw.fileno())
    try:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        ours.setsockopt(socket.IPPROTO_TCP, getattr(socket, "TCP_USER_TIMEOUT", 18), UNACKNOWLEDGED * 1000)
    except OSError:
        pass
    finally:
        ours.detach()


class _Released:
    """In the place of a transport that was given away: uvicorn closes its own when the application returns."""

    def close(self) -> None:
        """Nothing is left to be closed."""

    def is_closing(self) -> bool:
        """It is not ours any more."""
        return True


def give_away(receive: object, heir: Callable[[set[Any]], Successor]) -> bool:
    """Let another object have the connection behind an ASGI `receive`, so that the application may return.

    `heir` makes it, given the server's connections. False where something of the connection is still in uvicorn's
    hands, or behind a server that we do not know: all stays as it is then.
    """
    protocol = getattr(receive, "__self__", None)
    return isinstance(protocol, LiveProtocol) and protocol.give_away(heir)


class LiveProtocol(WebSocketsSansIOProtocol):
    """uvicorn's own, but a flood of pings is refused, and a peer that answers none is cut instead of waited for."""

    _arrival: float | None = None
    _begun = b""

    def data_received(self, data: bytes) -> None:
        """Take note of what the client began and has not finished: so much of it is in the parser."""
        if self.handshake_initiated:
            self._begun = unfinished(self._begun + data)
        super().data_received(data)

    def give_away(self, heir: Callable[[set[Any]], Successor]) -> bool:
        """See `give_away` of this module."""
        transport = self.transport
        in_hand = self.frames or self.read_paused or not self.queue.empty() or self._begun
        if in_hand or self.close_sent or self.disconnected or transport.is_closing():
            return False
        self.stop_keepalive()
        self.connections.discard(self)
        self.transport = _Released()  # type: ignore[assignment]
        # A generator that holds its owner: without this the collector alone would let go of them, some day.
        self.conn.parser.close()
        successor = heir(self.connections)
        successor.begin(transport)
        if not self.writable.is_set():
            successor.pause_writing()
        return True

    async def send(self, message: ASGISendEvent) -> None:
        """Take note that a refusal is an answer: uvicorn would log each as an error of ours."""
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body"):
            self.handshake_complete = True

    def handle_cont(self, event: Frame) -> None:
        """Fragments of nothing are let go: a message may have any number of them."""
        if event.data or event.fin:
            super().handle_cont(event)

    def handle_ping(self) -> None:
        """Answer, unless there are too many."""
        if self.close_sent:
            # The answers to what comes after our close are written by nobody.
            self.conn.data_to_send()
            return
        verdict, self._arrival = gcra(PING_RATE, self._arrival, self.loop.time())
        if verdict.allowed:
            super().handle_ping()
        else:
            self._close(CloseCode.POLICY, "too many pings")

    def _close(self, code: CloseCode, reason: str) -> None:
        """As uvicorn closes for an application: what still comes is read, or the kernel would take back our close."""
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(self.close_timeout, self.transport.close)

    def keepalive_timeout(self) -> None:
        """uvicorn closes, and would wait for ever until such a peer has read what is left to write."""
        super().keepalive_timeout()
        self.transport.abort()


class LiveHttp(HttpToolsProtocol):
    """uvicorn's own, but who knocks at the live door first thing, and in one piece, takes the short way in.

    On a connection that has carried something else before, as a proxy's may, the long way is taken: nobody may pass
    off the middle of another request as a handshake.
    """

    _fresh = True

    def data_received(self, data: bytes) -> None:
        """Look at the first bytes."""
        fresh, self._fresh = self._fresh, False
        if not (fresh and self._let_in(data)):
            super().data_received(data)

    def _let_in(self, data: bytes) -> bool:
        handshake = read_handshake(data)
        if handshake is None:
            return False
        known = {
            "asgi": {"version": self.asgi_version, "spec_version": "2.4"},
            "scheme": "wss" if self.scheme == "https" else "ws",
            "server": self.server,
            "client": self.client,
            "root_path": self.root_path,
            "state": self.app_state.copy(),
        }
        self.connections.discard(self)
        # It holds us, and we hold it: without this the collector alone would let go of both, some day.
        self.parser = None  # type: ignore[assignment]
        doorway = Doorway(self.transport, handshake.response, self.connections, self.tasks)
        doorway.open(self.app, scope_of(handshake.request, known))
        return True


AWAKE: dict[str, Any] = {"ws": LiveProtocol, **OPTIONS}
OURS: dict[str, Any] = {"http": LiveHttp, **AWAKE}
"""How uvicorn is to be run where sockets are to sleep: `uvicorn.Config(app, **OURS)`."""
