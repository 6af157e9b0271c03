"""The port `Bus`, on each adapter."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import pytest
from redis.asyncio import Redis

from server.core.ports import Bus, Unavailable
from server.infra.bus import RedisBus
from server.infra.memory.bus import MemoryBus
from tests.one_by_one import one_by_one

LIMIT = 10.0


@dataclass
class Subject:
    """A bus, a way to interrupt its subscriptions, and one that is away."""

    bus: Bus
    interrupt: Callable[[], Awaitable[None]]
    away: Bus


@pytest.fixture(params=["memory", "redis"])
async def subject(request: pytest.FixtureRequest, redis_url: str) -> AsyncIterator[Subject]:
    if request.param == "memory":
        bus, away = MemoryBus(), MemoryBus()
        away.cut()

        async def cut_and_mend() -> None:
            bus.cut()
            bus.mend()

        yield Subject(bus, cut_and_mend, away)
        return
    admin, redis, nobody = Redis.from_url(redis_url), RedisBus(redis_url), RedisBus("unix:///nowhere/redis.sock")

    async def kill_connections() -> None:
        assert await admin.execute_command("CLIENT", "KILL", "TYPE", "pubsub") > 0

    yield Subject(redis, kill_connections, nobody)
    await redis.aclose()
    await nobody.aclose()
    await admin.aclose()


async def read(messages: AsyncIterator[tuple[str, bytes] | None], number: int) -> list[tuple[str, bytes] | None]:
    async with asyncio.timeout(LIMIT):
        return [await anext(messages) for _ in range(number)]


async def test_a_message_reaches_whoever_listens_and_nobody_else(subject: Subject) -> None:
    one, other = subject.bus.subscribe(), subject.bus.subscribe()
    await one.add("a")
    await other.add("a")
    await other.add("b")
    await subject.bus.publish("nobody", b"0")
    await subject.bus.publish("b", b"1")
    await subject.bus.publish("a", b"\x00\xff\r\n")
    assert await read(one_by_one(one.messages()), 1) == [("a", b"\x00\xff\r\n")]
    assert await read(one_by_one(other.messages()), 2) == [("b", b"1"), ("a", b"\x00\xff\r\n")]
    await one.aclose()
    await other.aclose()


async def test_messages_keep_their_order(subject: Subject) -> None:
    subscription = subject.bus.subscribe()
    await subscription.add("a")
    sent = [str(number).encode() for number in range(500)]
    for message in sent:
        await subject.bus.publish("a", message)
    assert await read(one_by_one(subscription.messages()), 500) == [("a", message) for message in sent]
    await subscription.aclose()


async def test_a_channel_is_heard_from_the_moment_it_is_added(subject: Subject) -> None:
    subscription = subject.bus.subscribe()
    messages = one_by_one(subscription.messages())
    for number in range(100):
        channel = f"c{number}"
        await subscription.add(channel)
        await subject.bus.publish(channel, b"at once")
        assert await read(messages, 1) == [(channel, b"at once")]
    await subscription.aclose()


async def test_a_channel_can_be_added_while_a_reader_waits(subject: Subject) -> None:
    subscription = subject.bus.subscribe()
    reader = asyncio.create_task(read(one_by_one(subscription.messages()), 1))
    await subscription.add("a")
    await subject.bus.publish("a", b"1")
    assert await reader == [("a", b"1")]
    await subscription.aclose()


async def test_many_channels_at_once(subject: Subject) -> None:
    subscription = subject.bus.subscribe()
    channels = [f"c{number}" for number in range(1000)]
    async with asyncio.timeout(LIMIT):
        await asyncio.gather(*(subscription.add(channel) for channel in channels))
    for channel in channels:
        await subject.bus.publish(channel, b"1")
    assert await read(one_by_one(subscription.messages()), 1000) == [(channel, b"1") for channel in channels]
    await subscription.aclose()


async def test_a_removed_channel_is_silent_and_removing_twice_is_harmless(subject: Subject) -> None:
    subscription = subject.bus.subscribe()
    await subscription.add("a")
    await subscription.add("b")
    await subscription.remove("a")
    await subscription.remove("a")
    await subscription.remove("never added")
    await subject.bus.publish("a", b"1")
    await subject.bus.publish("b", b"2")
    assert await read(one_by_one(subscription.messages()), 1) == [("b", b"2")]
    await subscription.aclose()


async def test_a_channel_that_comes_and_goes_is_confirmed_by_its_last_wish(subject: Subject) -> None:
    subscription = subject.bus.subscribe()
    await subscription.add("other")
    messages = one_by_one(subscription.messages())
    for number in range(100):
        added = asyncio.create_task(subscription.add("a"))
        await asyncio.sleep(0)
        await subscription.remove("a")
        await subscription.add("a")
        await subject.bus.publish("a", str(number).encode())
        assert await read(messages, 1) == [("a", str(number).encode())]
        async with asyncio.timeout(LIMIT):
            await added
        await subscription.remove("a")
    await subscription.aclose()


async def test_an_interruption_is_told_and_heals_by_itself(subject: Subject) -> None:
    subscription = subject.bus.subscribe()
    await subscription.add("a")
    await subscription.add("b")
    await subscription.add("gone")
    await subscription.remove("gone")
    messages = one_by_one(subscription.messages())
    for number in range(5):
        await subject.interrupt()
        assert await read(messages, 1) == [None]
        # Every channel is confirmed again by then: nothing after the gap is missed.
        await subject.bus.publish("gone", b"")
        await subject.bus.publish("a", str(number).encode())
        await subject.bus.publish("b", str(number).encode())
        assert await read(messages, 2) == [("a", str(number).encode()), ("b", str(number).encode())]
    await subscription.aclose()


async def test_a_channel_added_in_the_middle_of_an_interruption_is_heard(subject: Subject) -> None:
    subscription = subject.bus.subscribe()
    await subscription.add("a")
    await subject.interrupt()
    await subscription.add("b")
    await subject.bus.publish("b", b"1")
    messages = one_by_one(subscription.messages())
    heard = await read(messages, 2)
    assert sorted(heard, key=str) == [("b", b"1"), None]
    await subscription.aclose()


async def test_closing_ends_the_messages(subject: Subject) -> None:
    subscription = subject.bus.subscribe()
    await subscription.add("a")
    reader = asyncio.create_task(anext(one_by_one(subscription.messages()), "the end"))
    await asyncio.sleep(0)
    await subscription.aclose()
    async with asyncio.timeout(LIMIT):
        assert await reader == "the end"
    await subscription.aclose()


async def test_a_bus_that_is_away_says_so_in_time(subject: Subject) -> None:
    subscription = subject.away.subscribe()
    async with asyncio.timeout(5):
        with pytest.raises(Unavailable):
            await subject.away.publish("a", b"1")
        with pytest.raises(Unavailable):
            await subscription.add("a")
        with suppress(Unavailable):
            await subscription.remove("a")
    await subscription.aclose()
