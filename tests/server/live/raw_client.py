"""A WebSocket client of bare bytes, which says whatever it likes, and is strict with what it hears."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import socket
from contextlib import suppress
from typing import Any, NamedTuple

from server.live.endpoint import SUBPROTOCOL
from tests.server.live.autobahn_cases import CLOSE, FIN, NO_CODE, PING, PONG, TEXT, close, said, text

HELLO = '{"type":"hello"}'
PATIENCE = 8.0
"""Seconds; less than the server waits for a peer that does not answer its close."""


class Heard(NamedTuple):
    """A frame of the server's."""

    opcode: int
    data: bytes

    @property
    def code(self) -> int:
        """Of a close."""
        assert self.opcode == CLOSE, self
        return int.from_bytes(self.data[:2], "big") if self.data else NO_CODE


class RawClient:
    """One connection; reading goes on behind a write that fails, as nothing that was sent before an end is lost."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._loop = asyncio.get_running_loop()
        self._heard = b""

    @classmethod
    async def dial(cls, port: int) -> RawClient:
        """Say nothing yet."""
        connection = socket.socket()
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client = cls(connection)
        await client._loop.sock_connect(connection, ("127.0.0.1", port))
        return client

    @classmethod
    async def connect(cls, port: int, key: str, path: str = "/api/live") -> RawClient:
        """Shake hands, with an API key."""
        client = await cls.dial(port)
        await client.say(handshake(port, key, path))
        head = await client.hear_head()
        assert head.startswith(b"HTTP/1.1 101 "), head
        return client

    async def say(self, data: bytes, size: int | None = None) -> bool:
        """Send it in pieces of `size` bytes, each of which the server reads by itself; whether all was taken."""
        size = size or len(data)
        for start in range(0, len(data), size):
            try:
                await self._loop.sock_sendall(self._socket, data[start : start + size])
            except ConnectionError:
                return False
            if size < len(data):
                # One turn of the loop to find that there is something to read, and one to read it.
                await asyncio.sleep(0)
                await asyncio.sleep(0)
        return True

    async def hear_head(self) -> bytes:
        """An HTTP head."""
        while b"\r\n\r\n" not in self._heard:
            assert await self._read(), self._heard
        head, self._heard = self._heard.split(b"\r\n\r\n", 1)
        return head

    async def hear(self) -> Heard | None:
        """The next frame but a ping, None at the end. Fails where a server may not send it."""
        head = await self._take(2)
        if head is None:
            return None
        opcode, size = head[0] & 0xF, head[1]
        assert head[0] & 0xF0 == FIN, f"fragmented, or with a reserved bit: {head!r}"
        assert opcode in (TEXT, CLOSE, PING, PONG), head
        assert size < 126 or opcode == TEXT, head
        if size >= 126:
            assert size in (126, 127), f"masked: {head!r}"
            length = await self._take(2 if size == 126 else 8)
            assert length is not None, "cut in a frame"
            size = int.from_bytes(length, "big")
        data = await self._take(size)
        assert data is not None, "cut in a frame"
        if opcode == PING:
            await self.say(said(FIN | PONG, data))
            return await self.hear()
        return Heard(opcode, data)

    async def hear_bytes(self, size: int) -> bytes:
        """So many bytes, whatever they are."""
        data = await self._take(size)
        assert data is not None, self._heard
        return data

    async def hear_beside_news(self) -> Heard | None:
        """The next frame but a ping or news of the queue."""
        while True:
            heard = await self.hear()
            if heard is None or heard.opcode != TEXT or json.loads(heard.data)["type"] != "queue":
                return heard

    async def word(self) -> dict[str, Any]:
        """The next JSON frame but news of the queue."""
        heard = await self.hear_beside_news()
        assert heard is not None and heard.opcode == TEXT, heard
        frame: dict[str, Any] = json.loads(heard.data)
        return frame

    async def greet(self) -> dict[str, Any]:
        """Say hello, and hear the answer."""
        await self.say(text(HELLO.encode()))
        return await self.word()

    async def answer_close(self, code: int) -> None:
        """The client's half of a closing handshake that the server began; it may be gone already."""
        await self.say(close(code) if code != NO_CODE else said(FIN | CLOSE))

    async def until_ended(self) -> None:
        """Wait for the end of the connection; nothing may come before."""
        with suppress(ConnectionError):
            while await self._read():
                pass
        assert self._heard == b"", f"after the close came {self._heard!r}"

    def end(self) -> None:
        self._socket.close()

    async def _take(self, size: int) -> bytes | None:
        while len(self._heard) < size:
            if not await self._read():
                return None
        taken, self._heard = self._heard[:size], self._heard[size:]
        return taken

    async def _read(self) -> bool:
        async with asyncio.timeout(PATIENCE):
            more = await self._loop.sock_recv(self._socket, 1 << 16)
        self._heard += more
        return bool(more)


def handshake(port: int, key: str, path: str = "/api/live") -> bytes:
    """The request of a client with an API key."""
    nonce = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {nonce}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: {SUBPROTOCOL}\r\n"
        f"Authorization: Bearer {key}\r\n\r\n"
    ).encode()
