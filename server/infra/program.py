"""A command that runs in the foreground, tied to this process: it cannot outlive it (on Linux, even a kill -9)."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from server.infra.posix_user import PosixUser

LEASH = Path(__file__).with_name("leash.py").resolve()
TICK = 0.03


class ProgramError(Exception):
    """A program cannot be run or does not answer; the message is a sentence for the operator."""


@dataclass(frozen=True)
class Program:
    """What to run, as whom, and how to end it.

    `stop` asks it to end in order, `hurry` insists, `parting` is what it gets when this process is gone.
    `quiet` programs have nothing to say to an operator until they fail.
    """

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path = Path("/")
    user: PosixUser | None = None
    stop: signal.Signals = signal.SIGTERM
    hurry: signal.Signals = signal.SIGKILL
    parting: signal.Signals = signal.SIGKILL
    quiet: bool = False


async def start(program: Program, output: int | IO[bytes]) -> asyncio.subprocess.Process:
    """Start it in a session of its own, both its outputs in `output` (a file, or subprocess.PIPE).

    A command that does not exist ends with status 127 and says so on its output.
    """
    user = f"{program.user.uid}:{program.user.gid}" if program.user else "-"
    leash = (sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), str(int(program.parting)), user)
    return await asyncio.create_subprocess_exec(
        *leash,
        *program.argv,
        env=dict(program.environment),
        cwd=program.folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=output,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )


async def finish(program: Program, limit: float) -> None:
    """Run it to its end, within `limit` seconds. Raises ProgramError with the last of what it said."""
    process = await start(program, asyncio.subprocess.PIPE)
    try:
        async with asyncio.timeout(limit):
            said, _ = await process.communicate()
    except TimeoutError:
        raise ProgramError(f"{program.name} did not finish within {limit:g} s.") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        last = " ".join(said.decode(errors="replace").split()[-60:])
        raise ProgramError(f"{program.name} failed: {last}")


async def until(answers: Callable[[], Awaitable[bool]], limit: float) -> bool:
    """Whether `answers` says yes within `limit` seconds; it is asked again and again."""
    try:
        async with asyncio.timeout(limit):
            while not await answers():  # noqa: ASYNC110 (another process sets no event here)
                await asyncio.sleep(TICK)
            return True
    except TimeoutError:
        return False
