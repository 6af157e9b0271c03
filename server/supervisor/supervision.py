"""The order of things: servers, release, processes, ready; and back."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Coroutine

import httpx

from server.infra.process_table import started
from server.infra.program import Program, ProgramError, until
from server.settings import url_host
from server.supervisor.child import Child
from server.supervisor.console import Console
from server.supervisor.parts import Parts
from server.supervisor.run_file import Run, write_run
from server.supervisor.stop_request import StopRequest

READY_LIMIT = 60.0
RELEASE_LIMIT = 600.0
ANSWER_LIMIT = 2.0
DEATHS_FORGIVEN = 5
# After a kill -9 a server may have to wait some seconds for what its predecessor left.
SERVER_DEATHS_FORGIVEN = 9
PATIENCE = 20.0
# Stopped last, in this order: everything else speaks to them.
SERVERS = ("valkey", "postgres")

OnReady = Callable[[Run], Awaitable[None]]


class Supervision:
    """One instance from its start to its end."""

    def __init__(self, parts: Parts, commands: dict[str, str], wish: StopRequest) -> None:
        self._parts = parts
        self._commands = commands
        self._console = Console()
        self._wish = wish
        self._children: dict[str, Child] = {}
        self._run = Run(
            pid=os.getpid(),
            mark=started(os.getpid()),
            address=parts.address,
            database_url=parts.database_url,
            redis_url=parts.redis_url,
            simulator_url=parts.simulator_url,
            sockets=str(parts.sockets),
        )

    async def run(self, on_ready: OnReady | None) -> None:
        """Start all, wait until somebody asks to stop, stop all. Raises ProgramError where a part does not start."""
        write_run(self._parts.data, self._run)
        try:
            await self._unless_stopped(self._start())
            if on_ready is not None:
                await self._unless_stopped(self._tell(on_ready))
            await self._wish.asked.wait()
            self._console.say("Stopping… (once more to hurry)")
        finally:
            await self._stop()

    async def _start(self) -> None:
        await self._start_servers()
        if self._parts.simulator:
            self._begin(self._parts.simulator)
        await self._release()
        processes = [name for name in self._commands if name != "release"]
        self._console.say(f"Starting {', '.join(processes)}…")
        for name in processes:
            self._begin(self._parts.process(name, self._commands[name]))
        if self._parts.simulator:
            await self._until("simulator", self._simulator_answers)
        if "web" in self._commands:
            await self._until("web", self._web_answers)

    async def _start_servers(self) -> None:
        postgres, valkey = self._parts.postgres, self._parts.valkey
        if postgres:
            self._console.say("Starting PostgreSQL…" if postgres.cluster.is_dir() else "Making the database…")
            await postgres.prepare()
            self._begin(postgres.program)
        if valkey:
            self._console.say("Starting Valkey…")
            await valkey.prepare()
            self._begin(valkey.program)
        if postgres:
            await self._until("postgres", postgres.answers)
        if valkey:
            await self._until("valkey", valkey.answers)

    async def _release(self) -> None:
        if "release" not in self._commands:
            return
        self._console.say(f"Releasing ({self._commands['release']})…")
        child = self._begin(self._parts.process("release", self._commands["release"]), once=True)
        try:
            async with asyncio.timeout(RELEASE_LIMIT):
                await child.ended.wait()
        except TimeoutError:
            raise ProgramError(f"release did not finish within {RELEASE_LIMIT:g} s, so nothing else starts.") from None
        if child.status != 0:
            raise ProgramError(f"release failed (exit status {child.status}), so nothing else starts; see above why.")
        del self._children["release"]

    def _begin(self, program: Program, *, once: bool = False) -> Child:
        child = Child(program, self._console, self._note_children, once=once)
        self._children[program.name] = child
        child.start()
        return child

    async def _until(self, name: str, answers: Callable[[], Awaitable[bool]]) -> None:
        child = self._children[name]
        forgiven = SERVER_DEATHS_FORGIVEN if name in SERVERS else DEATHS_FORGIVEN

        async def settled() -> bool:
            return child.deaths >= forgiven or await answers()

        if not await until(settled, READY_LIMIT):
            raise ProgramError(f"{name} does not answer after {READY_LIMIT:g} s.")
        if child.deaths >= forgiven:
            raise ProgramError(f"{name} ended {child.deaths} times while it started; see above why.")

    async def _simulator_answers(self) -> bool:
        return await _status(f"{self._parts.simulator_url}/") is not None

    async def _web_answers(self) -> bool:
        return await _status(f"http://{url_host(self._parts.host)}:{self._parts.port}/readyz") == httpx.codes.OK

    async def _tell(self, on_ready: OnReady) -> None:
        try:
            async with asyncio.timeout(READY_LIMIT):
                await on_ready(self._run)
        except Exception as error:
            # Everything runs; a link that cannot be made is no reason to stop it.
            self._console.say(f"Atelier runs at {self._run.address}, but: {error!r}")

    def _note_children(self) -> None:
        living = {name: child.pid for name, child in self._children.items() if child.pid is not None}
        self._run.children = living
        self._run.marks = {name: mark for name, pid in living.items() if (mark := started(pid)) is not None}
        write_run(self._parts.data, self._run)

    async def _unless_stopped(self, work: Coroutine[None, None, None]) -> None:
        """Do `work`, unless somebody has asked to stop; then leave it where it is."""
        task = asyncio.create_task(work)
        asked = asyncio.create_task(self._wish.asked.wait())
        try:
            await asyncio.wait({task, asked}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                await task
        finally:
            asked.cancel()
            task.cancel()
            await asyncio.wait({task})

    async def _stop(self) -> None:
        others = [child for name, child in self._children.items() if name not in SERVERS]
        await asyncio.gather(*(child.stop(PATIENCE, self._wish.hurried) for child in others))
        for name in SERVERS:
            if name in self._children:
                await self._children[name].stop(PATIENCE, self._wish.hurried)


async def _status(url: str) -> int | None:
    """The HTTP status that `url` answers with; None where nobody answers."""
    async with httpx.AsyncClient(trust_env=False, timeout=ANSWER_LIMIT) as client:
        try:
            return (await client.get(url)).status_code
        except httpx.HTTPError:
            return None
