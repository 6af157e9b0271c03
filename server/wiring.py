"""Opens the adapters in order and closes them in reverse: one value that is passed down."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from uuid import UUID

from server.core.catalog import Terms
from server.core.destination import Destinations, Forbidden
from server.core.limits import Policy
from server.core.ports import Blobs, Bus, Limiter, Queue, Unavailable
from server.ending import end
from server.infra.blobs import open_blobs
from server.infra.bus import RedisBus
from server.infra.clock import DatabaseClock
from server.infra.database import PostgresDatabase
from server.infra.guarded_http import anywhere_and
from server.infra.limiter import RedisLimiter
from server.infra.limiter_postgres import FallbackLimiter, PostgresLimiter
from server.infra.outbox import Outbox
from server.infra.queue import ArqQueue
from server.infra.vapid import VapidKey
from server.settings import Settings, SettingsError, secret_key
from server.usecases.check_viewers import tell_ended
from server.usecases.move_image import Rules

LOG = logging.getLogger(__name__)
START_PATIENCE = 30.0
CLOCK_INTERVAL = 30.0


@dataclass
class Dependencies:
    """What doors and jobs are handed. `leaving` is set once the process is told to stop."""

    settings: Settings
    database: PostgresDatabase
    bus: Bus
    queue: Queue
    limiter: Limiter
    blobs: Blobs
    clock: DatabaseClock
    terms: Terms
    rules: Rules
    secret: bytes
    vapid: VapidKey
    push_destinations: Destinations
    leaving: asyncio.Event = field(default_factory=asyncio.Event)
    live_health: Callable[[], str] = lambda: "ok"

    async def tell_ended(self, id: UUID) -> None:
        """Have the live sockets of a session or key closed; without Redis the next re-check closes them."""
        with suppress(Unavailable):
            await tell_ended(self.bus, id)


@asynccontextmanager
async def open_dependencies(settings: Settings) -> AsyncIterator[Dependencies]:
    """Everything a process needs, connected. Raises `SettingsError`, and `Unavailable` where PostgreSQL stays away."""
    if settings.database_url is None or settings.redis_url is None:
        raise SettingsError("DATABASE_URL and REDIS_URL are unset: start the parts with `atelier up`, or set them.")
    async with AsyncExitStack() as stack:
        bus = RedisBus(settings.redis_url)
        stack.push_async_callback(bus.aclose)
        queue = ArqQueue(settings.redis_url)
        stack.push_async_callback(queue.aclose)
        outbox = Outbox(bus, queue)
        await outbox.start()
        stack.push_async_callback(outbox.aclose)
        database = PostgresDatabase(settings.database_url, settings.database_pool, outbox.put)
        await _connect(database)
        stack.push_async_callback(database.disconnect)
        counted = RedisLimiter(settings.redis_url)
        stack.push_async_callback(counted.aclose)
        blobs = open_blobs(settings.blob_url, settings.atelier_data / "blobs")
        stack.push_async_callback(blobs.aclose)
        clock = DatabaseClock(database.time)
        await clock.refresh()
        await stack.enter_async_context(_background(_keep_time(clock)))
        secret = secret_key(settings)
        yield Dependencies(
            settings=settings,
            database=database,
            bus=bus,
            queue=queue,
            limiter=FallbackLimiter(counted, PostgresLimiter(database)),
            blobs=blobs,
            clock=clock,
            terms=terms_of(settings),
            rules=rules_of(settings),
            secret=secret,
            vapid=VapidKey(secret),
            push_destinations=push_destinations_of(settings),
        )


def terms_of(settings: Settings) -> Terms:
    """How this installation meets the provider."""
    return Terms(
        simulated=settings.simulated,
        inputs_reachable=settings.inputs_reachable,
        callbacks=settings.called_back,
        pace=settings.nanobanana_simulator_speed if settings.simulated else 1.0,
    )


def rules_of(settings: Settings) -> Rules:
    """The machine's durations as this installation has set them."""
    return Rules(
        Policy(
            submit_timeout=settings.submit_timeout,
            unknown_deadline=settings.unknown_deadline,
            processing_deadline=settings.processing_deadline,
            retry_confirmed_failure=settings.retry_confirmed_failure,
        ).scaled(settings.time_factor),
        prices=settings.price_list,
    )


def push_destinations_of(settings: Settings) -> Destinations:
    """Where devices may be told. Raises `SettingsError`."""
    try:
        return anywhere_and(settings.push_private_origin)
    except Forbidden as error:
        raise SettingsError(f"PUSH_PRIVATE_ORIGIN cannot be used: {error}") from error


async def _connect(database: PostgresDatabase) -> None:
    """PostgreSQL may still be starting. Raises `Unavailable` where it stays away."""
    try:
        async with asyncio.timeout(START_PATIENCE):
            while True:
                try:
                    return await database.connect()
                except Unavailable as error:
                    LOG.warning("waiting for PostgreSQL: %s", error)
                    await asyncio.sleep(0.5)
    except TimeoutError as error:
        raise Unavailable(f"PostgreSQL did not answer within {START_PATIENCE:g} s.") from error


async def _keep_time(clock: DatabaseClock) -> None:
    while True:
        await asyncio.sleep(CLOCK_INTERVAL)
        with suppress(Unavailable):
            await clock.refresh()


@asynccontextmanager
async def _background(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        await end(task)
