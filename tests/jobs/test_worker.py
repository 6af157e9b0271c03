"""The worker's process comes to its end, whatever the reason: what it has paid for is written down first."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from server.core.image import Status
from server.core.stores import Wake
from server.infra.embedded_valkey import embedded_valkey
from server.infra.program import Program, start, until
from server.infra.queue import ArqQueue
from server.infra.socket_folder import make_socket_folder
from server.usecases.claim_turn import claim_due
from tests.jobs.quiet import Quiet, open_quiet
from tests.studio import eventually, studio_settings

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def valkey() -> AsyncIterator[tuple[str, asyncio.subprocess.Process]]:
    """A Valkey that may be killed: its URL and its process."""
    folder = make_socket_folder()
    server = embedded_valkey(folder, folder)
    await server.prepare()
    process = await start(server.program, asyncio.subprocess.DEVNULL)
    assert await until(server.answers, 20.0)
    yield server.url, process
    await _end(process)
    shutil.rmtree(folder, ignore_errors=True)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.wait()


@asynccontextmanager
async def working(quiet: Quiet) -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker's process on the same parts."""
    settings = quiet.shop.parts.settings
    environment = {
        **os.environ,
        "DATABASE_URL": str(settings.database_url),
        "REDIS_URL": str(settings.redis_url),
        "NANOBANANA_SIMULATOR_URL": settings.provider_url,
        "ATELIER_DATA": str(settings.atelier_data),
        "CALLBACKS": "false",
        "TIME_FACTOR": str(settings.time_factor),
    }
    program = Program("worker", (sys.executable, "-m", "jobs.worker"), environment, ROOT)
    process = await start(program, asyncio.subprocess.DEVNULL)
    try:
        yield process
    finally:
        await _end(process)


async def _begin_submits(quiet: Quiet, answers: list[float]) -> list[UUID]:
    """Images that the worker has submitted, each answered after so many seconds."""
    wakes = [await quiet.reserved(f"a boat [[late-answer:{wait}]] [[never]] [[no-callback]]") for wait in answers]
    queue = ArqQueue(str(quiet.shop.parts.settings.redis_url))
    for wake in wakes:
        await queue.enqueue(wake)
    await queue.aclose()
    ids = [wake.id for wake in wakes if wake.id is not None]
    for id in ids:
        await eventually(lambda id=id: quiet.row(id), lambda row: row.status is Status.SUBMITTING)  # type: ignore[misc]
    return ids


async def _statuses(quiet: Quiet, ids: list[UUID]) -> set[Status]:
    return {(await quiet.row(id)).status for id in ids}


async def test_f9_answers_that_are_on_their_way_when_redis_dies_are_written(
    database_url: str, valkey: tuple[str, asyncio.subprocess.Process], simulator_url: str, tmp_path: Path
) -> None:
    """The worker leaves with Redis, and not before what it has submitted is known."""
    url, redis = valkey
    settings = studio_settings(database_url, url, simulator_url, tmp_path, callbacks=False)
    async with open_quiet(settings) as quiet, working(quiet) as worker:
        ids = await _begin_submits(quiet, [1.0, 1.5, 2.0])
        redis.kill()
        async with asyncio.timeout(30):
            assert await worker.wait() != 0
        assert await _statuses(quiet, ids) == {Status.PROCESSING}


async def test_f8_answers_that_are_on_their_way_at_sigterm_are_written(
    database_url: str, redis_url: str, simulator_url: str, tmp_path: Path
) -> None:
    settings = studio_settings(database_url, redis_url, simulator_url, tmp_path, callbacks=False)
    async with open_quiet(settings) as quiet, working(quiet) as worker:
        ids = await _begin_submits(quiet, [1.0, 1.5, 2.0])
        worker.terminate()
        async with asyncio.timeout(20):
            await worker.wait()
        assert await _statuses(quiet, ids) == {Status.PROCESSING}


async def test_f8_open_polls_are_given_back_at_sigterm(
    database_url: str, redis_url: str, simulator_url: str, tmp_path: Path
) -> None:
    """The provider is silent while twenty are asked for: the worker does not wait for it, and others may ask."""
    async with silent_provider() as provider:
        # In true time: no question may time out before the last is asked.
        settings = studio_settings(database_url, redis_url, provider.url, tmp_path, callbacks=False, time_factor=1.0)
        async with open_quiet(settings) as quiet:
            # Before there is a worker, who would submit what waits for a moment on its way.
            images = [await quiet.person.bring(Status.PROCESSING) for _ in range(20)]
            await quiet.person.let_pass(500, *images)
            async with working(quiet) as worker:
                queue = ArqQueue(redis_url)
                await queue.enqueue(Wake("due"))
                await queue.aclose()
                await provider.asked(20)
                worker.terminate()
                async with asyncio.timeout(10):
                    await worker.wait()
            turns = await claim_due(quiet.shop.parts.database, 50, quiet.person.rules.policy)
            assert {turn.image.id for turn in turns} == {image.id for image in images}
            assert {turn.image.attempt for turn in turns} == {1}


@dataclass
class Silent:
    """Takes requests and never answers."""

    url: str
    requests: asyncio.Semaphore

    async def asked(self, number: int) -> None:
        """Wait for that many requests."""
        async with asyncio.timeout(30):
            for _ in range(number):
                await self.requests.acquire()


@asynccontextmanager
async def silent_provider() -> AsyncIterator[Silent]:
    silent = Silent("", asyncio.Semaphore(0))
    ended = asyncio.Event()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        silent.requests.release()
        await ended.wait()
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    silent.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield silent
    ended.set()
    server.close()


async def test_f7_a_worker_stopped_past_its_time_outs_still_writes_the_task_id(
    database_url: str, redis_url: str, simulator_url: str, tmp_path: Path
) -> None:
    """Another hand has taken the image for unknown meanwhile; no callback comes."""
    settings = studio_settings(database_url, redis_url, simulator_url, tmp_path, callbacks=False)
    async with open_quiet(settings) as quiet, working(quiet) as worker:
        [id] = await _begin_submits(quiet, [1.0])
        worker.send_signal(signal.SIGSTOP)
        await quiet.person.sql(
            "UPDATE image SET deadline_at = now() - interval '1 second' WHERE id = :id RETURNING id", id=id
        )
        assert (await quiet.do_what_is_due(id)).status is Status.UNKNOWN
        past = (await quiet.row(id)).phase_started_at + timedelta(
            seconds=quiet.person.rules.policy.submit_timeout * 0.2
        )
        await eventually(quiet.shop.parts.database.time, lambda now: now > past)
        assert (await quiet.row(id)).status is Status.UNKNOWN
        worker.send_signal(signal.SIGCONT)
        done = await eventually(lambda: quiet.row(id), lambda row: row.status is Status.PROCESSING)
        assert done.attempt == 1
