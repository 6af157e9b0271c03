"""The short way in for a WebSocket: `websockets` reads its handshake, the application says who it is, and it sleeps.

uvicorn reads a handshake by two parsers, one after the other, and sets up whatever an open connection might need. Of a
socket that is to sleep nothing of that is used, and in a storm of tabs it is most of the work.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol

from starlette.types import ASGIApp, Message, Scope
from websockets.datastructures import Headers
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol

from server.live.client_frames import MAX_MESSAGE

LOG = logging.getLogger(__name__)

_KNOCK = re.compile(rb"GET /api/live(\?[!-~]*)? HTTP/1\.1\r\n")
_UPGRADE = re.compile(rb"\r\nupgrade:[ \t]*websocket[ \t]*\r\n", re.IGNORECASE)


class Handshake(NamedTuple):
    """A handshake that the library finds in order, and its answer to it."""

    request: Request
    response: Response


def read_handshake(data: bytes) -> Handshake | None:
    """The handshake, where these bytes are a whole one for the live stream, in order, and nothing else."""
    if not _KNOCK.match(data) or data.find(b"\r\n\r\n") != len(data) - 4 or not _UPGRADE.search(data):
        return None
    library = ServerProtocol(max_size=MAX_MESSAGE, logger=LOG)
    library.receive_data(data)
    events = library.events_received()
    # A generator that holds its owner: without this the collector alone would let go of them, some day.
    library.parser.close()
    if len(events) != 1 or not isinstance(events[0], Request):
        return None
    response = library.accept(events[0])
    return Handshake(events[0], response) if response.status_code == HTTPStatus.SWITCHING_PROTOCOLS else None


def scope_of(request: Request, known: Mapping[str, Any]) -> Scope:
    """The ASGI scope of a handshake; `known` is what the server knows of the connection and of itself."""
    path, _, query = request.path.partition("?")
    # Before its version 17 the library has escapes for what is no ASCII.
    headers = [
        (name.lower().encode(), value.encode("latin-1", "surrogateescape"))
        for name, value in request.headers.raw_items()
    ]
    offered = request.headers.get_all("Sec-WebSocket-Protocol")
    return {
        "type": "websocket",
        "http_version": "1.1",
        "path": known["root_path"] + path,
        "raw_path": (known["root_path"] + path).encode(),
        "query_string": query.encode(),
        "headers": headers,
        "subprotocols": [name.strip() for names in offered for name in names.split(",")],
        "extensions": {"websocket.http.response": {}},
        **known,
    }


class Successor(Protocol):
    """Whoever takes a connection over, and its place among the server's connections."""

    def begin(self, transport: asyncio.Transport) -> None:
        """The connection is yours."""

    def pause_writing(self) -> None:
        """The transport is full already."""

    def data_received(self, data: bytes) -> None:
        """The client did not wait for its answer."""


class Doorway(asyncio.Protocol):
    """The ASGI server of one connection, until it is handed over or refused.

    `connections` and `tasks` are the server's, which waits for them when it ends.
    """

    def __init__(
        self,
        transport: asyncio.Transport,
        response: Response,
        connections: set[Any],
        tasks: set[asyncio.Task[None]],
    ) -> None:
        self.transport = transport
        self.connections = connections
        self._tasks = tasks
        self._response = response
        self._refusal: Message | None = None
        self._answered = False
        self._lost = False
        self._paused = False
        self._early = b""

    def open(self, app: ASGIApp, scope: Scope) -> None:
        """Ask the application."""
        self.connections.add(self)
        self.transport.set_protocol(self)
        task = asyncio.get_running_loop().create_task(self._ask(app, scope))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def hand_over(self, successor: Successor) -> None:
        """Let another object have the connection, once it is accepted, so that the application may return."""
        self.connections.discard(self)
        successor.begin(self.transport)
        if self._paused:
            successor.pause_writing()
        if self._early:
            successor.data_received(self._early)

    # As an ASGI server

    async def receive(self) -> Message:
        """There is nothing to hear before an answer."""
        return {"type": "websocket.connect"}

    async def send(self, message: Message) -> None:
        """Accept, or refuse with an HTTP response. Raises `ConnectionResetError` where the client has gone."""
        if self._lost:
            raise ConnectionResetError("the client has gone")
        match message["type"]:
            case "websocket.accept":
                if message.get("subprotocol"):
                    self._response.headers["Sec-WebSocket-Protocol"] = message["subprotocol"]
                self._answer(self._response)
            case "websocket.http.response.start":
                self._refusal = message
            case "websocket.http.response.body" if self._refusal is not None:
                self._refuse(self._refusal["status"], self._refusal.get("headers", []), message.get("body", b""))
            case other:
                raise RuntimeError(f"{other} is no answer to a handshake")

    # As the server's protocol

    def shutdown(self) -> None:
        """The server ends."""
        self.transport.close()

    # As the transport's protocol

    def data_received(self, data: bytes) -> None:
        """A client that does not wait for its answer."""
        self._early += data
        if len(self._early) > MAX_MESSAGE:
            self.transport.abort()

    def eof_received(self) -> None:
        """The transport closes by itself."""

    def pause_writing(self) -> None:
        """The client does not even take its answer."""
        self._paused = True

    def resume_writing(self) -> None:
        """It does."""
        self._paused = False

    def connection_lost(self, exc: Exception | None) -> None:
        """Gone."""
        self._lost = True
        self.connections.discard(self)

    async def _ask(self, app: ASGIApp, scope: Scope) -> None:
        try:
            await app(scope, self.receive, self.send)
        except ConnectionResetError:
            pass
        except Exception:
            LOG.exception("A handshake could not be answered")
        if not self._answered and not self._lost:
            self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR, [], b"")

    def _refuse(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        answered = Headers([(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers])
        answered["Date"] = self._response.headers["Date"]
        answered["Connection"] = "close"
        answered.setdefault("Content-Length", str(len(body)))
        self._answer(Response(status, HTTPStatus(status).phrase, answered, body))
        self.transport.close()

    def _answer(self, response: Response) -> None:
        self._answered = True
        self.transport.write(response.serialize())
