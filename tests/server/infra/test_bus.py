"""The Redis bus, when Redis dies, freezes and comes back."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from server.core.ports import Unavailable
from server.infra.bus import RedisBus
from server.infra.socket_folder import make_socket_folder
from tests.one_by_one import one_by_one
from tests.server.infra.private_valkey import PrivateValkey, private_valkey
from tests.server.infra.slow_road import slow_road

LIMIT = 15.0


@pytest.fixture
async def valkey() -> AsyncIterator[PrivateValkey]:
    async with private_valkey() as running:
        yield running


@pytest.fixture
async def bus(valkey: PrivateValkey) -> AsyncIterator[RedisBus]:
    bus = RedisBus(valkey.url, heartbeat=0.3, patience=0.3)
    yield bus
    await bus.aclose()


async def test_a_restart_is_a_gap_and_the_channels_return(valkey: PrivateValkey, bus: RedisBus) -> None:
    subscription = bus.subscribe()
    await subscription.add("a")
    messages = one_by_one(subscription.messages())
    await valkey.kill()
    await valkey.start()
    async with asyncio.timeout(LIMIT):
        assert await anext(messages) is None
        await bus.publish("a", b"1")
        assert await anext(messages) == ("a", b"1")
    await subscription.aclose()


async def test_a_connection_that_is_silent_though_open_is_noticed(valkey: PrivateValkey, bus: RedisBus) -> None:
    subscription = bus.subscribe()
    await subscription.add("a")
    messages = one_by_one(subscription.messages())
    valkey.freeze()
    async with asyncio.timeout(LIMIT):
        while True:
            started = time.monotonic()
            with pytest.raises(Unavailable):
                await subscription.add(f"b{started}")
            assert time.monotonic() - started < 3
            if time.monotonic() - started < 0.1:
                break  # It is known to be away: nobody waits any more.
        started = time.monotonic()
        with pytest.raises(Unavailable):
            await bus.publish("a", b"lost")
        assert time.monotonic() - started < 3
        valkey.thaw()
        assert await anext(messages) is None
        while True:
            await bus.publish("a", b"1")
            if (heard := await anext(messages)) != ("a", b"lost"):
                assert heard == ("a", b"1")
                break
    await subscription.aclose()


async def test_a_silent_but_living_redis_is_no_gap(bus: RedisBus) -> None:
    subscription = bus.subscribe()
    await subscription.add("a")
    reader = asyncio.create_task(anext(one_by_one(subscription.messages())))
    done, _ = await asyncio.wait({reader}, timeout=1.2)  # Three heartbeats.
    assert not done
    await bus.publish("a", b"1")
    async with asyncio.timeout(LIMIT):
        assert await reader == ("a", b"1")
    await subscription.aclose()


async def test_what_was_asked_for_while_redis_was_away_is_joined_when_it_returns(
    valkey: PrivateValkey, bus: RedisBus
) -> None:
    await valkey.kill()
    subscription = bus.subscribe()
    messages = one_by_one(subscription.messages())
    with pytest.raises(Unavailable):
        await subscription.add("a")
    with pytest.raises(Unavailable):
        await subscription.add("unwanted")
    await subscription.remove("unwanted")
    await valkey.start()
    async with asyncio.timeout(LIMIT):
        assert await anext(messages) is None
        await bus.publish("unwanted", b"0")
        await bus.publish("a", b"1")
        assert await anext(messages) == ("a", b"1")
        await subscription.add("a")
    await subscription.aclose()


async def test_a_listener_who_leaves_in_a_hurry_disturbs_nobody(bus: RedisBus) -> None:
    subscription = bus.subscribe()
    await subscription.add("a")
    for number in range(200):
        hurried = asyncio.create_task(subscription.add(f"b{number}"))
        for _ in range(number % 4):
            await asyncio.sleep(0)
        hurried.cancel()
        await asyncio.gather(hurried, return_exceptions=True)
    await bus.publish("a", b"1")
    async with asyncio.timeout(LIMIT):
        assert await anext(one_by_one(subscription.messages())) == ("a", b"1")
    await subscription.aclose()


async def test_closing_while_redis_is_frozen_takes_no_time(valkey: PrivateValkey, bus: RedisBus) -> None:
    subscription = bus.subscribe()
    await subscription.add("a")
    valkey.freeze()
    waiting = asyncio.create_task(subscription.add("b"))
    await asyncio.sleep(0)
    async with asyncio.timeout(1):
        await subscription.aclose()
        with pytest.raises(Unavailable):
            await waiting
    valkey.thaw()


async def test_only_the_answer_to_the_last_wish_is_a_confirmation(redis_url: str) -> None:
    folder = make_socket_folder()
    direct = RedisBus(redis_url)
    async with slow_road(redis_url, folder) as road:
        subscription = RedisBus(road.url).subscribe()
        await subscription.add("other")
        messages = one_by_one(subscription.messages())
        road.close()
        first = asyncio.create_task(subscription.add("a"))
        await road.holds(1)
        await subscription.remove("a")
        last = asyncio.create_task(subscription.add("a"))
        await road.holds(3)
        for _ in range(2):
            # Redis answers each: subscribed, then unsubscribed. A message behind the answer shows that it was read.
            road.let_through(1)
            await direct.publish("other", b"read")
            async with asyncio.timeout(LIMIT):
                assert await anext(messages) == ("other", b"read")
            assert not last.done()
        road.let_through(1)
        async with asyncio.timeout(LIMIT):
            await asyncio.gather(first, last)
        await subscription.remove("a")
        again = asyncio.create_task(subscription.add("a"))
        await road.holds(2)
        assert not again.done()
        road.let_through(2)
        async with asyncio.timeout(LIMIT):
            await again
        await subscription.aclose()
    await direct.aclose()
    shutil.rmtree(folder)


async def test_a_gap_is_told_when_every_channel_is_confirmed_again(redis_url: str) -> None:
    folder = make_socket_folder()
    async with slow_road(redis_url, folder) as road:
        subscription = RedisBus(road.url).subscribe()
        await subscription.add("a")
        road.close()
        road.cut()
        gap = asyncio.create_task(anext(one_by_one(subscription.messages())))
        await road.holds(1)
        assert b"PING" in road.held[0]
        road.let_through(1)
        await road.holds(1)
        assert b"SUBSCRIBE" in road.held[0]
        assert not gap.done()
        road.let_through(1)
        async with asyncio.timeout(LIMIT):
            assert await gap is None
        await subscription.aclose()
    shutil.rmtree(folder)


async def test_all_that_one_read_brings_is_told_together(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as direct, direct.pipeline() as at_once:
        subscription = RedisBus(redis_url).subscribe()
        await subscription.add("a")
        await subscription.add("b")
        sent = [("ab"[number % 2], str(number).encode()) for number in range(100)]
        for channel, message in sent:
            at_once.publish(channel, message)
        await at_once.execute()
        async with asyncio.timeout(LIMIT):
            assert await anext(subscription.messages()) == sent
        await subscription.aclose()


async def test_a_gap_has_its_place_between_the_messages_of_one_read(redis_url: str) -> None:
    folder = make_socket_folder()
    async with slow_road(redis_url, folder) as road:
        subscription = RedisBus(road.url).subscribe()
        await subscription.add("a")
        road.close()
        road.cut()
        await road.holds(1)
        road.let_through(1)
        await road.holds(1)
        road.held.clear()
        road.answer(told("a", "before") + b"*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n" + told("a", "after"))
        messages = subscription.messages()
        async with asyncio.timeout(LIMIT):
            assert [await anext(messages) for _ in range(3)] == [[("a", b"before")], None, [("a", b"after")]]
        await subscription.aclose()
    shutil.rmtree(folder)


async def test_a_message_that_comes_in_pieces_is_whole(redis_url: str) -> None:
    folder = make_socket_folder()
    direct = RedisBus(redis_url)
    async with slow_road(redis_url, folder) as road:
        subscription = RedisBus(road.url).subscribe()
        await subscription.add("a")
        messages = subscription.messages()
        large = os.urandom(2_000_000)
        await direct.publish("a", large)
        await direct.publish("a", b"small")
        heard = one_by_one(messages)
        async with asyncio.timeout(LIMIT):
            assert [await anext(heard), await anext(heard)] == [("a", large), ("a", b"small")]
        await subscription.aclose()
    await direct.aclose()
    shutil.rmtree(folder)


@pytest.mark.parametrize("nonsense", [b"-ERR not now\r\n", b"HTTP/1.1 400 Bad Request\r\n"], ids=["refused", "foreign"])
async def test_whoever_answers_nonsense_is_left(redis_url: str, nonsense: bytes) -> None:
    folder = make_socket_folder()
    direct = RedisBus(redis_url)
    async with slow_road(redis_url, folder) as road:
        subscription = RedisBus(road.url).subscribe()
        await subscription.add("a")
        messages = one_by_one(subscription.messages())
        road.answer(nonsense + told("a", "not to be believed"))
        async with asyncio.timeout(LIMIT):
            heard = await anext(messages)
            assert heard in (None, ("a", b"not to be believed"))
            assert heard is None or nonsense.startswith(b"-")
            assert heard is None or await anext(messages) is None
            await direct.publish("a", b"1")
            assert await anext(messages) == ("a", b"1")
        await subscription.aclose()
    await direct.aclose()
    shutil.rmtree(folder)


def told(channel: str, message: str) -> bytes:
    """As Redis writes it."""
    parts = b"".join(b"$%d\r\n%s\r\n" % (len(part), part.encode()) for part in ("message", channel, message))
    return b"*3\r\n" + parts


async def test_what_is_asked_for_at_once_is_one_command(valkey: PrivateValkey, bus: RedisBus) -> None:
    subscription = bus.subscribe()
    await subscription.add("first")
    await asyncio.gather(*(subscription.add(f"a{number}") for number in range(200)))
    async with Redis.from_url(valkey.url) as client:
        assert (await client.info("commandstats"))["cmdstat_subscribe"]["calls"] == 2
    await subscription.remove("a7")
    await subscription.add("a7")
    messages = one_by_one(subscription.messages())
    await bus.publish("a7", b"1")
    async with asyncio.timeout(LIMIT):
        assert await anext(messages) == ("a7", b"1")
    await subscription.aclose()
