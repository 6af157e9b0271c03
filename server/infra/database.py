"""PostgreSQL: units of work in transactions of their own, and what is told after they have committed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Any, TypeVar

import asyncpg

from server.core import stores
from server.core.events import Change, Event
from server.core.ports import Unavailable, Unit
from server.core.stores import Wake
from server.infra.accounts import PostgresAccounts
from server.infra.attempts import PostgresAttempts
from server.infra.event_store import PostgresEventStore
from server.infra.idempotency import PostgresIdempotency
from server.infra.images import PostgresImages
from server.infra.projects import PostgresProjects
from server.infra.provider_state import PostgresProviderState
from server.infra.sql import Pool, Sql

T = TypeVar("T")
Announce = Callable[[Sequence[Event], Sequence[Wake]], None]

LOG = logging.getLogger(__name__)
RETRIES = 3
ACQUIRE_TIMEOUT = 2.0
COMMAND_TIMEOUT = 20.0

_CUT = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    # A connection that was cut between two messages is in no state to take another.
    asyncpg.InternalClientError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    ConnectionError,
)
_LOST = (
    *_CUT,
    # It shuts down, starts, or has cancelled the query.
    asyncpg.OperatorInterventionError,
    # It answers and cannot write: a full disk, no memory, no connection left, a stand-by during a failover.
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
    asyncpg.ReadOnlySQLTransactionError,
    OSError,
    TimeoutError,
)
_COLLIDED = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)


class _Stale(Exception):
    """The pool's connection had been cut while it lay idle: nothing was asked of it yet."""


class PostgresUnit:
    """One transaction; see `server.core.ports.Unit`."""

    def __init__(self, sql: Sql, now: datetime) -> None:
        self.now = now
        self.images: stores.Images = PostgresImages(sql)
        self.attempts: stores.Attempts = PostgresAttempts(sql)
        self.projects: stores.Projects = PostgresProjects(sql)
        self.accounts: stores.Accounts = PostgresAccounts(sql)
        self.events: stores.EventStore = PostgresEventStore(sql)
        self.provider: stores.ProviderState = PostgresProviderState(sql)
        self.idempotency: stores.Idempotency = PostgresIdempotency(sql)
        self.changes: list[Change] = []
        self.wakes: list[Wake] = []

    def tell(self, change: Change) -> None:
        """Number this change last of all, and publish it after the commit."""
        self.changes.append(change)

    def wake(self, wake: Wake) -> None:
        """Enqueue this after the commit."""
        self.wakes.append(wake)


class PostgresDatabase:
    """The adapter of `server.core.ports.Database`; `announce` must neither block nor raise."""

    def __init__(self, url: str, pool: int = 10, announce: Announce | None = None) -> None:
        self._pool = Pool(
            url,
            min_size=1,
            max_size=pool,
            timeout=5.0,
            command_timeout=COMMAND_TIMEOUT,
            server_settings={"application_name": "atelier", "timezone": "UTC"},
        )
        self._announce = announce or (lambda events, wakes: None)

    async def connect(self) -> None:
        """Open the pool. Raises `Unavailable`."""
        try:
            await self._pool.connect()
        except _LOST as error:
            raise Unavailable(f"PostgreSQL does not answer: {error}") from error

    async def disconnect(self) -> None:
        """Close the pool within 5 s; connections still in use then are cut."""
        try:
            async with asyncio.timeout(5):
                await self._pool.disconnect()
        except TimeoutError:
            LOG.warning("database connections were still in use at the end")

    async def transact(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        """See `server.core.ports.Database.transact`."""
        return await self._run(lambda: self._once(work))

    async def query(self, work: Callable[[Sql], Awaitable[T]]) -> T:
        """As `transact`, for adapters that speak SQL themselves and have nothing to tell."""
        return await self._run(lambda: self._plain(work))

    async def _run(self, once: Callable[[], Coroutine[Any, Any, T]]) -> T:
        for last in (False,) * (RETRIES - 1) + (True,):
            try:
                # A fresh task each time: the library ties a connection to its task, and a connection that is lost
                # inside a transaction would poison the caller's for ever.
                return await asyncio.create_task(once())
            except _COLLIDED as error:
                if last:
                    raise Unavailable("the transaction lost to others again and again") from error
            except _Stale as error:
                if last:
                    raise Unavailable(f"PostgreSQL cuts every connection: {error.__cause__}") from error
            except _LOST as error:
                raise Unavailable(f"PostgreSQL does not answer: {type(error).__name__}: {error}") from error
        raise AssertionError("unreachable")

    async def _once(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        async with self._transaction() as sql:
            row = await sql.one("SELECT now() AS now")
            assert row is not None
            unit = PostgresUnit(sql, row["now"])
            result = await work(unit)
            events = await unit.events.append(unit.changes)
        self._announce(events, unit.wakes)
        return result

    async def _plain(self, work: Callable[[Sql], Awaitable[T]]) -> T:
        async with self._transaction() as sql:
            return await work(sql)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Sql]:
        connection = self._pool.connection()
        async with asyncio.timeout(ACQUIRE_TIMEOUT):
            await connection.__aenter__()
        begun = False
        try:
            # The driver's own transaction, not the library's: that one never gives the connection back to the pool
            # when COMMIT fails.
            async with connection.raw_connection.transaction():
                begun = True
                yield Sql(connection)
        except _LOST as error:
            # What was cut may not know it yet, and would fail whoever takes it from the pool next.
            with suppress(asyncpg.InterfaceError):
                connection.raw_connection.terminate()
            if isinstance(error, _CUT) and not begun:
                raise _Stale from error
            raise
        finally:
            await connection.__aexit__()

    async def time(self) -> datetime:
        """The database's clock, for `DatabaseClock`. Raises `Unavailable`."""

        async def read(unit: Unit) -> datetime:
            return unit.now

        return await self.transact(read)
