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
from typing import Any, cast

from uvicorn._types import ASGISendEvent
from uvicorn.config import Config
from uvicorn.protocols.http.auto import AutoHTTPProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
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
    if raw is None or raw.fileno() < 0:
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


class LiveHttp(asyncio.Protocol):
    """The first to hold a connection: who knocks at the live door, in one piece, takes the short way in.

    For everybody else uvicorn's own protocol is made, and has the connection from there on, first bytes included. It is
    never looked at again: a proxy's may carry the requests of several people, and nobody may pass off the middle of one
    as a handshake.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self.transport: asyncio.Transport
        self._config = config
        self._server = server_state
        self._app_state = app_state
        self._loop = _loop
        self._connections: set[Any] = server_state.connections

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the first bytes."""
        # uvloop's transports are of no class that asyncio knows.
        self.transport = cast(asyncio.Transport, transport)
        self._connections.add(self)

    def data_received(self, data: bytes) -> None:
        """Look at them, and let somebody else have the connection."""
        self._connections.discard(self)
        handshake = read_handshake(data)
        if handshake is None:
            self._take_long_way(data)
        else:
            doorway = Doorway(self.transport, handshake.accept, self._connections, self._server.tasks)
            doorway.open(self._config.loaded_app, scope_of(handshake, self._known()))

    def eof_received(self) -> None:
        """The transport closes by itself."""

    def connection_lost(self, exc: Exception | None) -> None:
        """Gone."""
        self._connections.discard(self)

    def shutdown(self) -> None:
        """The server ends."""
        self.transport.close()

    def _take_long_way(self, data: bytes) -> None:
        protocol: Any = AutoHTTPProtocol
        long_way = protocol(config=self._config, server_state=self._server, app_state=self._app_state, _loop=self._loop)
        long_way.connection_made(self.transport)
        self.transport.set_protocol(long_way)
        long_way.data_received(data)

    def _known(self) -> dict[str, Any]:
        look_up = self.transport.get_extra_info
        return {
            "asgi": {"version": self._config.asgi_version, "spec_version": "2.4"},
            "scheme": "wss" if look_up("sslcontext") else "ws",
            "server": _address(look_up("sockname")),
            "client": _address(look_up("peername")),
            "root_path": self._config.root_path,
            "state": self._app_state.copy(),
        }


def _address(name: Any) -> tuple[str, int] | None:
    """Of TCP; uvicorn's own way to it makes a socket each time."""
    return (str(name[0]), int(name[1])) if isinstance(name, tuple | list) and len(name) >= 2 else None


AWAKE: dict[str, Any] = {"ws": LiveProtocol, **OPTIONS}
OURS: dict[str, Any] = {"http": LiveHttp, **AWAKE}
"""How uvicorn is to be run where sockets are to sleep: `uvicorn.Config(app, **OURS)`."""
