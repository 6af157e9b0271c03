"""A pool that outlives its test is noticed."""

from __future__ import annotations

import asyncpg
import pytest

from server.infra.database import PostgresDatabase
from server.infra.embedded import ThrowawayServers
from tests.drop_database import drop_database

NAME = "left_open"


async def test_who_is_left_in_a_database_is_named_and_it_goes_all_the_same(servers: ThrowawayServers) -> None:
    admin = await asyncpg.connect(servers.database_url.replace("/atelier?", "/postgres?"))
    await admin.execute(f"CREATE DATABASE {NAME} TEMPLATE atelier STRATEGY file_copy")
    database = PostgresDatabase(servers.database_url.replace("/atelier?", f"/{NAME}?"), pool=1)
    await database.connect()
    try:
        with pytest.raises(AssertionError, match="atelier idle SET idle_in_transaction_session_timeout"):
            await drop_database(admin, NAME, patience=0.2)
        assert await admin.fetchval("SELECT count(*) FROM pg_database WHERE datname = $1", NAME) == 0
    finally:
        await database.disconnect()
        await admin.close()


async def test_who_is_about_to_leave_may(servers: ThrowawayServers) -> None:
    admin = await asyncpg.connect(servers.database_url.replace("/atelier?", "/postgres?"))
    await admin.execute(f"CREATE DATABASE {NAME} TEMPLATE atelier STRATEGY file_copy")
    database = PostgresDatabase(servers.database_url.replace("/atelier?", f"/{NAME}?"), pool=1)
    await database.connect()
    await database.disconnect()
    await drop_database(admin, NAME)
    await admin.close()
