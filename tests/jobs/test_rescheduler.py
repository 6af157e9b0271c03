"""Polls that taught nothing new are written together, each as if it were alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from jobs.rescheduler import Rescheduler
from server.core import facts as f
from server.core.image import Image, Status
from server.infra.database import PostgresDatabase
from tests.server.usecases.studio import RESULT, TASK, Studio, Told, open_studio


class Counting(PostgresDatabase):
    """The real one, that counts its transactions."""

    transactions = 0

    async def transact(self, work):  # type: ignore[no-untyped-def]
        self.transactions += 1
        return await super().transact(work)


@pytest.fixture
async def studio(database_url: str) -> AsyncIterator[Studio]:
    database = Counting(database_url, pool=3)
    await database.connect()
    yield await open_studio(database, Told())
    await database.disconnect()


async def processing(studio: Studio, number: int) -> list[Image]:
    return [await studio.load((await studio.bring(Status.PROCESSING)).id) for _ in range(number)]


async def test_many_at_once_are_one_transaction(studio: Studio) -> None:
    images = await processing(studio, 20)
    rescheduler = Rescheduler(studio.database, studio.rules)
    assert isinstance(studio.database, Counting)
    before = studio.database.transactions
    written = await asyncio.gather(*(rescheduler.write(image, f.Generating(1, TASK)) for image in images))
    assert written == [True] * 20
    assert studio.database.transactions == before + 1
    for image in images:
        after = await studio.load(image.id)
        assert (after.version, after.task_seen) == (image.version, True)
        assert after.wake_at is not None and image.wake_at is not None


async def test_a_hundred_wait_for_nobody(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.rescheduler.GATHER", 3_600.0)
    monkeypatch.setattr("jobs.rescheduler.MOST", 3)
    images = await processing(studio, 3)
    rescheduler = Rescheduler(studio.database, studio.rules)
    async with asyncio.timeout(10):
        await asyncio.gather(*(rescheduler.write(image, f.PollFailed(1)) for image in images))


async def test_news_and_rows_that_moved_on_are_left_to_others(studio: Studio) -> None:
    quiet, news, moved = await processing(studio, 3)
    await studio.record(moved, f.Generated(1, TASK, RESULT))
    rescheduler = Rescheduler(studio.database, studio.rules)
    written = await asyncio.gather(
        rescheduler.write(quiet, f.Generating(1, TASK)),
        rescheduler.write(news, f.Generated(1, TASK, RESULT)),
        rescheduler.write(moved, f.Generating(1, TASK)),
    )
    assert written == [True, False, False]
    assert (await studio.load(news.id)).status is Status.PROCESSING
    assert (await studio.load(moved.id)).status is Status.SAVING


async def test_one_that_is_stopped_does_not_stop_the_others(studio: Studio) -> None:
    one, other = await processing(studio, 2)
    rescheduler = Rescheduler(studio.database, studio.rules)
    stopped = asyncio.create_task(rescheduler.write(one, f.Generating(1, TASK)))
    staying = asyncio.create_task(rescheduler.write(other, f.Generating(1, TASK)))
    await asyncio.sleep(0)
    stopped.cancel()
    assert await staying
