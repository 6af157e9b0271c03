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
from server.core.archive import Archives
from server.core.devices import Devices
from server.core.events import Change, Event
from server.core.fair_queue import FairQueue
from server.core.money import Ledger
from server.core.notices import Notices
from server.core.pause import ProviderState
from server.core.ports import Outlook, Unavailable, Unit
from server.core.pushes import Pushes
from server.core.read_marks import ReadMarks
from server.core.stores import Wake
from server.core.trash import Trash
from server.infra.accounts import PostgresAccounts
from server.infra.archives import PostgresArchives
from server.infra.attempts import PostgresAttempts
from server.infra.devices import PostgresDevices
from server.infra.event_store import PostgresEventStore
from server.infra.fair_queue import PostgresFairQueue
from server.infra.idempotency import PostgresIdempotency
from server.infra.images import PostgresImages
from server.infra.ledger import PostgresLedger
from server.infra.notices import PostgresNotices
from server.infra.projects import PostgresProjects
from server.infra.provider_state import READING_IS_DUE, PostgresProviderState
from server.infra.pushes import PostgresPushes
from server.infra.read_marks import PostgresReadMarks
from server.infra.sql import Connection, Pool, Row, Sql
from server.infra.trash import PostgresTrash

T = TypeVar("T")
Announce = Callable[[Sequence[Event], Sequence[Wake], bool], None]

LOG = logging.getLogger(__name__)
RETRIES = 3
ACQUIRE_TIMEOUT = 2.0
COMMAND_TIMEOUT = 20.0
STANDSTILL = 5.0
"""Seconds after which PostgreSQL ends a transaction in which nothing happens: whoever stands still holds its locks."""

_CUT = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    # A connection that was cut between two messages is in no state to take another.
    asyncpg.InternalClientError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.IdleInTransactionSessionTimeoutError,
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
_OUTLOOK = f"""
    SELECT extract(epoch FROM now() - least((SELECT min(wake_at) FROM image WHERE wake_at IS NOT NULL),
                                            (SELECT min(wake_at) FROM attempt WHERE wake_at IS NOT NULL))) AS late,
           EXISTS (SELECT FROM image
                   WHERE status = 'pending' AND kind = 'generation' AND dispatched_at IS NULL) AS waiting,
           EXISTS (SELECT FROM provider_state WHERE {READING_IS_DUE}) AS reading,
           extract(epoch FROM now() - (SELECT min(wake_at) FROM push WHERE wake_at IS NOT NULL)) AS pushes_late
"""
_COLLIDED = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)


async def _leave_as_is(connection: object) -> None:
    """Nothing here outlasts its transaction, so a connection goes back without asking the server to forget."""


class _Stale(Exception):
    """The pool's connection had been cut while it lay idle: nothing was asked of it yet."""


class PostgresUnit:
    """One transaction; see `server.core.ports.Unit`."""

    def __init__(self, sql: Sql, now: datetime) -> None:
        self.now = now
        self.images: stores.Images = PostgresImages(sql)
        self.trash: Trash = PostgresTrash(sql)
        self.archives: Archives = PostgresArchives(sql)
        self.queue: FairQueue = PostgresFairQueue(sql)
        self.attempts: stores.Attempts = PostgresAttempts(sql)
        self.projects: stores.Projects = PostgresProjects(sql)
        self.accounts: stores.Accounts = PostgresAccounts(sql)
        self.read_marks: ReadMarks = PostgresReadMarks(sql)
        self.notices: Notices = PostgresNotices(sql)
        self.devices: Devices = PostgresDevices(sql)
        self.outbox = PostgresPushes(sql)
        self.pushes: Pushes = self.outbox
        self.events: stores.EventStore = PostgresEventStore(sql)
        self.provider: ProviderState = PostgresProviderState(sql)
        self.ledger: Ledger = PostgresLedger(sql)
        self.idempotency: stores.Idempotency = PostgresIdempotency(sql)
        self.changes: list[Change] = []
        # Many facts of one unit may ask for the same.
        self.wakes: dict[Wake, None] = {}
        self.stirred = False

    def tell(self, change: Change) -> None:
        """Number this change last of all, and publish it after the commit."""
        self.changes.append(change)

    def wake(self, wake: Wake) -> None:
        """Enqueue this after the commit."""
        self.wakes[wake] = None

    def stir_queue(self) -> None:
        """Have the queue looked at again after the commit."""
        self.stirred = True


class PostgresDatabase:
    """The adapter of `server.core.ports.Database`.

    `announce` gets the events, the wakes and whether the queue has changed; it must neither block nor raise.
    """

    def __init__(
        self, url: str, pool: int = 10, announce: Announce | None = None, standstill: float = STANDSTILL
    ) -> None:
        async def end_standstills(connection: asyncpg.Connection[asyncpg.Record]) -> None:
            # Not among the settings of the connection's start: a pooler in between may know only some of those.
            await connection.execute(f"SET idle_in_transaction_session_timeout = {round(standstill * 1000)}")

        self._pool = Pool(
            url,
            min_size=1,
            max_size=pool,
            timeout=5.0,
            command_timeout=COMMAND_TIMEOUT,
            init=end_standstills,
            reset=_leave_as_is,
            server_settings={"application_name": "atelier", "timezone": "UTC"},
        )
        self._announce = announce or (lambda events, wakes, stirred: None)

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

    async def outlook(self) -> Outlook:
        """See `server.core.ports.Database.outlook`."""
        row = await self._run(lambda: self._alone(_OUTLOOK))
        return Outlook(
            late=float(row["late"] or 0.0),
            waiting=row["waiting"],
            reading=row["reading"],
            pushes_late=float(row["pushes_late"] or 0.0),
        )

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
            await unit.outbox.write_counts()
            events = await unit.events.append(unit.changes)
        self._announce(events, list(unit.wakes), unit.stirred)
        return result

    async def _plain(self, work: Callable[[Sql], Awaitable[T]]) -> T:
        async with self._transaction() as sql:
            return await work(sql)

    async def _alone(self, query: str) -> Row:
        """One statement that needs no transaction, and answers with one row."""
        try:
            async with self._connection() as connection:
                row = await Sql(connection).one(query)
        except _CUT as error:
            raise _Stale from error
        assert row is not None
        return row

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Sql]:
        begun = False
        async with self._connection() as connection:
            try:
                # The driver's own transaction, not the library's: that one never gives the connection back to the pool
                # when COMMIT fails.
                async with connection.raw_connection.transaction():
                    begun = True
                    yield Sql(connection)
            except _CUT as error:
                if not begun:
                    raise _Stale from error
                raise

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        connection = self._pool.connection()
        async with asyncio.timeout(ACQUIRE_TIMEOUT):
            await connection.__aenter__()
        try:
            yield connection
        except (*_LOST, _Stale):
            # What was cut may not know it yet, and would fail whoever takes it from the pool next.
            with suppress(asyncpg.InterfaceError):
                connection.raw_connection.terminate()
            raise
        finally:
            await connection.__aexit__()

    async def time(self) -> datetime:
        """The database's clock, for `DatabaseClock`. Raises `Unavailable`."""
        row = await self._run(lambda: self._alone("SELECT now() AS now"))
        now: datetime = row["now"]
        return now
