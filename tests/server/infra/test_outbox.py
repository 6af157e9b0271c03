"""What is told after a commit: in order, without holding anybody up, whatever Redis does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest

from server.core.events import Event, EventKind
from server.core.ports import News, Unavailable
from server.core.stores import Wake
from server.core.stream_frames import QUEUE_CHANNEL, channel, decode_message
from server.infra.bus import RedisBus
from server.infra.memory.bus import MemoryBus
from server.infra.memory.queue import MemoryQueue
from server.infra.outbox import Outbox
from server.infra.program import until
from server.infra.queue import ArqQueue
from tests.one_by_one import one_by_one
from tests.server.infra.private_valkey import private_valkey

WORKSPACE = uuid4()


def event(seq: int, workspace: UUID = WORKSPACE, data: Any = None) -> Event:
    return Event(workspace, seq, EventKind.IMAGE_CHANGED, data or {"id": str(seq)}, datetime.now(UTC), "e1")


async def sequences(messages: AsyncIterator[News], number: int) -> list[list[int]]:
    """The sequence numbers of so many messages, message by message."""
    heard, each = [], one_by_one(messages)
    async with asyncio.timeout(10):
        while len(heard) < number:
            if (news := await anext(each)) is not None:
                heard.append([frame.seq for frame in decode_message(news[1]).frames])
    return heard


async def has_dropped(outbox: Outbox, number: int) -> bool:
    return outbox.dropped >= number


@pytest.fixture
def bus() -> MemoryBus:
    return MemoryBus()


@pytest.fixture
def queue() -> MemoryQueue:
    return MemoryQueue()


async def test_the_events_of_a_commit_are_one_message_a_workspace(bus: MemoryBus, queue: MemoryQueue) -> None:
    other, outbox, subscription = uuid4(), Outbox(bus, queue), bus.subscribe()
    await subscription.add(channel(WORKSPACE))
    await subscription.add(channel(other))
    await outbox.start()
    outbox.put([event(2), event(9, other), event(1)], [])
    outbox.put([event(3)], [])
    await outbox.aclose()
    heard = await sequences(subscription.messages(), 3)
    assert sorted(heard) == [[1, 2], [3], [9]]
    assert heard.index([1, 2]) < heard.index([3])


async def test_hundreds_of_commits_keep_their_order_on_redis(redis_url: str) -> None:
    redis, wakes = RedisBus(redis_url), ArqQueue(redis_url)
    outbox, subscription = Outbox(redis, wakes), redis.subscribe()
    await subscription.add(channel(WORKSPACE))
    await outbox.start()
    for number in range(1, 301):
        outbox.put([event(number)], [Wake("image", uuid4())])
    assert await sequences(subscription.messages(), 300) == [[number] for number in range(1, 301)]
    await outbox.aclose()
    assert outbox.dropped == 0
    await subscription.aclose()
    await wakes.aclose()
    await redis.aclose()


async def test_events_are_told_before_anybody_is_woken(queue: MemoryQueue) -> None:
    story: list[str] = []

    class Telling(MemoryBus):
        async def publish(self, channel: str, message: bytes) -> None:
            story.append("told")

    class Waking(MemoryQueue):
        async def enqueue(self, wake: Wake) -> None:
            story.append("woken")

    outbox = Outbox(Telling(), Waking())
    await outbox.start()
    outbox.put([event(1)], [Wake("dispatch")])
    await outbox.aclose()
    assert story == ["told", "woken"]


async def test_the_queue_is_stirred_once_for_all_who_wait_to_be_told(queue: MemoryQueue) -> None:
    """Behind what they changed; and again for what changes while it is told."""
    story: list[str] = []
    telling, go_on = asyncio.Event(), asyncio.Event()

    class Telling(MemoryBus):
        async def publish(self, channel: str, message: bytes) -> None:
            story.append(channel)
            if channel == QUEUE_CHANNEL and not telling.is_set():
                telling.set()
                await go_on.wait()

    outbox = Outbox(Telling(), queue)
    for number in range(3):
        outbox.put([event(number)], [Wake("dispatch")], True)
    outbox.put([event(3)], [])
    await outbox.start()
    await telling.wait()
    for _ in range(3):
        outbox.put([], [], True)
    go_on.set()
    await outbox.aclose()
    mine = channel(WORKSPACE)
    assert story == [mine, QUEUE_CHANNEL, mine, mine, mine, QUEUE_CHANNEL]
    assert len(queue.held) == 3


async def test_a_stir_that_was_dropped_holds_up_no_later_one(bus: MemoryBus, queue: MemoryQueue) -> None:
    outbox, subscription = Outbox(bus, queue, capacity=2, rest=0.0), bus.subscribe()
    await subscription.add(QUEUE_CHANNEL)
    outbox.put([], [Wake("dispatch")] * 2, True)
    assert outbox.dropped == 1
    bus.cut()
    await outbox.start()
    assert await until(partial(has_taken, queue, 2), 5)
    outbox.put([], [], True)
    assert await until(partial(has_dropped, outbox, 2), 5)
    bus.mend()
    outbox.put([], [], True)
    await outbox.aclose()
    assert outbox.dropped == 2
    reading = one_by_one(subscription.messages())
    async with asyncio.timeout(10):
        while (news := await anext(reading)) is None:
            pass
    assert news == (QUEUE_CHANNEL, b"")


async def has_taken(queue: MemoryQueue, number: int) -> bool:
    return len(queue.held) >= number


async def test_what_is_put_before_the_start_is_told(bus: MemoryBus, queue: MemoryQueue) -> None:
    outbox = Outbox(bus, queue)
    outbox.put([], [Wake("dispatch")])
    await outbox.start()
    await outbox.aclose()
    assert [wake.what for wake in queue.held] == ["dispatch"]


async def test_a_full_outbox_drops_and_counts(
    bus: MemoryBus, queue: MemoryQueue, caplog: pytest.LogCaptureFixture
) -> None:
    outbox = Outbox(bus, queue, capacity=3)
    for _ in range(10):
        outbox.put([], [Wake("dispatch")])
    assert outbox.dropped == 7
    assert len([record for record in caplog.records if "dropped" in record.message]) == 1
    await outbox.start()
    await outbox.aclose()
    assert len(queue.held) == 3


async def test_a_frozen_redis_holds_nobody_up_and_is_used_again_when_it_returns() -> None:
    async with private_valkey() as valkey:
        redis, wakes = RedisBus(valkey.url), ArqQueue(valkey.url)
        outbox, subscription = Outbox(redis, wakes, rest=0.2), redis.subscribe()
        await subscription.add(channel(WORKSPACE))
        await outbox.start()
        valkey.freeze()
        started = time.monotonic()
        outbox.put([event(number) for number in range(50)], [Wake("dispatch")] * 500)
        assert time.monotonic() - started < 0.5
        assert await until(partial(has_dropped, outbox, 501), 10)
        # One failure stands for all that waited behind it.
        assert time.monotonic() - started < 4
        valkey.thaw()
        number = 100
        reader = asyncio.create_task(sequences(subscription.messages(), 1))
        async with asyncio.timeout(10):
            while not reader.done():
                outbox.put([event(number := number + 1)], [])
                await asyncio.sleep(0.05)
        await outbox.aclose()
        await subscription.aclose()
        await wakes.aclose()
        await redis.aclose()


async def test_what_cannot_be_told_does_not_silence_the_rest(bus: MemoryBus, queue: MemoryQueue) -> None:
    outbox = Outbox(bus, queue)
    await outbox.start()
    outbox.put([event(1, data={"id": object()})], [Wake("dispatch")])
    await outbox.aclose()
    assert [wake.what for wake in queue.held] == ["dispatch"]
    assert outbox.dropped == 1


async def test_closing_waits_two_seconds_at_most_and_later_news_is_dropped(bus: MemoryBus) -> None:
    class Stuck(MemoryQueue):
        async def enqueue(self, wake: Wake) -> None:
            await asyncio.Event().wait()

    outbox = Outbox(bus, Stuck(), limit=60)
    await outbox.start()
    outbox.put([], [Wake("dispatch")] * 5)
    started = time.monotonic()
    await outbox.aclose()
    assert time.monotonic() - started < 3
    outbox.put([], [Wake("dispatch")])
    assert outbox.dropped == 6


async def test_after_a_failure_it_rests_and_then_tries_again(bus: MemoryBus) -> None:
    class Failing(MemoryQueue):
        def __init__(self) -> None:
            super().__init__()
            self.asked = 0

        async def enqueue(self, wake: Wake) -> None:
            self.asked += 1
            raise Unavailable("away")

    queue = Failing()
    outbox = Outbox(bus, queue, rest=0.1)
    await outbox.start()
    outbox.put([], [Wake("dispatch")] * 100)
    assert await until(partial(has_dropped, outbox, 100), 5)
    assert queue.asked == 1
    async with asyncio.timeout(5):
        while queue.asked < 2:
            outbox.put([], [Wake("dispatch")])
            await asyncio.sleep(0.01)
    await outbox.aclose()
