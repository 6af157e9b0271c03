"""The WebSocket door at `/api/live`: who may come in is decided before the handshake is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from starlette.requests import HTTPConnection
from starlette.types import Message, Receive, Scope, Send

from server.core.account import Viewer
from server.core.errors import ErrorCode
from server.core.origin import origin_allowed
from server.live.admission import Denial, Identify, admit, refuse_while_leaving
from server.live.doorway import Doorway
from server.live.dormant import Dormant
from server.live.hub import Hub
from server.live.news import Batch
from server.live.protocol import bound_buffers, give_away, transport_of
from server.live.queued_line import QueuedLine
from server.live.session import Join
from server.live.socket import Socket

SUBPROTOCOL = "atelier.v1"


class LiveEndpoint:
    """The ASGI application for the WebSockets at the door.

    `hub` finds the process's hub (`lambda connection: connection.app.state.hub`). `origins` are further URLs of this
    server, such as PUBLIC_URL.
    """

    def __init__(self, hub: Callable[[HTTPConnection], Hub], identify: Identify, origins: Sequence[str] = ()) -> None:
        self._hub = hub
        self._identify = identify
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection, from its handshake to its end."""
        connection = HTTPConnection(scope)
        await receive()
        here = self._hub(connection)
        try:
            viewer = await _viewer(connection, here, self._identify, self._origins)
        except Denial as denial:
            await denial.response()(scope, receive, send)
            return
        await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL})
        if not _let_sleep(here, viewer, receive):
            await _serve(here, viewer, receive, send)


async def _viewer(connection: HTTPConnection, hub: Hub, identify: Identify, origins: Sequence[str]) -> Viewer:
    """Raises `Denial`."""
    refuse_while_leaving(hub)
    if SUBPROTOCOL not in connection.scope["subprotocols"]:
        raise Denial(400, ErrorCode.INVALID_REQUEST, f"Ask for the subprotocol {SUBPROTOCOL}.")
    headers = connection.headers
    ours = origin_allowed(headers.get("origin"), connection.scope["scheme"], headers.get("host"), origins)
    return await admit(connection, identify, ours)


def _let_sleep(hub: Hub, viewer: Viewer, receive: Receive) -> bool:
    """Whether the socket came by the short way; it says its hello in its sleep then."""
    doorway = getattr(receive, "__self__", None)
    if not isinstance(doorway, Doorway):
        return False
    line = Dormant(doorway.connections, hub)
    line.reader = hub.socket(viewer, line)
    bound_buffers(doorway.transport)
    doorway.hand_over(line)
    hub.expect(line.reader)
    return True


def _line(receive: Receive, send: Send) -> QueuedLine:
    transport = transport_of(receive)
    if transport is not None:
        bound_buffers(transport)

    async def write(batch: Batch) -> None:
        for frame in batch.frames:
            await send({"type": "websocket.send", "text": frame.payload.decode()})

    async def close(code: int, reason: str) -> None:
        await send({"type": "websocket.close", "code": code, "reason": reason})

    def abort() -> None:
        if transport is not None:
            transport.abort()

    def buffered() -> int:
        return transport.get_write_buffer_size() if transport is not None else 0

    return QueuedLine(write, close, abort, buffered)


async def _serve(hub: Hub, viewer: Viewer, receive: Receive, send: Send) -> None:
    line = _line(receive, send)
    socket = line.reader = hub.socket(viewer, line)
    asleep = False
    try:
        hub.admit(socket)
        message = await _first_word(hub, socket, receive)
        while message["type"] != "websocket.disconnect":
            action = socket.session.receive(_data(message), asyncio.get_running_loop().time())
            if isinstance(action, Join):
                asleep = hub.sleepy and line.idle and _put_to_sleep(hub, socket, receive)
                await hub.join(socket, action.hello)
                if asleep:
                    return
            else:
                socket.act(action)
            message = await receive()
    finally:
        if not asleep:
            hub.leave(socket)
            await line.finish()


def _put_to_sleep(hub: Hub, socket: Socket, receive: Receive) -> bool:
    """Let go of all that the library keeps for a connection, where it can be had."""

    def heir(connections: set[Any]) -> Dormant:
        dormant = Dormant(connections, hub)
        dormant.reader, socket.line = socket, dormant
        return dormant

    return give_away(receive, heir)


async def _first_word(hub: Hub, socket: Socket, receive: Receive) -> Message:
    limit = asyncio.get_running_loop().call_later(hub.times.hello, lambda: socket.act(socket.session.time_out()))
    try:
        return await receive()
    finally:
        limit.cancel()


def _data(message: Message) -> str | bytes:
    text: str | None = message.get("text")
    return text if text is not None else message.get("bytes") or b""
