"""What is set, what is reachable, what is wrong: in sentences."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass

import asyncpg
from redis.asyncio import Redis
from redis.exceptions import RedisError

from server.api.page import DIST
from server.core.ports import Unavailable
from server.infra.database import PostgresDatabase
from server.infra.migrations import missing
from server.settings import UNREADABLE, Settings, readable
from server.usecases.hold_provider import read_standing
from server.usecases.read_push_tally import read_push_tally
from server.usecases.read_spending import read_reading
from server.usecases.repair_stuck import find_stuck

LOW_DISK = 1 << 30
LATE_PUSH = 600.0
"""Seconds after an outcome; by then several tries were made."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence, and whether it is good news."""

    well: bool
    sentence: str


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Every check in turn; each is bounded to a few seconds, and none changes anything."""
    yield _data(settings)
    yield _dashboard()
    yield await _redis(settings)
    async for finding in _postgresql(settings):
        yield finding
    yield await _provider(settings)
    yield _reach(settings)


def _data(settings: Settings) -> Finding:
    folder = settings.atelier_data
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        return Finding(False, f"The data folder {folder} cannot be written: set ATELIER_DATA to one that can.")
    free = shutil.disk_usage(folder).free
    if free < LOW_DISK:
        return Finding(False, f"Only {free >> 20} MiB are free for {folder}: pictures will soon not be saved.")
    return Finding(True, f"The data folder {folder} can be written; {free >> 30} GiB are free.")


def _dashboard() -> Finding:
    if (DIST / "index.html").is_file():
        return Finding(True, "The dashboard is built.")
    return Finding(False, "The dashboard is not built: run `make build`.")


async def _redis(settings: Settings) -> Finding:
    if settings.redis_url is None:
        return Finding(
            False, "No Redis: Atelier is not running here, and REDIS_URL is unset. Start it with `make run`."
        )
    try:
        client = Redis.from_url(settings.redis_url, socket_timeout=2, socket_connect_timeout=2)
    except ValueError as error:
        return Finding(False, f"REDIS_URL cannot be read: {error}.")
    try:
        async with asyncio.timeout(3):
            await client.ping()
        return Finding(True, "Redis answers.")
    except (OSError, TimeoutError, RedisError) as error:
        return Finding(False, f"Redis does not answer ({error}): pictures and events are slower until it does.")
    finally:
        await client.aclose()


async def _postgresql(settings: Settings) -> AsyncIterator[Finding]:
    if settings.database_url is None:
        yield Finding(
            False, "No PostgreSQL: Atelier is not running here, and DATABASE_URL is unset. Start it with `make run`."
        )
        return
    if not readable(settings.database_url):
        yield Finding(False, UNREADABLE)
        return
    try:
        async with asyncio.timeout(5):
            unapplied = await missing(settings.database_url)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        yield Finding(False, f"PostgreSQL does not answer ({type(error).__name__}: {error}).")
        return
    if unapplied:
        yield Finding(False, f"PostgreSQL answers, but lacks {', '.join(unapplied)}: run `atelier migrate`.")
        return
    yield Finding(True, "PostgreSQL answers and is up to date.")
    database = PostgresDatabase(settings.database_url, pool=1)
    try:
        await database.connect()
        yield await _stuck(database)
        yield await _submits(database)
        yield await _balance(database, settings.credit_usd)
        yield await _pushes(database)
    except Unavailable as error:
        yield Finding(False, str(error))
    finally:
        await database.disconnect()


async def _stuck(database: PostgresDatabase) -> Finding:
    stuck = await find_stuck(database)
    if stuck:
        return Finding(False, f"{len(stuck)} images are overdue: is `rescue` running? `atelier repair` shows them.")
    return Finding(True, "No image is overdue.")


async def _submits(database: PostgresDatabase) -> Finding:
    standing = await read_standing(database)
    return Finding(standing.reason is None, standing.sentence)


async def _balance(database: PostgresDatabase, credit_usd: float) -> Finding:
    """Informs only: what is being submitted makes a difference, and prices that are not the provider's do."""
    reading = await read_reading(database)
    if reading is None:
        return Finding(True, "The provider's balance was not read yet: it is once a picture was charged.")
    at = f"The provider's balance was {reading.credits:g} credits at {reading.at:%Y-%m-%d %H:%M:%S}Z"
    drift = reading.drift_usd(credit_usd)
    if drift is None:
        return Finding(True, f"{at}; how it goes with the ledger shows at the next reading.")
    if drift == 0:
        return Finding(True, f"{at}, as the ledger has it.")
    than = "more" if drift > 0 else "less"
    return Finding(True, f"{at}; since readings began it fell by US$ {abs(drift):g} {than} than the ledger says.")


async def _pushes(database: PostgresDatabase) -> Finding:
    tally = await read_push_tally(database)
    trouble = f", in trouble: {tally.troubled}" if tally.troubled else ""
    devices = f"devices: {tally.devices}{trouble}"
    if not tally.waiting:
        return Finding(True, f"No push waits ({devices}).")
    waiting = f"Pushes wait: {tally.waiting}, the oldest for {tally.oldest:.0f} s ({devices})"
    if tally.oldest < LATE_PUSH:
        return Finding(True, f"{waiting}.")
    return Finding(False, f"{waiting}. Does `worker` or `rescue` run, and may it reach the browsers' push services?")


async def _provider(settings: Settings) -> Finding:
    """Only the jobs speak to the provider, so one of them is asked."""
    environment = dict(os.environ)
    if settings.nanobanana_simulator_url:
        environment["NANOBANANA_SIMULATOR_URL"] = settings.nanobanana_simulator_url
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "jobs.nanobanana.check", env=environment, stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(20):
            said, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        return Finding(False, "The provider could not be asked within 20 s.")
    return Finding(process.returncode == 0, said.decode().strip() or "The provider could not be asked.")


def _reach(settings: Settings) -> Finding:
    if settings.simulated:
        return Finding(True, "Pictures are simulated: set NANOBANANA_API_KEY to make real ones.")
    if not settings.inputs_reachable:
        return Finding(
            False, "NanoBanana cannot fetch pictures from here, so only text-to-image works: set PUBLIC_URL."
        )
    return Finding(True, f"NanoBanana reaches this server at {settings.base_url}.")
