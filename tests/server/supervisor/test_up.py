"""`up` as a person meets it: a real supervisor with real servers and real processes."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import asyncpg

from server.supervisor.run_file import find_running
from tests.server.supervisor.instance import Instance, alive, wait_for

Launch = Callable[..., Instance]
PARTS = {"postgres", "valkey", "simulator", "web", "worker"}


def test_starts_everything_restarts_what_dies_and_stops_cleanly(launch: Launch) -> None:
    instance = launch()
    instance.wait_ready()
    run = find_running(instance.data)
    assert run is not None and set(run.children) == PARTS
    assert f"READY {run.address}" in instance.output
    assert f"worker    | worker of {run.database_url} {run.redis_url}" in instance.output
    assert (instance.folder / "released").read_text() == "x"

    for name in ("worker", "valkey", "postgres"):
        old = run.children[name]
        os.kill(old, signal.SIGKILL)
        wait_for(lambda name=name, old=old: instance.children().get(name, old) != old, f"{name} again")  # type: ignore[misc]
    assert "worker    | ended (SIGKILL); it starts again in 0.1 s" in instance.output
    asyncio.run(_select_one(run.database_url))

    refused = launch()
    assert refused.wait() == 1
    assert f"Atelier already runs on {instance.data} at {run.address}." in instance.output

    pids = list(instance.children().values())
    instance.send(signal.SIGTERM)
    assert instance.wait() == 0
    assert [pid for pid in pids if alive(pid)] == []
    assert instance.run_file() is None and find_running(instance.data) is None
    assert run.sockets is not None and not Path(run.sockets).exists()


def test_nothing_outlives_a_killed_supervisor_and_the_next_one_finds_its_data(launch: Launch) -> None:
    first = launch()
    first.wait_ready()
    run = find_running(first.data)
    assert run is not None
    asyncio.run(_execute(run.database_url, "CREATE TABLE kept (); CHECKPOINT"))
    first.send(signal.SIGKILL)
    first.wait()
    assert find_running(first.data) is None

    second = launch()
    wait_for(lambda: second.output.count("READY") == 2, "the second start")
    assert [name for name, pid in run.children.items() if alive(pid)] == []
    assert run.sockets is not None and not Path(run.sockets).exists()
    again = find_running(second.data)
    assert again is not None
    asyncio.run(_execute(again.database_url, "DROP TABLE kept"))


def test_a_second_signal_hurries_and_the_whole_group_goes(launch: Launch) -> None:
    instance = launch("web: python web.py\nworker: python stubborn.py\n")
    instance.wait_ready()
    wait_for(lambda: "worker    | no" in instance.output, "the stubborn worker")
    pids = [*instance.children().values(), int((instance.folder / "grandchild.pid").read_text())]
    instance.send(signal.SIGINT)
    wait_for(lambda: "web" not in instance.children(), "web to stop")
    assert alive(instance.children()["worker"])
    instance.send(signal.SIGINT)
    assert instance.wait() == 0
    assert [pid for pid in pids if alive(pid)] == []


def test_a_failed_release_stops_everything(launch: Launch) -> None:
    instance = launch('release: python -c "raise SystemExit(3)"\nweb: python web.py\n')
    assert instance.wait() == 1
    assert "release failed (exit status 3), so nothing else starts" in instance.output
    assert "Starting web" not in instance.output
    assert instance.run_file() is None


def test_a_process_that_cannot_start_is_given_up(launch: Launch) -> None:
    instance = launch("web: no-such-command\n", DATABASE_URL="postgresql://elsewhere/x", REDIS_URL="redis://elsewhere")
    assert instance.wait() == 1
    assert "web ended 5 times while it started" in instance.output
    assert "PostgreSQL" not in instance.output and "Valkey" not in instance.output


def test_a_busy_port_is_said_before_anything_starts(launch: Launch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        instance = launch(PORT=str(port))
        assert instance.wait() == 1
    assert instance.output.startswith(f"atelier: Port {port} is already in use on 127.0.0.1; choose another: PORT=")
    assert instance.output.count("\n") == 1


async def _select_one(url: str) -> None:
    async def connect() -> asyncpg.Connection:
        while True:
            try:
                return await asyncpg.connect(url, timeout=2)
            except (OSError, asyncpg.PostgresError):
                await asyncio.sleep(0.02)

    async with asyncio.timeout(10):
        connection = await connect()
        assert await connection.fetchval("SELECT 1") == 1
        await connection.close()


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url, timeout=5)
    await connection.execute(statement)
    await connection.close()
