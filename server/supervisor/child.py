"""One program, started again whenever it ends, until it is told to stop."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from server.infra.program import Program, start
from server.supervisor.console import Console

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 10.0
HEALTHY_AFTER = 10.0
KILL_LIMIT = 5.0
DRAIN_LIMIT = 1.0
LINES_KEPT = 40
LONGEST_LINE = 16 * 1024


class Child:
    """Runs `program`; `changed` is called after each start and each end, with its process number in `pid`.

    With `once`, its end is final: `ended` is set and `status` holds its exit status.
    """

    def __init__(self, program: Program, console: Console, changed: Callable[[], None], *, once: bool = False) -> None:
        self.program = program
        self.pid: int | None = None
        self.status: int | None = None
        self.deaths = 0
        self.ended = asyncio.Event()
        self._console = console
        self._changed = changed
        self._once = once
        self._stopping = asyncio.Event()
        self._held: deque[str] = deque(maxlen=LINES_KEPT)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; returns at once."""
        self._task = asyncio.create_task(self._keep(), name=f"keep {self.program.name}")

    async def stop(self, patience: float, hurry: asyncio.Event) -> None:
        """Ask it to end, insist after `patience` seconds or as soon as `hurry` is set, then kill its whole group."""
        if self._task is None:
            return
        self._stopping.set()
        self._send(self.program.stop)
        if not await self._ends_within(patience, hurry):
            self._send(self.program.hurry)
            if not await self._ends_within(KILL_LIMIT):
                self._send(signal.SIGKILL)
        await asyncio.wait({self._task}, timeout=KILL_LIMIT)
        self._task.cancel()

    async def _ends_within(self, patience: float, hurry: asyncio.Event | None = None) -> bool:
        assert self._task is not None
        waiters: set[asyncio.Task[object]] = {asyncio.create_task(self.ended.wait())}
        if hurry is not None:
            waiters.add(asyncio.create_task(hurry.wait()))
        await asyncio.wait(waiters, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        for waiter in waiters:
            waiter.cancel()
        return self.ended.is_set()

    async def _keep(self) -> None:
        pause = FIRST_PAUSE
        clock = asyncio.get_running_loop().time
        try:
            while not self._stopping.is_set():
                began = clock()
                self.status = await self._run()
                if self._once or self._stopping.is_set():
                    return
                self.deaths += 1
                if clock() - began >= HEALTHY_AFTER:
                    pause = FIRST_PAUSE
                self._mourn(pause)
                await self._stopped_within(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
        finally:
            self.ended.set()

    async def _run(self) -> int:
        process = await start(self.program, asyncio.subprocess.PIPE)
        assert process.stdout is not None
        self.pid = process.pid
        self._changed()
        pump = asyncio.create_task(self._pump(process.stdout))
        if self._stopping.is_set():
            # It was told to stop before there was a process to tell.
            self._send(self.program.stop)
        try:
            return await process.wait()
        finally:
            # What it started goes with it; these could also hold its output open.
            _kill_group(process.pid)
            self.pid = None
            self._changed()
            await asyncio.wait({pump}, timeout=DRAIN_LIMIT)
            pump.cancel()

    async def _pump(self, output: asyncio.StreamReader) -> None:
        rest = b""
        while chunk := await output.read(LONGEST_LINE):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self._show(line)
            if len(rest) > LONGEST_LINE:
                self._show(rest)
                rest = b""
        if rest:
            self._show(rest)

    def _show(self, line: bytes) -> None:
        text = line.decode(errors="replace").rstrip("\r")
        if self.program.quiet:
            self._held.append(text)
        else:
            self._console.line(self.program.name, text)

    def _mourn(self, pause: float) -> None:
        while self._held:
            self._console.line(self.program.name, self._held.popleft())
        end = f"exit status {self.status}"
        if self.status is not None and self.status < 0:
            end = signal.Signals(-self.status).name
        self._console.line(self.program.name, f"ended ({end}); it starts again in {pause:g} s")

    async def _stopped_within(self, pause: float) -> None:
        try:
            async with asyncio.timeout(pause):
                await self._stopping.wait()
        except TimeoutError:
            pass

    def _send(self, order: signal.Signals) -> None:
        if self.pid is None:
            return
        if order == signal.SIGKILL:
            _kill_group(self.pid)
            return
        with suppress(ProcessLookupError):
            os.kill(self.pid, order)


def _kill_group(pid: int) -> None:
    # macOS answers "not permitted" for a group of which only zombies are left.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
