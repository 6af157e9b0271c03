"""The Redis bus, when Redis dies, freezes and comes back."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator

import pytest

from server.core.ports import Unavailable
from server.infra.bus import RedisBus
from server.infra.socket_folder import make_socket_folder
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
    messages = subscription.messages()
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
    messages = subscription.messages()
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
    reader = asyncio.create_task(anext(subscription.messages()))
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
    messages = subscription.messages()
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
        assert await anext(subscription.messages()) == ("a", b"1")
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
        messages = subscription.messages()
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
        gap = asyncio.create_task(anext(subscription.messages()))
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
