"""The short way in for a WebSocket: its handshake is read once, the application says who it is, and it sleeps.

uvicorn reads a handshake by two parsers, one after the other, and sets up whatever an open connection might need. Of a
socket that is to sleep nothing of that is used, and in a storm of tabs it is most of the work.
"""

from __future__ import annotations

import asyncio
import logging
import re
from binascii import Error, a2b_base64
from collections.abc import Mapping
from email.utils import formatdate
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from starlette.types import ASGIApp, Message, Scope
from websockets.datastructures import Headers
from websockets.http11 import Response
from websockets.utils import accept_key

from server.live.client_frames import MAX_MESSAGE

LOG = logging.getLogger(__name__)

LIVE_PATH = "/api/live"

_URL = re.compile(LIVE_PATH.encode() + rb"(?:\?([!-~]*))?")
_KNOCK = b"GET " + LIVE_PATH.encode()
_ONCE = (b"upgrade", b"connection", b"sec-websocket-version", b"sec-websocket-key")
_NEVER = (b"content-length", b"transfer-encoding")


class Handshake(NamedTuple):
    """A handshake in order; `accept` is the answer to its key, and `headers` have their names in small letters."""

    query: bytes
    headers: list[tuple[bytes, bytes]]
    accept: str


class _Head:
    """What the parser finds."""

    def __init__(self) -> None:
        self.url = b""
        self.headers: list[tuple[bytes, bytes]] = []

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))


def read_handshake(data: bytes) -> Handshake | None:
    """The handshake, where these bytes are a whole and plain one for the live stream, and nothing else.

    What is not as browsers have it is no handshake here: uvicorn and `websockets` say then what is wrong with it.
    """
    if not data.startswith(_KNOCK) or not data.endswith(b"\r\n\r\n"):
        return None
    head = _Head()
    parser = HttpRequestParser(head)
    try:
        parser.feed_data(data)
    except HttpParserUpgrade as upgrade:
        is_whole = upgrade.args[0] == len(data)
    except HttpParserError:
        return None
    else:
        return None
    url = _URL.fullmatch(head.url)
    if not is_whole or url is None or parser.get_method() != b"GET" or parser.get_http_version() != "1.1":
        return None
    key = _key(head.headers)
    return Handshake(url[1] or b"", head.headers, accept_key(key.decode())) if key is not None else None


def _key(headers: list[tuple[bytes, bytes]]) -> bytes | None:
    """The key of a handshake that is in order, by RFC 6455, section 4.2.1."""
    names = [name for name, _ in headers]
    if any(names.count(name) != 1 for name in _ONCE) or any(name in names for name in _NEVER):
        return None
    said = dict(headers)
    key = said[b"sec-websocket-key"]
    is_upgrade = said[b"upgrade"].lower() == b"websocket" and b"upgrade" in _tokens(said[b"connection"].lower())
    return key if is_upgrade and said[b"sec-websocket-version"] == b"13" and _is_key(key) else None


def _is_key(key: bytes) -> bool:
    """Whether it stands for sixteen bytes."""
    try:
        return len(key) == 24 and len(a2b_base64(key, strict_mode=True)) == 16
    except Error:
        return False


def _tokens(value: bytes) -> list[bytes]:
    return [token.strip() for token in value.split(b",")]


def scope_of(handshake: Handshake, known: Mapping[str, Any]) -> Scope:
    """The ASGI scope of a handshake; `known` is what the server knows of the connection and of itself."""
    path = known["root_path"] + LIVE_PATH
    offered = [value for name, value in handshake.headers if name == b"sec-websocket-protocol"]
    return {
        "type": "websocket",
        "http_version": "1.1",
        "path": path,
        "raw_path": path.encode(),
        "query_string": handshake.query,
        "headers": handshake.headers,
        "subprotocols": [name.decode("latin-1") for names in offered for name in _tokens(names)],
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


class Gone(OSError):
    """The client has gone, or somebody else has the connection."""


class Doorway(asyncio.Protocol):
    """The ASGI server of one connection, until it is handed over or refused.

    It is among the server's `connections` for as long as it has its own; the server waits for these and for the `tasks`
    when it ends.
    """

    def __init__(
        self,
        transport: asyncio.Transport,
        accept: str,
        connections: set[Any],
        tasks: set[asyncio.Task[None]],
    ) -> None:
        self.transport = transport
        self.connections = connections
        self._tasks = tasks
        self._accept = accept
        self._refusal: Message | None = None
        self._answered = False
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
        """Accept, or refuse with an HTTP response in one piece. Raises `Gone`."""
        if self not in self.connections:
            raise Gone("nobody waits for an answer here")
        match message["type"]:
            case "websocket.accept":
                self._let_in(message.get("subprotocol"))
            case "websocket.http.response.start":
                self._refusal = message
            case "websocket.http.response.body" if self._refusal is not None and not message.get("more_body"):
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
        self.connections.discard(self)

    async def _ask(self, app: ASGIApp, scope: Scope) -> None:
        try:
            await app(scope, self.receive, self.send)
        except Gone:
            return
        except Exception:
            LOG.exception("A handshake could not be answered")
        if self in self.connections:
            if not self._answered:
                self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR, [], b"")
            # Refused, or let in and then left standing.
            self.transport.close()

    def _let_in(self, subprotocol: str | None) -> None:
        spoken = f"Sec-WebSocket-Protocol: {subprotocol}\r\n" if subprotocol else ""
        self._answer(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {self._accept}\r\n{spoken}\r\n".encode()
        )

    def _refuse(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        answered = Headers([(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers])
        answered["Date"] = formatdate(usegmt=True)
        answered["Connection"] = "close"
        answered.setdefault("Content-Length", str(len(body)))
        self._answer(Response(status, HTTPStatus(status).phrase, answered, body).serialize())

    def _answer(self, response: bytes) -> None:
        self._answered = True
        self.transport.write(response)
