"""Whoever tells is killed in the middle of it: the next one tells it, once."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from server.core.image import Status
from server.core.stores import Wake
from server.infra.program import Program, start
from tests.jobs.quiet import rescuing
from tests.jobs.told import Scene
from tests.studio import eventually

ROOT = Path(__file__).parents[3]


@asynccontextmanager
async def working(scene: Scene, **otherwise: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker's process on the same parts."""
    settings = scene.quiet.shop.parts.settings
    environment = {
        **os.environ,
        "DATABASE_URL": str(settings.database_url),
        "REDIS_URL": str(settings.redis_url),
        "NANOBANANA_SIMULATOR_URL": settings.provider_url,
        "ATELIER_DATA": str(settings.atelier_data),
        "TIME_FACTOR": str(settings.time_factor),
        "PUSH_PRIVATE_ORIGIN": scene.service.url,
        **otherwise,
    }
    program = Program("worker", (sys.executable, "-m", "jobs.worker"), environment, ROOT)
    process = await start(program, asyncio.subprocess.DEVNULL)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_killed_between_the_outcome_and_the_push_it_is_told_by_another_once(scene: Scene) -> None:
    """Nobody was woken, for the process that committed the outcome died with it."""
    await scene.device()
    [image] = await scene.pictures(Status.COMPLETED)
    await scene.let_due()
    async with rescuing(scene.quiet):
        [message] = await scene.service.took(1)
        await eventually(scene.rows, lambda rows: rows[0]["sent_at"] is not None)
    assert message.payload["outcomes"] == [f"{image.id}:1"]
    await scene.tell()
    assert len(scene.service.received) == 1


async def test_killed_while_it_tells_its_turn_ends_and_another_does(scene: Scene) -> None:
    await scene.device()
    scene.service.silent = asyncio.Event()
    await scene.pictures(Status.COMPLETED)
    async with working(scene) as process:
        await scene.let_due()
        await scene.quiet.shop.parts.queue.enqueue(Wake("push"))
        await scene.service.refusals(1)
        process.kill()
        await process.wait()
    scene.service.silent.set()
    scene.service.silent = None
    async with rescuing(scene.quiet):
        await scene.service.took(1)
        await eventually(scene.rows, lambda rows: rows[0]["sent_at"] is not None)
    await scene.tell()
    assert len(scene.service.received) == 1


@asynccontextmanager
async def nobody_settles(scene: Scene) -> AsyncIterator[asyncpg.Connection]:
    """The devices' rows are locked, so that whoever was answered by a push service waits before it is written down."""
    witness = await asyncpg.connect(str(scene.quiet.shop.parts.settings.database_url))
    try:
        async with witness.transaction():
            await witness.fetch("SELECT FROM push_subscription FOR UPDATE")
            yield witness
    finally:
        await witness.close()


# By whom they are stopped: the text of a statement is not always that of the one under way.
STOPPED_BY_THE_WITNESS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pg_backend_pid() = ANY (pg_blocking_pids(pid))
"""


async def test_killed_between_the_answer_and_the_row_the_same_is_sent_once_more_in_its_place(scene: Scene) -> None:
    """The one gap in which a message goes out twice: under one topic, of the same outcomes, so that it is seen once."""
    await scene.device()
    images = await scene.pictures(Status.COMPLETED, 2)
    scene.service.held = asyncio.Event()
    # In true time: it must not give the answer up before the row is locked.
    async with working(scene, TIME_FACTOR="1") as process:
        await scene.let_due()
        await scene.quiet.shop.parts.queue.enqueue(Wake("push"))
        await scene.service.took(1)
        async with nobody_settles(scene) as witness:
            scene.service.held.set()
            await eventually(lambda: witness.fetchval(STOPPED_BY_THE_WITNESS), lambda waiting: waiting == 1)
            process.kill()
            await process.wait()
    assert [row["sent_at"] for row in await scene.rows()] == [None, None]
    await scene.let_due()
    async with rescuing(scene.quiet):
        first, second = await scene.service.took(2)
        await eventually(scene.rows, lambda rows: all(row["sent_at"] is not None for row in rows))
    assert first.payload["outcomes"] == [f"{image.id}:1" for image in reversed(images)]
    assert first.headers["topic"] == second.headers["topic"]
    # But for the thumb's address, which is signed anew.
    assert {**first.payload, "thumb": None} == {**second.payload, "thumb": None}
    await scene.tell()
    assert len(scene.service.received) == 2
