"""Between the workers and the simulator: a door that can be shut, slow, deaf or cut while the witness runs on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Literal

CHUNK = 64 * 1024
TICK = 0.05
Mode = Literal["open", "refuse", "slow", "silent", "cut"]


class Gate:
    """Forwards connections to `port` of this machine. `address` stays the same, whatever the mode."""

    def __init__(self, port: int) -> None:
        self.port = 0
        self._to = port
        self._mode: Mode = "open"
        self._delay = 0.0
        self._server: asyncio.Server | None = None
        self._doors: set[asyncio.StreamWriter] = set()

    @property
    def address(self) -> str:
        """The base URL that the product is given."""
        return f"http://127.0.0.1:{self.port}"

    async def open(self) -> None:
        """Listen; on the port of the last time, if there was one."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=CHUNK)
        self.port = self._server.sockets[0].getsockname()[1]

    async def set(self, mode: Mode, delay: float = 0.0) -> None:
        """Refuse every connection; hold each answer back for `delay` seconds; swallow answers; cut at an answer."""
        self._mode, self._delay = mode, delay
        if mode == "refuse":
            await self.close()
        elif self._server is None:
            await self.open()

    async def close(self) -> None:
        """Stop listening, and cut what is open."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for door in list(self._doors):
            door.transport.abort()

    @asynccontextmanager
    async def being(self, mode: Mode, delay: float = 0.0) -> AsyncIterator[None]:
        """In that mode for a while; whoever was kept waiting in silence is cut at its end."""
        await self.set(mode, delay)
        try:
            yield
        finally:
            if mode == "silent":
                await self.close()
            await self.set("open")

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._doors.add(writer)
        try:
            theirs, ours = await asyncio.open_connection("127.0.0.1", self._to, limit=CHUNK)
        except OSError:
            writer.transport.abort()
            self._doors.discard(writer)
            return
        pumps = [asyncio.create_task(_pump(reader, ours)), asyncio.create_task(self._answer(theirs, writer))]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            if not pumps[1].done():
                # Who has asked and closes its half may still be answered; who is gone is not.
                await asyncio.wait(pumps, timeout=1.0)
        finally:
            for pump in pumps:
                pump.cancel()
            for end in (ours, writer):
                end.transport.abort() if end is ours else end.close()
            self._doors.discard(writer)

    async def _answer(self, theirs: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await theirs.read(CHUNK):
                if self._mode == "slow":
                    await asyncio.sleep(self._delay)
                if self._mode == "cut":
                    writer.transport.abort()
                    return
                if self._mode != "silent":
                    writer.write(chunk)
                    await writer.drain()
            while self._mode == "silent":  # noqa: ASYNC110 (nothing waits for its end but this)
                # Its end is an answer, too.
                await asyncio.sleep(TICK)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()
