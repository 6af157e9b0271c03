"""What is told after a commit, in the background: no request waits for Redis.

Anything may be lost here. The hub's check against PostgreSQL finds missed events, and rescue finds lost wake-ups.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from itertools import groupby

from server.core.events import Event
from server.core.ports import Bus, Queue, Unavailable
from server.core.stores import Wake
from server.core.stream_frames import QUEUE_CHANNEL, channel, encode_message
from server.ending import end

CAPACITY = 10_000
LIMIT = 2.0
REST = 0.5
COMPLAINT = 10.0
"""Seconds between two warnings about what was dropped."""

log = logging.getLogger(__name__)
Errand = Callable[[], Awaitable[None]]


class Outbox:
    """Publishes events and enqueues wakes strictly in the order they were put, one after the other.

    Each call is bounded to `limit` seconds. After a failure everything is dropped for `rest` seconds, so that a Redis
    that is away does not hold up what comes later. `dropped` counts messages and wakes that were never delivered.
    """

    def __init__(
        self, bus: Bus, queue: Queue, *, capacity: int = CAPACITY, limit: float = LIMIT, rest: float = REST
    ) -> None:
        self._bus = bus
        self._queue = queue
        self._limit = limit
        self._rest = rest
        self._errands: asyncio.Queue[Errand] = asyncio.Queue(capacity)
        self._task: asyncio.Task[None] | None = None
        self._closed = False
        self._stirring = False
        self._resting_until = float("-inf")
        self._complained_at = float("-inf")
        self.dropped = 0

    def put(self, events: Sequence[Event], wakes: Sequence[Wake], stirred: bool = False) -> None:
        """Take what one commit has to tell; never blocks, never raises. Full or closed, it drops.

        Events of one workspace travel as one message, and before any wake: who is woken speaks after them. Of several
        `stirred` that wait to be told, one is.
        """
        ordered = sorted(events, key=lambda event: (str(event.workspace), event.seq))
        for workspace, group in groupby(ordered, key=lambda event: event.workspace):
            self._take(partial(self._publish, channel(workspace), list(group)))
        for wake in wakes:
            self._take(partial(self._queue.enqueue, wake))
        if stirred and not self._stirring:
            self._stirring = self._take(self._stir)

    async def start(self) -> None:
        """Begin to deliver."""
        self._task = self._task or asyncio.create_task(self._deliver(), name="outbox")

    async def aclose(self) -> None:
        """Deliver what is left, for at most 2 s, and end."""
        self._closed = True
        if self._task is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(LIMIT):
                    await self._errands.join()
            await end(self._task)
            self._task = None
        self._drop(self._errands.qsize(), "the outbox is closed")

    def _take(self, errand: Errand) -> bool:
        if self._closed:
            self._drop(1, "the outbox is closed")
            return False
        try:
            self._errands.put_nowait(errand)
        except asyncio.QueueFull:
            self._drop(1, "the outbox is full")
            return False
        return True

    async def _deliver(self) -> None:
        while True:
            errand = await self._errands.get()
            try:
                await self._run(errand)
            finally:
                self._errands.task_done()

    async def _run(self, errand: Errand) -> None:
        if errand == self._stir:
            # What stirs from now on is not in the answer to this one.
            self._stirring = False
        if time.monotonic() < self._resting_until:
            self._drop(1, "Redis is away")
            return
        try:
            async with asyncio.timeout(self._limit):
                await errand()
        except (Unavailable, TimeoutError) as error:
            self._resting_until = time.monotonic() + self._rest
            self._drop(1, str(error) or "Redis does not answer")
        except asyncio.CancelledError:
            self.dropped += 1
            raise
        except Exception:
            # One message that cannot be told must not silence all that follow.
            self.dropped += 1
            log.exception("A message could not be told")

    async def _publish(self, channel: str, events: Sequence[Event]) -> None:
        await self._bus.publish(channel, encode_message(events))

    async def _stir(self) -> None:
        await self._bus.publish(QUEUE_CHANNEL, b"")

    def _drop(self, number: int, why: str) -> None:
        self.dropped += number
        now = time.monotonic()
        if number and now - self._complained_at > COMPLAINT:
            self._complained_at = now
            log.warning("%d messages and wake-ups were dropped so far: %s", self.dropped, why)
