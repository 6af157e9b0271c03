"""A proxy such as some networks have: HTTP goes through as it is, a WebSocket does not."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

REFUSED = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
HEAD = 64 * 1024


@dataclass
class Wall:
    """Where a browser finds Atelier behind it, and how often a WebSocket was refused."""

    behind: str
    address: str = ""
    refused: int = 0

    def before(self, url: str) -> str:
        """The same page, as seen from before the wall."""
        return url.replace(self.behind, self.address)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection; a browser asks for a WebSocket on a new one, so its first head tells."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            if re.search(rb"(?i)\r\nupgrade: *websocket\r\n", head):
                self.refused += 1
                writer.write(REFUSED)
                await writer.drain()
            else:
                await self._pass_on(head, reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            # Either side may go at any time.
            pass
        finally:
            writer.close()

    async def _pass_on(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        target = urlsplit(self.behind)
        inner, outer = await asyncio.open_connection(target.hostname, target.port)
        outer.write(head)
        ways = [asyncio.create_task(_copy(reader, outer)), asyncio.create_task(_copy(inner, writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            outer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(HEAD):
            writer.write(data)
            await writer.drain()


@asynccontextmanager
async def wall(behind: str) -> AsyncIterator[Wall]:
    """One in front of `behind`, an address such as `http://127.0.0.1:8000`."""
    built = Wall(behind)
    server = await asyncio.start_server(built.serve, "127.0.0.1", limit=HEAD)
    built.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield built
    finally:
        server.close()
