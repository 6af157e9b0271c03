"""The instance under fire: a copy of the code with armed processes, a provider behind a gate, and hands to hurt it."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from server.infra.process_table import started
from tests.chaos.gate import Gate
from tests.chaos.mutations import Edit
from tests.chaos.post import Post, open_post
from tests.chaos.times import Times
from tests.running import FRESH, ROOT, Running, running

LEFT_OUT = (".venv", "var", "node_modules", ".git", "*_cache", "__pycache__", ".hypothesis", "*.egg-info", "images")
WORKERS = ("worker", "worker2")
ARMED = ("web", *WORKERS, "rescue")
CALM = {"failure_rates": {"never": 0, "flag_3": 0, "flag_2": 0}}
POLL = 0.05
PUSH_GRACE = 12.0
"""Seconds after the turn of whoever died within which another has sent it: as late as rescue may be."""


class Missed(Exception):
    """The fault could not be brought about; the message says which."""


@dataclass
class House:
    """Everything that runs, and how to hurt it. `simulator` reaches the provider past the gate: the witness."""

    atelier: Running
    gate: Gate
    simulator: httpx.AsyncClient
    times: Times
    post: Post

    @property
    def orders(self) -> Path:
        """Where the armed processes look for their orders."""
        return self.atelier.data / "chaos"

    def pid(self, name: str) -> int:
        """The process number of a part as it is now. Raises `Missed` while it has none."""
        pid = self.atelier.run.children.get(name)
        if pid is None:
            raise Missed(f"{name} does not run just now")
        return pid

    def pids(self, *names: str) -> dict[str, int]:
        """The same of several, left out where they do not run."""
        children = self.atelier.run.children
        return {name: children[name] for name in names if name in children}

    def send(self, name: str, order: signal.Signals) -> int:
        """Send a signal to a part; its process number."""
        pid = self.pid(name)
        with suppress(ProcessLookupError):
            os.kill(pid, order)
        return pid

    async def gone(self, pid: int, patience: float = 30.0) -> None:
        """Until that process has ended."""
        await until(lambda: started(pid) is None, patience, f"process {pid} goes on")

    async def back(self, name: str, old: int, patience: float = 30.0) -> None:
        """Until the supervisor has started the part again."""
        await until(lambda: self.atelier.run.children.get(name) not in (None, old), patience, f"{name} stays away")

    async def at_work(self, name: str, patience: float = 30.0) -> None:
        """Until a worker has opened its workshop: its decoders, which are its children, have been started."""
        pid = self.pid(name)
        children = Path(f"/proc/{pid}/task/{pid}/children")
        await until(lambda: bool(children.read_text()), patience, f"{name} does not begin")

    @contextmanager
    def order(self, point: str, *match: str, do: str = "kill") -> Iterator[Order]:
        """An order for a crash point, given while what is done there holds every word of `match`."""
        path = self.orders / point
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps({"do": do, "match": match}))
        draft.rename(path)
        try:
            yield Order(path)
        finally:
            path.unlink(missing_ok=True)
            for taken in path.parent.glob(f"{path.name}.taken.*"):
                taken.unlink()

    @contextmanager
    def standing_still(self, *names: str) -> Iterator[None]:
        """SIGSTOP these parts for a while."""
        pids = list(self.pids(*names).values())
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    @asynccontextmanager
    async def kept_down(self, name: str) -> AsyncIterator[None]:
        """Kill a part as often as it is started again, for a while; it runs again after that."""

        async def kill() -> None:
            while True:
                for pid in self.pids(name).values():
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                await asyncio.sleep(POLL / 2)

        killing = asyncio.create_task(kill())
        try:
            yield
        finally:
            killing.cancel()
        await until(lambda: name in self.atelier.run.children, 30, f"{name} stays away")

    @contextmanager
    def full_disk(self, *names: str) -> Iterator[None]:
        """Let the kernel refuse whatever these parts write to files past the first 1,000 bytes."""
        before = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in self.pids(*names).values()}
        for pid, (_, hard) in before.items():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (1_000, hard))
        try:
            yield
        finally:
            for pid, limits in before.items():
                with suppress(ProcessLookupError):
                    resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)

    async def fetch(self, query: str, *values: Any, patience: float = 30.0) -> list[asyncpg.Record]:
        """Rows of the database, asked for until it answers."""
        async with asyncio.timeout(patience):
            while True:
                try:
                    connection = await asyncpg.connect(self.atelier.run.database_url, timeout=5)
                    try:
                        return list(await connection.fetch(query, *values, timeout=10))
                    finally:
                        connection.terminate()
                except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                    await asyncio.sleep(POLL)

    async def simulate(self, **settings: Any) -> None:
        """Set the simulator."""
        (await self.simulator.post("/simulator/settings", json=settings)).raise_for_status()

    async def witness(self, what: str) -> list[dict[str, Any]]:
        """The simulator's `charges`, `tasks` or `requests`."""
        path = {"charges": "ledger"}.get(what, what)
        found: list[dict[str, Any]] = (await self.simulator.get(f"/simulator/{path}")).json()[what]
        return found


@dataclass(frozen=True)
class Order:
    """An order that was given."""

    path: Path

    async def taken(self, patience: float = 15.0) -> int:
        """The number of the process that took it. Raises `Missed` where nobody does."""
        pattern = f"{self.path.name}.taken.*"
        await until(lambda: any(self.path.parent.glob(pattern)), patience, f"nobody came to: {self.path.name}")
        return int(next(self.path.parent.glob(pattern)).suffix[1:])


async def until(met: Callable[[], bool], patience: float, otherwise: str) -> None:
    """Look again and again. Raises `Missed` with that sentence."""
    try:
        async with asyncio.timeout(patience):
            while not met():  # noqa: ASYNC110 (other processes set no event here)
                await asyncio.sleep(POLL)
    except TimeoutError:
        raise Missed(f"{otherwise} (waited {patience:g} s)") from None


def copy_tree(to: Path, edits: Sequence[Edit] = ()) -> None:
    """A copy of the code whose Procfile starts armed processes, two workers among them; edited if asked."""
    shutil.copytree(ROOT, to, ignore=shutil.ignore_patterns(*LEFT_OUT), symlinks=True)
    for edit in edits:
        edit.apply(to)
    lines = ["release: atelier migrate", *(f"{role}: python -m tests.chaos.armed {role}" for role in ARMED)]
    (to / "Procfile").write_text("\n".join(lines) + "\n")


@asynccontextmanager
async def open_house(times: Times, edits: Sequence[Edit] = ()) -> AsyncIterator[House]:
    """Start all of it on nothing; stop it and delete its files at the end."""
    with tempfile.TemporaryDirectory(prefix="chaos-", ignore_cleanup_errors=True) as folder:
        tree = Path(folder) / "tree"
        copy_tree(tree, edits)
        async with (
            _simulator() as port,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30, limits=FRESH) as direct,
            open_post(times.push_turn + PUSH_GRACE) as post,
        ):
            gate = Gate(port)
            await gate.open()
            environment = {
                **times.environment,
                "NANOBANANA_SIMULATOR_URL": gate.address,
                "PUSH_PRIVATE_ORIGIN": post.service.url,
            }
            try:
                async with running(tree, **environment) as atelier:
                    house = House(atelier, gate, direct, times, post)
                    await house.simulate(**CALM, duration=0.5)
                    yield house
            finally:
                await gate.close()


@asynccontextmanager
async def _simulator() -> AsyncIterator[int]:
    """The provider, from the tree that is not edited; it forgets everything when it stops, so it never does."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "jobs.nanobanana.simulator"),
        cwd=ROOT,
        env={**os.environ, "NANOBANANA_SIMULATOR_SPEED": "25"},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            said = (await process.stdout.readline()).decode()
        yield int(said.rpartition(":")[2])
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
