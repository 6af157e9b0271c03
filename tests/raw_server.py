"""A server on a real socket that writes exactly what a test tells it to, and remembers what it was sent."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType

CERTIFICATE = Path(__file__).with_name("certificate.pem")
"""Self-signed for `results.example`, `localhost` and 127.0.0.1; its key guards nothing."""

BOUND = 10.0
"""Seconds; no wait of these tests is longer."""

Answer = Callable[["Visit"], Awaitable[None]]


class Visit:
    """One connection: what was received of it, and the pen to answer with."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.received = bytearray()
        self.ended = asyncio.Event()
        self.writer = writer
        self._reader = reader

    @property
    def path(self) -> str:
        """The path and query of the request's first line."""
        return self.received.split(b" ", 2)[1].decode()

    async def write(self, data: bytes) -> None:
        """Write and wait until the peer has room for more."""
        self.writer.write(data)
        await self.writer.drain()

    def abort(self) -> None:
        """End the connection with a reset, at once."""
        linger = struct.pack("ii", 1, 0)
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()

    async def read_request(self) -> bool:
        """Read the head and the announced body; False where the peer left without asking."""
        while b"\r\n\r\n" not in self.received:
            if not await self._read_some():
                return False
        head, _, body = bytes(self.received).partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: *([0-9]+)", head)
        while length and len(body) < int(length[1]):
            if not await self._read_some():
                return False
            body = bytes(self.received).partition(b"\r\n\r\n")[2]
        return True

    async def until_left(self) -> None:
        """Wait until the peer closes."""
        while await self._read_some():
            pass

    async def _read_some(self) -> bool:
        chunk = await self._reader.read(65_536)
        self.received += chunk
        return bool(chunk)


class RawServer:
    """Listens on loopback while entered; `answer` is given each visit once its request has been read."""

    def __init__(self, answer: Answer, tls: bool = False, host: str = "127.0.0.1", port: int = 0) -> None:
        self.visits: list[Visit] = []
        self.names: list[str | None] = []
        self.arrived = asyncio.Event()
        self._answer = answer
        self._place = host, port
        self._tls = self._context() if tls else None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> RawServer:
        self._server = await asyncio.start_server(self._meet, *self._place, ssl=self._tls)
        self.port = int(self._server.sockets[0].getsockname()[1])
        self.url = f"{'https' if self._tls else 'http'}://{self._place[0]}:{self.port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        visit = Visit(reader, writer)
        self.visits.append(visit)
        self.arrived.set()
        try:
            async with asyncio.timeout(BOUND):
                if await visit.read_request():
                    await self._answer(visit)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            visit.ended.set()

    def _context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
        context.sni_callback = lambda _, name, __: self.names.append(name)
        return context


def trusting() -> ssl.SSLContext:
    """A client's context that trusts the certificate above and nothing else."""
    return ssl.create_default_context(cafile=str(CERTIFICATE))


def says(body: bytes, status: str = "200 OK", headers: str = "", length: int | None = None) -> Answer:
    """An answer with a body; `length` is what it announces, where that is not the truth."""
    announced = len(body) if length is None else length
    head = f"HTTP/1.1 {status}\r\nContent-Length: {announced}\r\n{headers}\r\n"

    async def answer(visit: Visit) -> None:
        await visit.write(head.encode() + body)

    return answer
