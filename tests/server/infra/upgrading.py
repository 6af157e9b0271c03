"""A database as it was before a migration, which is then applied to what it held."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import asyncpg

from server.infra.embedded import ThrowawayServers
from server.infra.migrations import available

Upgrade = Callable[[], Awaitable[object]]


@asynccontextmanager
async def before(
    servers: ThrowawayServers, migration: str
) -> AsyncIterator[tuple[asyncpg.Connection[asyncpg.Record], Upgrade]]:
    """A database with all migrations up to that one, and what applies that one. It is dropped at the end."""
    files = {path.stem: path.read_text() for path in available()}
    name = f"before_{migration}"
    admin = await asyncpg.connect(servers.database_url.replace("/atelier?", "/postgres?"))
    try:
        await admin.execute(f"CREATE DATABASE {name}")
        database = await asyncpg.connect(servers.database_url.replace("/atelier?", f"/{name}?"))
        try:
            for earlier in (each for each in files if each < migration):
                await database.execute(files[earlier])
            yield database, lambda: database.execute(files[migration])
        finally:
            await database.close()
            await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await admin.close()
