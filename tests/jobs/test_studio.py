"""The tests' own studio: however it ends, nothing of it stays behind."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import httpx
import pytest

from tests import studio as studios
from tests.jobs.conftest import OpenStudio
from tests.studio import Studio

HALF = (
    "PATCH /api/projects/{project} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\n"
    "Content-Type: application/json\r\nContent-Length: 99\r\n\r\n{{"
)


async def half_a_request(studio: Studio) -> asyncio.StreamWriter:
    """What the web process waits for the rest of, and so does not end."""
    url = httpx.URL(studio.settings.base_url)
    _, writer = await asyncio.open_connection(url.host, url.port)
    host = url.netloc.decode()
    writer.write(HALF.format(host=host, key=studio.key, project=studio.project).encode())
    return writer


async def connected(database_url: str) -> int:
    """How many others are in the test's database."""
    observer = await asyncpg.connect(database_url)
    try:
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        found: int = await observer.fetchval(query)
        return found
    finally:
        await observer.close()


async def test_a_part_that_does_not_end_is_named_and_leaves_no_pool_behind(
    studio_with: OpenStudio, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    peers: list[asyncio.StreamWriter] = []
    with pytest.raises(AssertionError, match=r"the web process did not end within 0\.5 s"):
        async with studio_with() as studio:
            peers.append(await half_a_request(studio))
            # Answered after it: the server has taken the other connection.
            assert (await studio.http.get("/api/me")).status_code == 200
            monkeypatch.setattr(studios, "PATIENCE", 0.5)
    for peer in peers:
        peer.close()
    assert await studios.eventually(lambda: connected(database_url), lambda others: others == 0) == 0


async def test_a_worker_that_broke_is_told_and_leaves_no_pool_behind(
    studio_with: OpenStudio, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = asyncio.Event()

    async def breaks(_: Any) -> None:
        broken.set()
        raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        async with studio_with(), asyncio.timeout(studios.PATIENCE):
            monkeypatch.setattr("arq.worker.Worker.heart_beat", breaks)
            await broken.wait()
    assert await studios.eventually(lambda: connected(database_url), lambda others: others == 0) == 0
