"""The WebSocket door at `/api/live`: who may come in is decided before the handshake is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus

from starlette.requests import HTTPConnection
from starlette.types import Message, Receive, Scope, Send

from server.api.identity import bearer_key
from server.api.problems import RETRY_SOON, ProblemResponse
from server.core.account import Viewer
from server.core.errors import ErrorCode
from server.core.origin import origin_allowed
from server.core.ports import Unavailable
from server.live.hub import Hub
from server.live.protocol import bound_buffers, transport_of
from server.live.session import Join
from server.live.socket import Socket

SUBPROTOCOL = "atelier.v1"

Identify = Callable[[HTTPConnection], Awaitable[Viewer | None]]


class Denial(Exception):
    """The handshake is refused with an HTTP answer."""

    def __init__(self, status: int, code: ErrorCode, detail: str) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail

    def response(self) -> ProblemResponse:
        """The problem; before a handshake every stranger is answered 403."""
        content = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "code": str(self.code),
        }
        return ProblemResponse(content, self.status, {"Retry-After": str(RETRY_SOON)} if self.status == 503 else None)


class LiveEndpoint:
    """The ASGI application for a `WebSocketRoute`, which takes a function for something else.

    `hub` finds the process's hub (`lambda connection: connection.app.state.hub`). `identify` finds the viewer behind a
    Bearer key or a session cookie, None for nobody; it may raise `Unavailable`. `origins` are further URLs of this
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
        await _serve(here, _socket(viewer, receive, send), receive)


async def _viewer(connection: HTTPConnection, hub: Hub, identify: Identify, origins: Sequence[str]) -> Viewer:
    """Raises `Denial`."""
    if hub.draining:
        raise Denial(503, ErrorCode.UNAVAILABLE, "This server is restarting.")
    if SUBPROTOCOL not in connection.scope["subprotocols"]:
        raise Denial(400, ErrorCode.INVALID_REQUEST, f"Ask for the subprotocol {SUBPROTOCOL}.")
    # A page of somebody else's can make a browser send the cookie, but never a header of its own.
    ours = _from_our_page(connection, origins)
    if bearer_key(connection) is None and not ours:
        raise Denial(403, ErrorCode.FORBIDDEN_ORIGIN, "Sockets with a cookie are for this server's own pages.")
    try:
        viewer = await identify(connection)
    except Unavailable as error:
        raise Denial(503, ErrorCode.UNAVAILABLE, "The database does not answer.") from error
    if viewer is None or (viewer.session is not None and not ours):
        raise Denial(403, ErrorCode.NOT_SIGNED_IN, "Sign in, or send a key.")
    return viewer


def _from_our_page(connection: HTTPConnection, origins: Sequence[str]) -> bool:
    headers = connection.headers
    return origin_allowed(headers.get("origin"), connection.scope["scheme"], headers.get("host"), origins)


def _socket(viewer: Viewer, receive: Receive, send: Send) -> Socket:
    transport = transport_of(receive)
    if transport is not None:
        bound_buffers(transport)

    async def write(text: str) -> None:
        await send({"type": "websocket.send", "text": text})

    async def close(code: int, reason: str) -> None:
        await send({"type": "websocket.close", "code": code, "reason": reason})

    def abort() -> None:
        if transport is not None:
            transport.abort()

    return Socket(viewer, write, close, abort)


async def _serve(hub: Hub, socket: Socket, receive: Receive) -> None:
    try:
        hub.admit(socket)
        message = await _first_word(hub, socket, receive)
        while message["type"] != "websocket.disconnect":
            await _take(hub, socket, message)
            message = await receive()
    finally:
        hub.leave(socket)
        await socket.finish()


async def _first_word(hub: Hub, socket: Socket, receive: Receive) -> Message:
    try:
        async with asyncio.timeout(hub.times.hello):
            return await receive()
    except TimeoutError:
        socket.act(socket.session.time_out())
        return await receive()


async def _take(hub: Hub, socket: Socket, message: Message) -> None:
    text = message.get("text")
    data = text if text is not None else message.get("bytes") or b""
    action = socket.session.receive(data, asyncio.get_running_loop().time())
    if isinstance(action, Join):
        await hub.join(socket, action.hello)
    else:
        socket.act(action)
