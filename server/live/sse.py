"""The same stream as server-sent events at `/api/live/events`, for proxies that block upgrades and for `curl`.

One message a frame of `atelier.v1`; its `id` is the reader's place, where the frame moves it. There are no close codes
in HTTP, so the last message tells what the code would have been.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Sequence
from uuid import UUID

from pydantic import ValidationError
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send

from server.core.account import Viewer
from server.core.errors import ErrorCode
from server.core.origin import origin_allowed
from server.core.stream_frames import Frame
from server.live.admission import Denial, Identify, admit, refuse_while_leaving
from server.live.frames import Hello
from server.live.hub import Hub
from server.live.news import Batch
from server.live.protocol import bound_buffers, transport_of
from server.live.queued_line import QueuedLine
from server.live.session import Join

RETRY = 2_000
"""Milliseconds after which a browser comes back by itself."""
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    # What collects an answer before it passes it on would hold back the news.
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]
_EPOCH = re.compile(rb'\{"type":"(?:replay|reset|catchup)","epoch":"([^"]*)"')
_PLACE = re.compile(r"([0-9A-Za-z_-]{1,64}):(\d{1,18})")


class EventsEndpoint:
    """The ASGI application for a `Route`; `hub` and `origins` as for `LiveEndpoint`."""

    def __init__(self, hub: Callable[[HTTPConnection], Hub], identify: Identify, origins: Sequence[str] = ()) -> None:
        self._hub = hub
        self._identify = identify
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One answer, from its head to its end."""
        connection = HTTPConnection(scope)
        hub = self._hub(connection)
        try:
            refuse_while_leaving(hub)
            hello = _hello(connection)
            viewer = await admit(connection, self._identify, self._is_ours(connection))
        except Denial as denial:
            await denial.response()(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        if scope["method"] == "HEAD":
            await send({"type": "http.response.body"})
            return
        await send({"type": "http.response.body", "body": b"retry: %d\n\n" % RETRY, "more_body": True})
        await _serve(hub, viewer, hello, receive, send)

    def _is_ours(self, connection: HTTPConnection) -> bool:
        """A browser leaves out the origin of a page of our own, and of what another page embeds; it says which."""
        headers = connection.headers
        origin = headers.get("origin")
        if origin is None:
            return headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
        return origin_allowed(origin, connection.scope["scheme"], headers.get("host"), self._origins)


class Messages:
    """Frames as messages, in order: a place is one in the history that a frame named last."""

    def __init__(self) -> None:
        self._epoch = b""

    def text(self, frame: Frame) -> bytes:
        """One message; compact JSON has no line breaks."""
        if named := _EPOCH.match(frame.payload):
            self._epoch = named[1]
        elif not frame.seq:
            return b"data: %s\n\n" % frame.payload
        return b"id: %s:%d\ndata: %s\n\n" % (self._epoch, frame.seq, frame.payload)


def close_text(code: int, reason: str) -> bytes:
    """The last message."""
    return b"event: close\ndata: %s\n\n" % json.dumps({"code": code, "reason": reason}).encode()


def _hello(connection: HTTPConnection) -> Hello:
    """What a WebSocket's first frame would say. Raises `Denial`."""
    query = connection.query_params
    place = connection.headers.get("last-event-id") or query.get("since")
    try:
        workspace = UUID(query["workspace"]) if "workspace" in query else None
        if not place:
            return Hello(type="hello", workspace=workspace)
        matched = _PLACE.fullmatch(place)
        if matched is None:
            raise ValueError("not epoch:seq")
        return Hello(type="hello", workspace=workspace, epoch=matched[1], since=int(matched[2]))
    except (ValueError, ValidationError) as error:
        detail = "`workspace` is an id, `since` and Last-Event-ID are `epoch:seq`."
        raise Denial(422, ErrorCode.INVALID_REQUEST, detail) from error


async def _serve(hub: Hub, viewer: Viewer, hello: Hello, receive: Receive, send: Send) -> None:
    line = _line(receive, send)
    socket = line.reader = hub.socket(viewer, line)
    try:
        if hub.admit(socket):
            joined = socket.session.receive(hello.model_dump_json(), asyncio.get_running_loop().time())
            assert isinstance(joined, Join)
            await hub.join(socket, joined.hello)
        while (await receive())["type"] != "http.disconnect":
            pass
    finally:
        hub.leave(socket)
        await line.finish()


def _line(receive: Receive, send: Send) -> QueuedLine:
    transport = transport_of(receive)
    if transport is not None:
        bound_buffers(transport)

    messages = Messages()

    async def write(batch: Batch) -> None:
        body = b"".join(map(messages.text, batch.frames))
        await send({"type": "http.response.body", "body": body, "more_body": True})

    async def close(code: int, reason: str) -> None:
        await send({"type": "http.response.body", "body": close_text(code, reason), "more_body": False})

    def abort() -> None:
        if transport is not None:
            transport.abort()

    def buffered() -> int:
        return transport.get_write_buffer_size() if transport is not None else 0

    return QueuedLine(write, close, abort, buffered)
