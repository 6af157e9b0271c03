"""Real parts for every test: one PostgreSQL and one Valkey for the whole run, a fresh database for each test."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator

import asyncpg
import pytest
from redis.asyncio import Redis

from server.infra.database import PostgresDatabase
from server.infra.embedded import ThrowawayServers, throwaway_servers
from server.infra.migrations import migrate
from tests.drop_database import drop_database

_NUMBERS = itertools.count(1)
LONGEST_NAME = 100


def pytest_make_parametrize_id(val: object) -> str | None:
    """What is long goes by its beginning and its length: names of tests are sent from process to process many times."""
    if isinstance(val, str | bytes) and len(val) > LONGEST_NAME:
        return f"{val[:20]!a} and so on, {len(val)} in all"
    return None


@pytest.fixture(scope="session")
async def servers() -> AsyncIterator[ThrowawayServers]:
    """PostgreSQL and Valkey from their wheels, on private sockets.

    A new database is three hundred files: in memory they are there ten times as soon as on a disk.
    """
    async with throwaway_servers(in_memory=True) as running:
        await migrate(running.database_url)
        yield running


@pytest.fixture
async def database_url(servers: ThrowawayServers) -> AsyncIterator[str]:
    """A migrated database of this test's own, copied from the one migrated at the start; whoever opens it closes it."""
    name = f"test_{next(_NUMBERS)}"
    admin = await asyncpg.connect(servers.database_url.replace("/atelier?", "/postgres?"))
    await admin.execute(f"CREATE DATABASE {name} TEMPLATE atelier STRATEGY file_copy")
    yield servers.database_url.replace("/atelier?", f"/{name}?")
    try:
        await drop_database(admin, name)
    finally:
        await admin.close()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[PostgresDatabase]:
    """The adapter on this test's own database, announcing nothing."""
    connected = PostgresDatabase(database_url, pool=5)
    await connected.connect()
    yield connected
    await connected.disconnect()


@pytest.fixture
async def redis_url(servers: ThrowawayServers) -> AsyncIterator[str]:
    """The run's Valkey, emptied for this test."""
    client = Redis.from_url(servers.redis_url)
    await client.flushall()
    yield servers.redis_url
    await client.aclose()
