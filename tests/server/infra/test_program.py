from __future__ import annotations

import asyncio
import os
import signal
import sys

import pytest

from server.infra.process_table import started
from server.infra.program import Program, ProgramError, finish, start, until
from server.setup.virtualenv import ROOT

LIMIT = 10.0
WAIT = "import threading; threading.Event().wait()"
# Starts a program on the leash, tells its number, and is gone without a word of farewell.
PARENT = f"""
import asyncio, os, sys
from server.infra.program import Program, start
async def main():
    program = Program("child", (sys.executable, "-c", {WAIT!r}), {{}})
    process = await start(program, asyncio.subprocess.DEVNULL)
    print(process.pid, flush=True)
    sys.stdin.read()
asyncio.run(main())
"""


def _python(code: str) -> Program:
    return Program("part", (sys.executable, "-c", code), {"GREETING": "hello"})


async def test_it_runs_in_a_session_of_its_own_with_its_environment() -> None:
    told = "os.getsid(0) == os.getpid(), os.environ['GREETING'], signal.getsignal(signal.SIGINT)"
    code = f"import os, signal; print({told})"
    process = await start(_python(code), asyncio.subprocess.PIPE)
    async with asyncio.timeout(LIMIT):
        said, _ = await process.communicate()
    assert said.startswith(b"True hello <built-in function default_int_handler>")


async def test_a_missing_command_says_so() -> None:
    process = await start(Program("part", ("/no/such command",), {}), asyncio.subprocess.PIPE)
    async with asyncio.timeout(LIMIT):
        said, _ = await process.communicate()
    assert (process.returncode, said) == (127, b"/no/such command: No such file or directory\n")


async def test_it_ends_with_its_parent_even_a_killed_one() -> None:
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PARENT),
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert parent.stdout is not None
    async with asyncio.timeout(LIMIT):
        pid = int(await parent.stdout.readline())
        assert started(pid) is not None
        parent.kill()
        await parent.wait()
    if sys.platform != "linux":
        # Nothing tells a process there; the next start sweeps (test_run_file).
        os.kill(pid, signal.SIGKILL)

    async def gone() -> bool:
        return started(pid) is None

    assert await until(gone, LIMIT)


async def test_finish_tells_what_a_failed_program_said_last() -> None:
    await finish(_python("print('fine')"), LIMIT)
    with pytest.raises(ProgramError, match=r"^part failed: the disk is full$"):
        await finish(_python("print('the disk\\nis full'); raise SystemExit(1)"), LIMIT)


async def test_finish_does_not_wait_for_ever() -> None:
    with pytest.raises(ProgramError, match=r"did not finish within 0\.2 s"):
        await finish(_python(WAIT), 0.2)
