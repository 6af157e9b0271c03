"""Both embedded servers in a temporary folder, empty and quick: what tests and benches run on."""

from __future__ import annotations

import asyncio
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from server.infra.embedded_postgres import EmbeddedPostgres, embedded_postgres
from server.infra.embedded_valkey import EmbeddedValkey, embedded_valkey
from server.infra.program import ProgramError, start, until
from server.infra.socket_folder import make_socket_folder

# Of Linux, as large as half of the memory there is; in a container often much smaller.
IN_MEMORY = Path("/dev/shm")
# What PostgreSQL keeps of its log, several times over.
ENOUGH_MEMORY = 4 << 30
READY_LIMIT = 30.0
STOP_LIMIT = 10.0


@dataclass(frozen=True)
class ThrowawayServers:
    """Their URLs, and the process numbers for whoever wants to hurt them."""

    database_url: str
    redis_url: str
    postgres_pid: int
    valkey_pid: int


@asynccontextmanager
async def throwaway_servers(*, in_memory: bool = False) -> AsyncIterator[ThrowawayServers]:
    """Start an empty PostgreSQL and Valkey; end both and delete their files at the end. Raises ProgramError.

    `in_memory`: their files lie on no disk, where there is room for that.
    """
    async with AsyncExitStack() as stack:
        folder = make_socket_folder(*(_memory() if in_memory else ()))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        postgres = embedded_postgres(folder, folder, durable=False)
        valkey = embedded_valkey(folder, folder)
        pids = await asyncio.gather(_run(stack, postgres, folder), _run(stack, valkey, folder))
        yield ThrowawayServers(postgres.url, valkey.url, *pids)


def _memory() -> list[str]:
    if not IN_MEMORY.is_dir() or shutil.disk_usage(IN_MEMORY).free < ENOUGH_MEMORY:
        return []
    return [str(IN_MEMORY)]


async def _run(stack: AsyncExitStack, server: EmbeddedPostgres | EmbeddedValkey, folder: Path) -> int:
    """Run one server until the stack closes; its output goes to a file. The process number."""
    await server.prepare()
    log = folder / f"{server.program.name}.log"
    with log.open("wb") as output:
        process = await start(server.program, output)
    stack.push_async_callback(_end, process, server.program.stop)
    if not await until(server.answers, READY_LIMIT):
        said = log.read_text(errors="replace")[-2000:]
        raise ProgramError(f"{server.program.name} does not answer after {READY_LIMIT:g} s: {said}")
    return process.pid


async def _end(process: asyncio.subprocess.Process, order: signal.Signals) -> None:
    if process.returncode is not None:
        return
    process.send_signal(order)
    try:
        async with asyncio.timeout(STOP_LIMIT):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
