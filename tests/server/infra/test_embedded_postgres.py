from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from server.infra.embedded_postgres import EmbeddedPostgres, embedded_postgres
from server.infra.process_table import started
from server.infra.program import ProgramError, start, until
from server.infra.socket_folder import make_socket_folder

LIMIT = 30.0


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder that PostgreSQL's user can reach, with a space in its name (pytest's own is private)."""
    folder = make_socket_folder()
    inside = folder / "my data"
    inside.mkdir()
    yield inside
    shutil.rmtree(folder)


def _server(data: Path, name: str) -> EmbeddedPostgres:
    sockets = data.parent / name
    sockets.mkdir()
    return embedded_postgres(data, sockets, durable=False)


@asynccontextmanager
async def _running(server: EmbeddedPostgres) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await start(server.program, asyncio.subprocess.DEVNULL)
    try:
        assert await until(server.answers, LIMIT)
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        async with asyncio.timeout(LIMIT):
            await process.wait()


async def _execute(server: EmbeddedPostgres, statement: str) -> None:
    connection = await asyncpg.connect(server.url, timeout=5)
    await connection.execute(statement)
    await connection.close()


async def test_data_survives_a_stop(data: Path) -> None:
    first = _server(data, "a")
    await first.prepare()
    async with _running(first):
        await _execute(first, "CREATE TABLE kept ()")
    second = _server(data, "b")
    await second.prepare()
    async with _running(second):
        await _execute(second, "DROP TABLE kept")


async def test_a_predecessor_that_still_runs_is_ended_in_order(data: Path) -> None:
    first = _server(data, "a")
    await first.prepare()
    async with _running(first) as old:
        second = _server(data, "b")
        await second.prepare()
        async with asyncio.timeout(LIMIT):
            assert await old.wait() == 0
        async with _running(second):
            await _execute(second, "SELECT 1")


async def test_a_lock_file_whose_number_went_to_another_process_is_no_obstacle(data: Path) -> None:
    first = _server(data, "a")
    await first.prepare()
    async with _running(first) as old:
        lock = first.cluster / "postmaster.pid"
        rest = lock.read_text().split("\n")[1:]
        old.kill()
        async with asyncio.timeout(LIMIT):
            await old.wait()
    lock.write_text("\n".join([str(os.getpid()), *rest]))
    second = _server(data, "b")
    await second.prepare()
    assert started(os.getpid()) is not None
    async with _running(second):
        await _execute(second, "SELECT 1")


async def test_a_half_made_cluster_is_made_again(data: Path) -> None:
    server = _server(data, "a")
    draft = server.cluster.with_name("18.draft")
    draft.mkdir()
    (draft / "PG_VERSION").write_text("18\n")
    await server.prepare()
    assert not draft.exists() and (server.cluster / "base").is_dir()


def test_data_of_another_version_is_left_alone(data: Path) -> None:
    _server(data, "a")
    (data / "postgres" / "17").mkdir()
    with pytest.raises(ProgramError, match="holds PostgreSQL 17; this is 18"):
        _server(data, "b")
