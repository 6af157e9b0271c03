"""A road to Redis on which commands can be held up and let through one by one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from server.infra.program import until


class SlowRoad:
    """Listens on `address` and passes everything on; while closed, commands wait in `held`."""

    def __init__(self, address: Path, target: Path) -> None:
        self.url = f"unix://{address}"
        self.held: list[bytes] = []
        self._target = target
        self._open = True
        self._forward: asyncio.StreamWriter | None = None
        self._ends: list[asyncio.StreamWriter] = []

    def close(self) -> None:
        """Hold up every command from now on."""
        self._open = False

    def let_through(self, number: int) -> None:
        """Pass on the first of what is held."""
        assert self._forward is not None
        for _ in range(number):
            self._forward.write(self.held.pop(0))

    def answer(self, words: bytes) -> None:
        """Say this to whoever came last, in the name of Redis."""
        self._ends[-2].write(words)

    async def holds(self, number: int) -> None:
        """Wait until so many commands are held up."""

        async def enough() -> bool:
            return len(self.held) >= number

        assert await until(enough, 10)

    def cut(self) -> None:
        """Break every connection."""
        for end in self._ends:
            end.close()
        self._ends, self.held = [], []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, to its end."""
        backward, forward = await asyncio.open_unix_connection(self._target)
        self._ends += [writer, forward]
        self._forward = forward
        answers = asyncio.create_task(_copy(backward, writer))
        with suppress(OSError, asyncio.IncompleteReadError):
            while True:
                command = await _command(reader)
                if self._open:
                    forward.write(command)
                else:
                    self.held.append(command)
        answers.cancel()
        forward.close()
        writer.close()


@asynccontextmanager
async def slow_road(target_url: str, folder: Path) -> AsyncIterator[SlowRoad]:
    """A road to the server at `target_url`, a unix address."""
    road = SlowRoad(folder / "road.sock", Path(target_url.removeprefix("unix://")))
    server = await asyncio.start_unix_server(road.serve, folder / "road.sock")
    yield road
    road.cut()
    server.close()
    await server.wait_closed()


async def _command(reader: asyncio.StreamReader) -> bytes:
    read = [await reader.readuntil(b"\r\n")]
    for _ in range(int(read[0][1:])):
        read.append(await reader.readuntil(b"\r\n"))
        read.append(await reader.readexactly(int(read[-1][1:]) + 2))
    return b"".join(read)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
    writer.close()
