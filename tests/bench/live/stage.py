"""The parts that every contestant shares, on the core that is not the server's, and what is measured with."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from redis.asyncio import Redis

from server.infra.embedded import throwaway_servers
from server.infra.migrations import migrate
from server.infra.program import Program, start
from tests.bench.live.machine import Cores, Moment, look, pin, settle_down
from tests.bench.live.programs import Programs, compile_programs

CLIENTS = 12_000
"""Connections that Redis takes: one of the peers has one for each of its sockets."""
READY_LIMIT = 60.0
STOP_LIMIT = 5.0


@dataclass(frozen=True)
class Stage:
    """`folder` is a temporary one, for whatever a contestant builds."""

    cores: Cores
    programs: Programs
    database_url: str
    redis_url: str
    folder: Path

    def look(self, *pids: int) -> Moment:
        """What was used until now, by a server of these processes."""
        return look(time.monotonic(), self.cores, pids)

    @asynccontextmanager
    async def server(
        self, program: Program, ready: Callable[[], Awaitable[bool]]
    ) -> AsyncIterator[asyncio.subprocess.Process]:
        """Run a program on the server's core, from when `ready` says so until the block ends.

        Raises RuntimeError with what it said where it is not ready in time.
        """
        log = self.folder / f"{program.name}.log"
        with log.open("wb") as output:
            process = await start(program, output)
        pin(process.pid, self.cores.server)
        try:
            await _until_ready(process, ready, log)
            yield process
        finally:
            await _end(process)


async def _until_ready(process: asyncio.subprocess.Process, ready: Callable[[], Awaitable[bool]], log: Path) -> None:
    end = time.monotonic() + READY_LIMIT
    while not await ready():
        if process.returncode is not None or time.monotonic() > end:
            raise RuntimeError(f"a server did not start: {_said(log)}")
        await asyncio.sleep(0.01)


def _said(log: Path) -> str:
    return log.read_text(errors="replace")[-2000:]


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
    async with asyncio.timeout(STOP_LIMIT):
        await process.wait()


@asynccontextmanager
async def open_stage() -> AsyncIterator[Stage]:
    """Compile, start PostgreSQL and Redis, and keep this process off the server's core."""
    with tempfile.TemporaryDirectory(prefix="live-bench-") as name:
        folder = Path(name)
        programs = await compile_programs(folder)
        cores = settle_down()
        async with throwaway_servers() as servers:
            await migrate(servers.database_url)
            await _allow_clients(servers.redis_url)
            yield Stage(cores, programs, servers.database_url, servers.redis_url, folder)


async def _allow_clients(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as redis:
        await redis.config_set("maxclients", CLIENTS)


async def listens(port: int) -> bool:
    """Whether somebody takes connections there."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
