"""The queue as arq's worker sees it, and Redis when it is away."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from arq.worker import Worker, func

from server.core.ports import Unavailable
from server.core.stores import Wake
from server.infra.queue import FUNCTION, QUEUE_NAME, ArqQueue, deserialize, redis_settings, serialize
from tests.server.infra.private_valkey import private_valkey


async def run_worker(redis_url: str, until: int) -> list[tuple[Any, ...]]:
    """What arq's own worker is called with, until it was called that often."""
    heard: list[tuple[Any, ...]] = []
    enough = asyncio.Event()

    async def wake(context: dict[str, Any], *arguments: Any) -> None:
        heard.append(arguments)
        if len(heard) == until:
            enough.set()

    worker = Worker(
        functions=[func(wake, name=FUNCTION, keep_result=0)],
        queue_name=QUEUE_NAME,
        redis_settings=redis_settings(redis_url),
        job_serializer=serialize,
        job_deserializer=deserialize,
        poll_delay=0.02,
        handle_signals=False,
    )
    running = asyncio.create_task(worker.async_run())
    try:
        async with asyncio.timeout(10):
            await enough.wait()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        with suppress(asyncio.CancelledError):  # What its own jobs end with.
            await worker.close()
    return heard


async def test_a_worker_is_called_with_what_was_enqueued(redis_url: str) -> None:
    queue, image, now = ArqQueue(redis_url), uuid4(), datetime.now(UTC)
    await queue.enqueue(Wake("image", image, at=now - timedelta(days=3), turn=now))
    await queue.enqueue(Wake("dispatch"))
    await queue.enqueue(Wake("image", image, at=now + timedelta(days=1)))
    heard = await run_worker(redis_url, until=2)
    assert sorted(heard, key=str) == [("dispatch", None, None), ("image", str(image), now.isoformat())]
    await queue.aclose()


async def test_a_wake_waits_for_its_time(redis_url: str) -> None:
    queue, started = ArqQueue(redis_url), time.monotonic()
    await queue.enqueue(Wake("dispatch", at=datetime.now(UTC) + timedelta(seconds=0.5)))
    assert len(await run_worker(redis_url, until=1)) == 1
    assert time.monotonic() - started > 0.45
    await queue.aclose()


async def test_a_redis_that_is_away_or_frozen_is_told_in_time() -> None:
    async with private_valkey() as valkey:
        queue = ArqQueue(valkey.url)
        await queue.enqueue(Wake("dispatch"))
        valkey.freeze()
        started = time.monotonic()
        with pytest.raises(Unavailable):
            await queue.enqueue(Wake("dispatch"))
        assert time.monotonic() - started < 3
        valkey.thaw()
        await queue.enqueue(Wake("dispatch"))
        await valkey.kill()
        with pytest.raises(Unavailable):
            await queue.enqueue(Wake("dispatch"))
        await valkey.start()
        await queue.enqueue(Wake("dispatch"))
        await queue.aclose()


def test_jobs_are_json_and_nothing_else_is_read() -> None:
    assert serialize({"f": "wake", "a": ["é", None]}) == b'{"f":"wake","a":["\\u00e9",null]}'
    assert deserialize(serialize({"r": ValueError("broken")})) == {"r": "ValueError('broken')"}
    for foreign in (b"\x80\x04}.", b"[]", b""):
        with pytest.raises(ValueError):
            deserialize(foreign)


def test_unix_addresses_reach_the_worker() -> None:
    assert redis_settings("unix:///tmp/a/valkey.sock").unix_socket_path == "/tmp/a/valkey.sock"
    assert redis_settings("redis://:secret@example.org:6380/2").database == 2
