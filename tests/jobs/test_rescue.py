"""Rescue alone: Redis silent, or every worker dead. Images finish, deadlines hold, one charge each."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from jobs.rescue import Chores, Hands, rescue_once, watch
from server.core.image import Status
from server.usecases.rescue_overdue import EVENTS_AT_ONCE
from tests.jobs.quiet import Quiet, open_quiet, rescuing
from tests.studio import eventually, free_port, studio_settings

PATIENCE = 60.0


@asynccontextmanager
async def silent_redis() -> AsyncIterator[str]:
    """Stopped, as by SIGSTOP: it takes connections and never answers."""
    stop = asyncio.Event()

    async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await stop.wait()
        writer.close()

    port = free_port()
    server = await asyncio.start_server(keep, "127.0.0.1", port)
    yield f"redis://127.0.0.1:{port}"
    stop.set()
    server.close()


async def test_f10_a_round_asks_a_silent_redis_once(database_url: str, simulator_url: str, tmp_path: Path) -> None:
    async with silent_redis() as url:
        settings = studio_settings(database_url, url, simulator_url, tmp_path, callbacks=False)
        async with open_quiet(settings) as quiet:
            images = [await quiet.person.expire(await quiet.person.bring(Status.PROCESSING)) for _ in range(12)]
            began = time.monotonic()
            await rescue_once(quiet.shop, Hands())
            assert time.monotonic() - began < 5.0
            for image in images:
                await eventually(lambda id=image.id: quiet.row(id), lambda row: row.finished)  # type: ignore[misc]


async def test_f10_images_finish_with_a_silent_redis(database_url: str, simulator_url: str, tmp_path: Path) -> None:
    async with silent_redis() as url:
        settings = studio_settings(database_url, url, simulator_url, tmp_path, callbacks=False)
        async with open_quiet(settings) as quiet, rescuing(quiet):
            images = await quiet.person.request(count=4, prompt="a boat [[ok]]")
            for image in images:
                done = await eventually(
                    lambda id=image.id: quiet.row(id),  # type: ignore[misc]
                    lambda row: row.finished,
                    patience=PATIENCE,
                )
                assert done.status is Status.COMPLETED
            assert await _charges(quiet) == 4


async def test_images_finish_although_no_worker_lives(
    database_url: str, redis_url: str, simulator_url: str, tmp_path: Path
) -> None:
    """Redis takes every wake-up and nobody comes for it: also no deadline would ever take effect."""
    settings = studio_settings(database_url, redis_url, simulator_url, tmp_path, callbacks=False)
    async with open_quiet(settings) as quiet, rescuing(quiet):
        [image] = await quiet.person.request(prompt="a boat [[ok]]")
        done = await eventually(lambda: quiet.row(image.id), lambda row: row.finished, patience=PATIENCE)
        assert done.status is Status.COMPLETED
        assert await _charges(quiet) == 1
        late = await quiet.person.expire(await quiet.person.bring(Status.PROCESSING))
        assert (await eventually(lambda: quiet.row(late.id), lambda row: row.finished)).status is Status.FAILED


async def test_rescue_leaves_at_once_although_its_hands_are_full(
    database_url: str, simulator_url: str, tmp_path: Path
) -> None:
    async with silent_redis() as url:
        settings = studio_settings(database_url, url, simulator_url, tmp_path, callbacks=False)
        async with open_quiet(settings) as quiet:
            await quiet.person.request(count=8, prompt="a boat [[no-answer]]")
            await quiet.person.request(count=8, prompt="a bridge [[no-answer]]")
            stop = asyncio.Event()
            watching = asyncio.create_task(watch(quiet.shop, stop))
            await eventually(lambda: _charges(quiet), lambda charges: charges > 0, patience=PATIENCE)
            stop.set()
            async with asyncio.timeout(3):
                await watching


async def test_old_events_are_forgotten_in_batches_round_by_round(
    database_url: str, redis_url: str, simulator_url: str, tmp_path: Path
) -> None:
    settings = studio_settings(database_url, redis_url, simulator_url, tmp_path, event_days=2)
    async with open_quiet(settings) as quiet:
        await quiet.person.request()
        [young] = await quiet.person.sql("SELECT count(*) AS n FROM event")
        await quiet.person.sql(
            "INSERT INTO event (workspace, seq, kind, payload, at) "
            "SELECT gen_random_uuid(), n, 'image.changed', '{}', now() - interval '49 hours' "
            "FROM generate_series(1, :old) AS n RETURNING seq",
            old=2 * EVENTS_AT_ONCE + 7,
        )
        chores, left = Chores(float("-inf")), []
        for _ in range(4):
            await chores.do(quiet.shop)
            [row] = await quiet.person.sql("SELECT count(*) AS n FROM event")
            left.append(row["n"] - young["n"])
        assert left == [EVENTS_AT_ONCE + 7, 7, 0, 0]
        assert not chores.behind, "the next time is in ten minutes"


async def _charges(quiet: Quiet) -> int:
    """The simulator's ledger: the witness."""
    async with httpx.AsyncClient(base_url=quiet.shop.parts.settings.provider_url) as simulator:
        return len((await simulator.get("/simulator/ledger")).json()["charges"])
