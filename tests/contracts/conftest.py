"""An empty database with somebody at home in it, for the suites of the database's ports."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from server.infra.database import PostgresDatabase
from server.infra.embedded import ThrowawayServers
from tests.contracts.rows import Home, settle_in
from tests.one_database import empty, one_database


@pytest.fixture(scope="session")
async def shared_stores(servers: ThrowawayServers) -> AsyncIterator[PostgresDatabase]:
    """Shared by the suites, one test after the other."""
    async with one_database(servers, "stores") as database:
        yield database


@pytest.fixture
async def home(shared_stores: PostgresDatabase) -> Home:
    """Ada's."""
    await empty(shared_stores)
    return await settle_in(shared_stores)


@pytest.fixture
async def other(home: Home) -> Home:
    """Bob's, in the same database."""
    return await settle_in(home.database, "bob@example.org")
