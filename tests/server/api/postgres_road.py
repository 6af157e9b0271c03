"""The road to PostgreSQL, as a socket of our own that can be cut and mended: the server itself is everybody's."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from server.infra.socket_folder import make_socket_folder

NAME = ".s.PGSQL.5432"


class PostgresRoad:
    """Carries bytes between `folder` and the server's socket."""

    def __init__(self, folder: Path, server: Path) -> None:
        self._here = folder / NAME
        self._server = server
        self._door: asyncio.Server | None = None
        self._travellers: set[asyncio.Task[None]] = set()

    async def mend(self) -> None:
        """Let connections through."""
        self._door = await asyncio.start_unix_server(self._travel, self._here)

    async def cut(self) -> None:
        """End every connection, and refuse new ones."""
        if self._door is not None:
            self._door.close()
            self._here.unlink(missing_ok=True)
        for traveller in list(self._travellers):
            traveller.cancel()
        await asyncio.gather(*self._travellers, return_exceptions=True)

    async def _travel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._travellers.add(task)
        onward: asyncio.StreamWriter | None = None
        try:
            beyond, onward = await asyncio.open_unix_connection(self._server)
            await asyncio.wait(
                [asyncio.create_task(_carry(reader, onward)), asyncio.create_task(_carry(beyond, writer))],
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            self._travellers.discard(task)
            for end in filter(None, (writer, onward)):
                end.transport.abort()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()


@asynccontextmanager
async def postgres_road(database_url: str) -> AsyncIterator[tuple[PostgresRoad, str]]:
    """An open road, and the URL of the same database over it."""
    (folder,) = parse_qs(urlsplit(database_url).query)["host"]
    ours = make_socket_folder()
    road = PostgresRoad(ours, Path(folder) / NAME)
    try:
        await road.mend()
        yield road, database_url.replace(folder, str(ours))
    finally:
        await road.cut()
        shutil.rmtree(ours, ignore_errors=True)
