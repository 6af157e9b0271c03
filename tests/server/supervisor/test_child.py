from __future__ import annotations

import asyncio
import io
import os
import re
import signal
import sys
from pathlib import Path

from server.infra.program import Program
from server.supervisor.child import Child
from server.supervisor.console import Console
from tests.server.supervisor.instance import alive

PATIENCE = 10.0


def _program(code: str, *, quiet: bool = False) -> Program:
    return Program("part", (sys.executable, "-c", code), dict(os.environ), quiet=quiet)


async def test_pauses_grow_while_it_keeps_dying() -> None:
    said = io.StringIO()
    died = asyncio.Event()

    def changed() -> None:
        if child.deaths >= 3:
            died.set()

    child = Child(_program("print('up'); raise SystemExit(7)"), Console(said), changed)
    child.start()
    async with asyncio.timeout(PATIENCE):
        await died.wait()
    await child.stop(PATIENCE, asyncio.Event())
    pauses = re.findall(r"ended \(exit status 7\); it starts again in (\S+) s", said.getvalue())
    assert pauses[:3] == ["0.1", "0.2", "0.4"]


async def test_a_quiet_program_speaks_when_it_dies() -> None:
    said = io.StringIO()
    died = asyncio.Event()

    def changed() -> None:
        if child.deaths >= 1:
            died.set()

    child = Child(_program("print('why'); raise SystemExit(1)", quiet=True), Console(said), changed)
    child.start()
    async with asyncio.timeout(PATIENCE):
        await died.wait()
    await child.stop(PATIENCE, asyncio.Event())
    assert said.getvalue().startswith("part      | why\npart      | ended")


async def test_lines_arrive_whole_and_endless_ones_in_pieces() -> None:
    said = io.StringIO()
    code = "import sys; sys.stdout.write('é' * 9 + '\\nx' + 'y' * 100_000)"
    child = Child(_program(code), Console(said), lambda: None, once=True)
    child.start()
    async with asyncio.timeout(PATIENCE):
        await child.ended.wait()
    lines = [line.removeprefix("part      | ") for line in said.getvalue().splitlines()]
    assert lines[0] == "é" * 9
    assert "".join(lines[1:]) == "x" + "y" * 100_000 and len(lines) > 3
    assert child.status == 0


async def test_stop_is_an_order_and_not_a_death() -> None:
    said = io.StringIO()
    running = asyncio.Event()
    child = Child(_program("import threading; threading.Event().wait()"), Console(said), running.set)
    child.start()
    async with asyncio.timeout(PATIENCE):
        await running.wait()
    pid = child.pid
    assert pid is not None
    await child.stop(PATIENCE, asyncio.Event())
    assert not alive(pid)
    assert child.status == -signal.SIGTERM and said.getvalue() == ""


async def test_it_may_be_told_to_stop_before_it_runs(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    child = Child(_program(f"open({str(mark)!r}, 'w')"), Console(io.StringIO()), lambda: None)
    child.start()
    async with asyncio.timeout(PATIENCE):
        await child.stop(PATIENCE, asyncio.Event())
    assert child.pid is None and not mark.exists()
