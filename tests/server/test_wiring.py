"""Everything is opened in order, closed in reverse, and says what is missing."""

from __future__ import annotations

import asyncio
import socket
import time
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from server.core.limits import Rate
from server.core.ports import Unavailable
from server.infra.database import PostgresDatabase
from server.settings import Settings, SettingsError
from server.usecases.check_viewers import ENDED_CHANNEL
from server.wiring import Dependencies, open_dependencies, rules_of, terms_of
from tests.one_by_one import one_by_one

BOUND = 10.0


@pytest.fixture
def nowhere() -> str:
    """A host and port where connections are refused."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return f"127.0.0.1:{listening.getsockname()[1]}"


@pytest.mark.parametrize("missing", ["database_url", "redis_url"])
async def test_without_addresses_it_says_how_to_start(missing: str, tmp_path: Path, nowhere: str) -> None:
    given: dict[str, Any] = {"database_url": f"postgresql://{nowhere}/x", "redis_url": f"redis://{nowhere}"}
    settings = Settings(atelier_data=tmp_path, **{**given, missing: None})
    with pytest.raises(SettingsError, match="atelier up"):
        async with open_dependencies(settings):
            pass


async def test_a_postgresql_that_stays_away_is_given_up(
    tmp_path: Path, nowhere: str, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.wiring.START_PATIENCE", 0.7)
    settings = Settings(atelier_data=tmp_path, database_url=f"postgresql://{nowhere}/x", redis_url=redis_url)
    began = time.monotonic()
    with pytest.raises(Unavailable, match="PostgreSQL"):
        async with open_dependencies(settings):
            pass
    assert time.monotonic() - began < BOUND


async def test_all_parts_work_and_none_is_left_open(database_url: str, redis_url: str, tmp_path: Path) -> None:
    settings = Settings(atelier_data=tmp_path, database_url=database_url, redis_url=redis_url)
    async with open_dependencies(settings) as parts:
        await asyncio.gather(*(parts.database.time() for _ in range(10)))
        assert (await parts.limiter.hit("ada", Rate("test", 1, 10.0))).allowed
        await parts.blobs.put("a/b", b"data", "text/plain")
        assert await parts.blobs.get("a/b") == b"data"
        assert (tmp_path / "secret_key").read_bytes() == parts.secret
        assert abs(parts.clock.now() - await parts.database.time()) < timedelta(seconds=1)
        assert not parts.leaving.is_set()
    observer = PostgresDatabase(database_url, pool=1)
    await observer.connect()
    try:
        assert await others(observer) == 0
    finally:
        await observer.disconnect()


async def others(observer: PostgresDatabase) -> int:
    """Connections to the observer's database beside its own, once they have had time to be noticed."""
    async with asyncio.timeout(BOUND):
        while True:
            row = await observer.query(
                lambda sql: sql.one(
                    "SELECT count(*) AS n FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
            if row is not None and row["n"] == 0:
                return 0


async def test_who_is_signed_out_is_told_to_all_processes(database_url: str, redis_url: str, tmp_path: Path) -> None:
    settings = Settings(atelier_data=tmp_path, database_url=database_url, redis_url=redis_url)
    session = uuid4()
    async with open_dependencies(settings) as parts, asyncio.timeout(BOUND):
        subscription = parts.bus.subscribe()
        await subscription.add(ENDED_CHANNEL)
        await parts.tell_ended(session)
        async for news in one_by_one(subscription.messages()):
            if news is not None:
                assert news == (ENDED_CHANNEL, str(session).encode())
                break
        await subscription.aclose()


async def test_without_redis_it_opens_and_tells_nobody(database_url: str, tmp_path: Path, nowhere: str) -> None:
    settings = Settings(atelier_data=tmp_path, database_url=database_url, redis_url=f"redis://{nowhere}")
    async with asyncio.timeout(BOUND), open_dependencies(settings) as parts:
        await parts.tell_ended(uuid4())
        assert await limited(parts) == [True, False]


async def limited(parts: Dependencies) -> list[bool]:
    """Two requests where one is allowed."""
    rate = Rate("test", 1, 1000.0)
    return [(await parts.limiter.hit("ada", rate)).allowed for _ in range(2)]


def test_the_machine_gets_the_durations_that_are_set() -> None:
    settings = Settings(submit_timeout=3, unknown_deadline=4, processing_deadline=5, retry_confirmed_failure=True)
    policy = rules_of(settings).policy
    assert (policy.submit_timeout, policy.unknown_deadline, policy.processing_deadline) == (3, 4, 5)
    assert policy.retry_confirmed_failure


def test_only_the_simulator_is_quicker_than_life() -> None:
    simulated = terms_of(Settings(nanobanana_simulator_speed=5))
    paid = terms_of(Settings(nanobanana_simulator_speed=5, nanobanana_api_key="key"))  # type: ignore[arg-type]
    assert (simulated.simulated, simulated.pace) == (True, 5)
    assert (paid.simulated, paid.pace) == (False, 1)
