"""One request on its way to its handler: who asks, what they send, and under which key."""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import dataclass
from typing import Any, TypeVar, cast
from uuid import UUID

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.types import Message

from server.core.account import Viewer
from server.core.errors import ErrorCode, Refusal
from server.usecases.answer_once import OnceKey
from server.wiring import Dependencies

JSON_LIMIT = 64 * 1024
BODY_TIMEOUT = 15.0
_KEY_LIMIT = 200

S = TypeVar("S", bound=BaseModel)


@dataclass(slots=True)
class Call:
    """A request with what every handler needs beside it."""

    request: Request
    parts: Dependencies
    caller: Viewer | None = None
    raw: bytes = b""

    @property
    def viewer(self) -> Viewer:
        """The signed-in person; only operations that are not public may ask."""
        assert self.caller is not None
        return self.caller

    def id(self, name: str = "id") -> UUID:
        """A UUID of the path. What is no UUID names nothing: `Refusal(NOT_FOUND)`."""
        try:
            return UUID(self.request.path_params[name])
        except ValueError as error:
            raise Refusal(ErrorCode.NOT_FOUND, "There is nothing under that address.") from error

    async def body(self, shape: type[S]) -> S:
        """The JSON body in its shape. Raises `Refusal` (NOT_JSON, INVALID_REQUEST, TOO_LARGE, TOO_SLOW)."""
        self.raw = await read_body(self.request, JSON_LIMIT)
        content = parse_json(self.raw)
        try:
            return shape.model_validate(content)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = _printable(".".join(str(part) for part in first["loc"]))
            raise Refusal(ErrorCode.INVALID_REQUEST, f"{where}: {first['msg']}", field=where) from error

    def once(self, *parts: bytes | str) -> OnceKey | None:
        """The Idempotency-Key, bound to this operation and what was sent. Raises `Refusal(INVALID_REQUEST)`."""
        key = self.request.headers.get("idempotency-key")
        if key is None:
            return None
        if not 0 < len(key) <= _KEY_LIMIT or not key.isprintable():
            raise Refusal(ErrorCode.INVALID_REQUEST, "Idempotency-Key has 1 to 200 printable characters.")
        digest = hashlib.sha256()
        for part in (self.request.method, self.request.url.path, self.raw, *parts):
            data = part.encode() if isinstance(part, str) else part
            digest.update(len(data).to_bytes(8, "big") + data)
        return OnceKey(key, digest.digest())


def bounded(request: Request, limit: int) -> Request:
    """The same request, whose body may be neither too large nor too slow.

    Reading it raises `Refusal` (TOO_LARGE, TOO_SLOW).
    """
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > limit:
        raise _too_large(limit)
    received = 0

    async def receive() -> Message:
        nonlocal received
        try:
            async with asyncio.timeout(BODY_TIMEOUT):
                message = await request.receive()
        except TimeoutError as error:
            raise Refusal(ErrorCode.TOO_SLOW, "The body came too slowly.") from error
        received += len(message.get("body", b""))
        if received > limit:
            raise _too_large(limit)
        return message

    return Request(request.scope, receive)


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body. Raises `Refusal` (TOO_LARGE, TOO_SLOW)."""
    try:
        async with asyncio.timeout(BODY_TIMEOUT):
            return await bounded(request, limit).body()
    except TimeoutError as error:
        raise Refusal(ErrorCode.TOO_SLOW, "The body came too slowly.") from error


def parse_json(body: bytes) -> Any:
    """What the JSON says. Raises `Refusal(NOT_JSON)`."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refusal(ErrorCode.NOT_JSON, "The body is not JSON.") from error


def _printable(name: str) -> str:
    """The name of a member that a stranger chose, as it may be said again."""
    return "".join(character if character.isprintable() else "�" for character in name[:100])


def _too_large(limit: int) -> Refusal:
    return Refusal(ErrorCode.TOO_LARGE, f"The body has more than {limit} bytes.", limit=limit)


def parts_of(request: Request) -> Dependencies:
    """What the application was wired with."""
    return cast(Dependencies, request.app.state.parts)
