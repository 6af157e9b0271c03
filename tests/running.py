"""A running Atelier as its users run it: `atelier up` with everything embedded, in processes that can be killed."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from server.infra.database import PostgresDatabase
from server.infra.socket_folder import make_socket_folder
from server.supervisor.run_file import Run, find_running
from server.usecases import sign_in

ROOT = Path(__file__).parents[1]
READY_LIMIT = 90.0
STOP_LIMIT = 40.0
OWNER = "owner@atelier.local"
# A server closes a connection that lay idle, perhaps in the moment in which the next request sets out on it.
FRESH = httpx.Limits(max_keepalive_connections=0)


@dataclass
class Running:
    """One instance: its data folder, its address, and who can be hurt."""

    data: Path
    address: str
    simulator: httpx.AsyncClient
    log: Path

    @property
    def run(self) -> Run:
        """The run file as it is now: process numbers change as parts are started again."""
        run = find_running(self.data)
        assert run is not None, "the instance has ended"
        return run

    def kill(self, name: str) -> None:
        """`kill -9` a part."""
        os.kill(self.run.children[name], signal.SIGKILL)

    async def link(self, email: str = OWNER) -> str:
        """A new sign-in link of that person, who is added with a workspace of their own if new."""

        async def make(database: PostgresDatabase) -> str | None:
            await sign_in.add_account(database, email)
            return await sign_in.make_link(database, email)

        return f"{self.address}/#token={await self._ask(make)}"

    async def key(self, email: str = OWNER) -> str:
        """A new API key of that person, who is added with a workspace of their own if new."""

        async def make(database: PostgresDatabase) -> str:
            account = await sign_in.add_account(database, email)
            secret: str = (await sign_in.add_key(database, account, "tests"))["secret"]
            return secret

        return str(await self._ask(make))

    async def charges(self) -> list[dict[str, Any]]:
        """The simulator's ledger: the witness."""
        charges: list[dict[str, Any]] = (await self.simulator.get("/simulator/ledger")).json()["charges"]
        return charges

    async def simulate(self, **settings: Any) -> None:
        """Set the simulator."""
        (await self.simulator.post("/simulator/settings", json=settings)).raise_for_status()

    async def _ask(self, work: Any) -> Any:
        database = PostgresDatabase(self.run.database_url, pool=1)
        await database.connect()
        try:
            return await work(database)
        finally:
            await database.disconnect()


@asynccontextmanager
async def running(root: Path = ROOT, **environment: str) -> AsyncIterator[Running]:
    """Start everything on a new data folder; stop it and delete the folder at the end.

    `root` holds the code that runs: this tree, or a copy of it.
    """
    folder = make_socket_folder()
    data, log = folder / "var", folder / "log"
    inherited = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "server.cli", "up"),
            cwd=root,
            env={**inherited, "ATELIER_DATA": str(data), "PORT": "0", "PYTHONPATH": str(root), **environment},
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
        )
    try:
        await _ready(process, log)
        run = find_running(data)
        assert run is not None and run.simulator_url is not None
        async with httpx.AsyncClient(base_url=run.simulator_url, timeout=30, limits=FRESH) as simulator:
            yield Running(data, run.address, simulator, log)
    finally:
        await _stop(process)
        shutil.rmtree(folder, ignore_errors=True)


async def _ready(process: asyncio.subprocess.Process, log: Path) -> None:
    async with asyncio.timeout(READY_LIMIT):
        while "Sign in" not in _said(log):
            assert process.returncode is None, _said(log)
            await asyncio.sleep(0.05)


def _said(log: Path) -> str:
    return log.read_text(errors="replace")


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
        async with asyncio.timeout(STOP_LIMIT):
            await process.wait()
