"""How much one worker process bears: unfinished images of any number, each asked for when it is due.

Two figures for each number. *Steady*: the polls are spread so that `RATE` a second are due, and each one's lag is the
time from its `wake_at` to its arrival at the provider. *At once*: all are due together, and the worker shows how many
polls a second it can do, and how many for each second of its processor time.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import httpx
from redis.asyncio import Redis

from server.core.stores import Wake
from server.infra.database import PostgresDatabase
from server.infra.embedded import throwaway_servers
from server.infra.migrations import migrate
from server.infra.queue import QUEUE_NAME, ArqQueue
from server.usecases import sign_in
from tests.studio import eventually

ROOT = Path(__file__).parents[2]
RATE = 300.0
COUNTS = (100, 1_000, 10_000)
PATIENCE = 240.0


@dataclass(frozen=True)
class Load:
    """What the worker was seen to do: polls a second of clock and of processor time, lags in seconds, its memory."""

    images: int
    steady_p50: float
    steady_p99: float
    per_second: float
    per_cpu_second: float
    megabytes: float


@dataclass
class Stage:
    """The parts, and where the worker can be looked at."""

    database_url: str
    redis_url: str
    provider: httpx.AsyncClient
    environment: dict[str, str]

    @asynccontextmanager
    async def worker(self) -> AsyncIterator[int]:
        """A worker process; its number."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "jobs.worker"), cwd=ROOT, env=self.environment, stdout=asyncio.subprocess.DEVNULL
        )
        try:
            yield process.pid
        finally:
            process.send_signal(signal.SIGKILL)
            await process.wait()


async def main(runs: int) -> None:
    """Measure every count once and print how it grows."""
    loads = [await measure(count) for count in COUNTS]
    print("| unfinished images | poll lag median s | p99 s | polls/s, all due | polls/s a core | worker's memory MB |")
    print("| --- | --- | --- | --- | --- | --- |")
    for load in loads:
        print(
            f"| {load.images:,} | {load.steady_p50:.3f} | {load.steady_p99:.3f} | {load.per_second:.0f} "
            f"| {load.per_cpu_second:.0f} | {load.megabytes:.0f} |"
        )


async def measure(images: int) -> Load:
    """One number of images, on parts of its own."""
    async with _stage() as stage:
        tasks = await _seed(stage, images)
        async with stage.worker() as worker:
            await _hears(stage)
            lags = await _steady(stage, tasks)
            seconds, processor = await _at_once(stage, tasks, worker)
            return Load(
                images=images,
                steady_p50=lags[len(lags) // 2],
                steady_p99=lags[int(0.99 * (len(lags) - 1))],
                per_second=images / seconds,
                per_cpu_second=images / processor,
                megabytes=_memory(worker),
            )


@asynccontextmanager
async def _stage() -> AsyncIterator[Stage]:
    async with throwaway_servers() as servers, _provider() as port:
        await migrate(servers.database_url)
        provider = f"http://127.0.0.1:{port}"
        with tempfile.TemporaryDirectory() as data:
            environment = {
                **os.environ,
                "ATELIER_DATA": data,
                "DATABASE_URL": servers.database_url,
                "REDIS_URL": servers.redis_url,
                "NANOBANANA_SIMULATOR_URL": provider,
                "LOG_JSON": "1",
            }
            async with httpx.AsyncClient(base_url=provider, timeout=60) as client:
                yield Stage(servers.database_url, servers.redis_url, client, environment)


@asynccontextmanager
async def _provider() -> AsyncIterator[str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.busy_provider"), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        yield (await process.stdout.readline()).decode().strip()
    finally:
        process.kill()
        await process.wait()


async def _seed(stage: Stage, images: int) -> list[UUID]:
    """Images that the provider is generating, with their attempts; none is due for an hour."""
    database = PostgresDatabase(stage.database_url, pool=1)
    await database.connect()
    account = await sign_in.add_account(database, "maker@example.org")
    await database.disconnect()
    connection = await asyncpg.connect(stage.database_url)
    workspace = await connection.fetchval("SELECT workspace FROM membership WHERE account = $1", account)
    project = uuid4()
    await connection.execute("INSERT INTO project (id, workspace, name) VALUES ($1, $2, 'bench')", project, workspace)
    ids = [uuid4() for _ in range(images)]
    await connection.execute(_IMAGES, ids, workspace, project)
    await connection.execute(_ATTEMPTS, ids, workspace)
    await connection.execute("ANALYZE")
    await connection.close()
    return ids


_IMAGES = """
    INSERT INTO image (id, workspace, project, kind, status, prompt, model, options, estimate, attempt, task_seen,
                       dispatched_at, wake_at, deadline_at, metadata)
    SELECT id, $2, $3, 'generation', 'processing', 'a lighthouse', 'nano-banana-2', '{"resolution": "1K"}',
           '{"p50": 600, "p90": 1200}', 1, true, now(), now() + interval '1 hour', now() + interval '1 day',
           jsonb_build_object('nanobanana_task_id', id::text)
    FROM unnest($1::uuid[]) AS id
"""
_ATTEMPTS = """
    INSERT INTO attempt (id, image, workspace, number, nonce_hash, model, resolution, task_id, accepted_at)
    SELECT id, id, $2, 1, id::text::bytea, 'nano-banana-2', '1K', id::text, now() FROM unnest($1::uuid[]) AS id
"""


async def _hears(stage: Stage) -> None:
    """Wait until the worker has taken a first wake-up."""
    queue = ArqQueue(stage.redis_url)
    await queue.enqueue(Wake("dispatch"))
    await queue.aclose()
    async with Redis.from_url(stage.redis_url) as redis:
        await eventually(lambda: redis.zcard(QUEUE_NAME), lambda number: number == 0, patience=60.0)


async def _steady(stage: Stage, ids: list[UUID]) -> list[float]:
    """Have `RATE` polls a second fall due; how late each came, sorted."""
    due = await _set_due(stage, ids, len(ids) / RATE)
    asked = await _asked(stage, len(ids))
    return sorted(asked[id] - due[id] for id in due)


async def _at_once(stage: Stage, ids: list[UUID], worker: int) -> tuple[float, float]:
    """Have all fall due together; seconds of the clock and of the worker's processor until each was asked for."""
    due = await _set_due(stage, ids, 0.0)
    before = _processor(worker)
    asked = await _asked(stage, len(ids))
    return max(asked.values()) - min(due.values()), _processor(worker) - before


async def _set_due(stage: Stage, ids: list[UUID], spread: float) -> dict[str, float]:
    """Give each its time within `spread` seconds, three seconds from now, and its wake-up as any commit would."""
    connection = await asyncpg.connect(stage.database_url)
    rows = await connection.fetch(
        "UPDATE image SET tries = 0, wake_at = now() + make_interval(secs => 3 + $2 * (ordinal - 1) / $3) "
        "FROM unnest($1::uuid[]) WITH ORDINALITY AS wanted(id, ordinal) WHERE image.id = wanted.id "
        "RETURNING image.id, wake_at",
        *(ids, spread, float(len(ids))),
    )
    await connection.close()
    queue = ArqQueue(stage.redis_url)
    for row in rows:
        await queue.enqueue(Wake("due", at=row["wake_at"]))
    await queue.aclose()
    return {str(row["id"]): row["wake_at"].timestamp() for row in rows}


async def _asked(stage: Stage, count: int) -> dict[str, float]:
    """When each task was first asked for, in epoch seconds."""
    first: dict[str, float] = {}
    end = time.monotonic() + PATIENCE
    while len(first) < count:
        for task, at in (await stage.provider.get("/asked")).json():
            first.setdefault(task, at)
        if time.monotonic() > end:
            raise SystemExit(f"only {len(first)} of {count} polls came within {PATIENCE:g} s")
        await asyncio.sleep(0.2)
    return first


def _processor(pid: int) -> float:
    """Seconds of processor time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory(pid: int) -> float:
    """The most memory that a process ever held, in MB."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


__all__ = ["Load", "main", "measure"]
