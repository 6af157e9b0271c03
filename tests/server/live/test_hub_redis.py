"""The hub on a real PostgreSQL and a real Valkey that is killed, emptied and frozen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from server.infra.bus import RedisBus
from server.infra.database import PostgresDatabase
from server.infra.memory.clock import MemoryClock
from server.live.ear import Hearing
from server.live.hub import Hub
from server.live.times import LiveTimes
from tests.server.infra.private_valkey import PrivateValkey, private_valkey
from tests.server.live.peers import Peer, eventually
from tests.server.live.people import Person, change, commit, new_person

TIMES = LiveTimes(check=0.2, beat=3600, probe=0.1, silence=2.0, bus=0.5)


@pytest.fixture
async def valkey() -> AsyncIterator[PrivateValkey]:
    async with private_valkey() as running:
        yield running


@pytest.fixture
async def bus(valkey: PrivateValkey) -> AsyncIterator[RedisBus]:
    opened = RedisBus(valkey.url, heartbeat=0.2, patience=0.2)
    yield opened
    await opened.aclose()


@pytest.fixture
async def person(database: PostgresDatabase) -> Person:
    return await new_person(database)


async def opened(database: PostgresDatabase, bus: RedisBus, person: Person, times: LiveTimes) -> tuple[Hub, Peer]:
    hub = Hub(database, bus, MemoryClock(), times)
    await hub.start()
    tab = Peer(hub, person.by_session)
    await tab.join()
    return hub, tab


async def test_events_travel_from_one_process_to_another(
    database: PostgresDatabase, bus: RedisBus, person: Person
) -> None:
    hub, tab = await opened(database, bus, person, replace(TIMES, check=3600))
    assert hub.hearing is Hearing.HEALTHY
    for _ in range(3):
        await tab.until_at(await change(database, bus, person.workspace, 2))
    await hub.aclose()


async def test_valkey_killed_and_started_empty(
    database: PostgresDatabase, bus: RedisBus, person: Person, valkey: PrivateValkey
) -> None:
    hub, tab = await opened(database, bus, person, replace(TIMES, check=3600))
    await valkey.kill()
    top = (await commit(database, person.workspace, 3))[-1].seq
    await valkey.start()
    await tab.until_at(top)
    assert tab.closed is None, "sockets stay"
    await eventually(lambda: hub.hearing is Hearing.HEALTHY)
    await tab.until_at(await change(database, bus, person.workspace))
    await hub.aclose()


async def test_valkey_frozen(database: PostgresDatabase, bus: RedisBus, person: Person, valkey: PrivateValkey) -> None:
    hub, tab = await opened(database, bus, person, TIMES)
    valkey.freeze()
    try:
        await eventually(lambda: hub.hearing is Hearing.DEGRADED)
        late = Peer(hub, person.by_session)
        started = asyncio.get_running_loop().time()
        await late.join()
        assert asyncio.get_running_loop().time() - started < 2, "nobody waits for Valkey longer"
        top = (await commit(database, person.workspace))[0].seq
        await tab.until_at(top)
        await late.until_at(top)
    finally:
        valkey.thaw()
    await eventually(lambda: hub.hearing is Hearing.HEALTHY)
    await tab.until_at(await change(database, bus, person.workspace))
    await hub.aclose()
