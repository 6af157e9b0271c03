"""Wake-ups through arq. PostgreSQL holds the work: a job here is only a nudge, and names what to look at."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from math import ceil
from typing import Any
from uuid import uuid4

from arq.connections import ArqRedis, RedisSettings

from server.core.stores import Wake
from server.infra.redis_client import brief, connection_pool

QUEUE_NAME = "atelier:wakes"
FUNCTION = "wake"
"""The worker's function: `wake(context, what, id, time)`, the last two text (a UUID, an ISO time) or None.

`time` is the turn to take, or with `due` and `push` the moment before which nothing is.
"""
MOMENT = 0.05
"""Seconds: what falls due within one moment is asked for together, at its end."""


def serialize(job: dict[str, Any]) -> bytes:
    """A job as JSON. What has no JSON shape (an exception in a result) is kept as its text."""
    return json.dumps(job, separators=(",", ":"), default=repr).encode()


def deserialize(data: bytes) -> dict[str, Any]:
    """A job of `serialize`. Raises ValueError where it is none."""
    job = json.loads(data)
    if not isinstance(job, dict):
        raise ValueError("a job is a JSON object")
    return job


def redis_settings(url: str) -> RedisSettings:
    """The worker's connection, for `redis://`, `rediss://` and `unix://` URLs."""
    return RedisSettings.from_dsn(url)


class ArqQueue:
    """The port `Queue`."""

    def __init__(self, url: str) -> None:
        self._redis = ArqRedis(
            connection_pool(url, size=4),
            job_serializer=serialize,
            job_deserializer=deserialize,
            default_queue_name=QUEUE_NAME,
        )
        self._taken: set[str] = set()

    async def enqueue(self, wake: Wake) -> None:
        """Wake a worker at `wake.at`, or now where that has passed. Raises `Unavailable` within 2 s.

        The job's id is random: arq silently refuses an id whose result still lives. Only wakes that name no row are
        meant to fall together: those of one moment are one job.
        """
        if wake.id is None and wake.at is not None:
            await self._enqueue_together(wake.what, wake.at)
            return
        id = str(wake.id) if wake.id else None
        turn = wake.turn.isoformat() if wake.turn else None
        await self._enqueue(wake.what, id, turn, job=uuid4().hex, at=wake.at)

    async def _enqueue_together(self, what: str, at: datetime) -> None:
        number = ceil(at.timestamp() / MOMENT)
        job = f"{what}:{number}"
        if job in self._taken:
            return
        moment = datetime.fromtimestamp(number * MOMENT, UTC)
        await self._enqueue(what, None, moment.isoformat(), job=job, at=moment)
        # For a second only: should Redis lose what it took, no more than that is missing in it.
        self._taken.add(job)
        asyncio.get_running_loop().call_later(1.0, self._taken.discard, job)

    async def _enqueue(self, what: str, id: str | None, time: str | None, *, job: str, at: datetime | None) -> None:
        async with brief("take a wake-up"):
            await self._redis.enqueue_job(FUNCTION, what, id, time, _job_id=job, _defer_until=_still_to_come(at))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._redis.connection_pool.disconnect()


def _still_to_come(at: datetime | None) -> datetime | None:
    # arq derives the job's expiry from this time: one that is a day old would be refused by Redis.
    return at if at is not None and at > datetime.now(UTC) else None
