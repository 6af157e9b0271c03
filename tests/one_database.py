"""One database for a whole run of tests that leave nothing open: emptied before each, which takes milliseconds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from server.core.ports import Unit
from server.infra.database import Announce, PostgresDatabase
from server.infra.embedded import ThrowawayServers
from server.infra.sql import Sql
from tests.drop_database import drop_database

CONNECTIONS = 5
_EMPTY = """
    DO $$ DECLARE name text; BEGIN
        SET LOCAL session_replication_role = replica;
        FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'migration' LOOP
            EXECUTE format('DELETE FROM %I', name);
        END LOOP;
        INSERT INTO provider_state DEFAULT VALUES;
    END $$
"""


@asynccontextmanager
async def one_database(
    servers: ThrowawayServers, name: str, announce: Announce | None = None
) -> AsyncIterator[PostgresDatabase]:
    """A migrated database of that name, all its connections open: what is done at once really is."""
    admin = await asyncpg.connect(servers.database_url.replace("/atelier?", "/postgres?"))
    await admin.execute(f"CREATE DATABASE {name} TEMPLATE atelier STRATEGY file_copy")
    database = PostgresDatabase(servers.database_url.replace("/atelier?", f"/{name}?"), CONNECTIONS, announce)
    await database.connect()
    all_connected = asyncio.Barrier(CONNECTIONS)

    async def meet(_: Unit) -> None:
        await all_connected.wait()

    await asyncio.gather(*(database.transact(meet) for _ in range(CONNECTIONS)))
    yield database
    await database.disconnect()
    try:
        await drop_database(admin, name)
    finally:
        await admin.close()


async def empty(database: PostgresDatabase) -> None:
    """As after the migrations."""

    async def delete(sql: Sql) -> None:
        await sql.run(_EMPTY)

    await database.query(delete)
