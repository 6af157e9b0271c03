"""Results as they are fetched; what the guarded client itself refuses is tested with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from jobs.nanobanana.download import Bad, Gone, Interrupted, ResultFetcher, TooSlow, Unsafe
from tests.raw_server import BOUND, Answer, RawServer, Visit, says

PICTURE = bytes(range(256)) * 40


@asynccontextmanager
async def simulator(answer: Answer, **options: Any) -> AsyncIterator[tuple[RawServer, ResultFetcher]]:
    """A fetcher whose configured simulator is a raw server."""
    async with RawServer(answer) as server, fetching(["*.results.example"], simulator=server.url, **options) as fetcher:
        yield server, fetcher


@asynccontextmanager
async def fetching(hosts: Sequence[str], **options: Any) -> AsyncIterator[ResultFetcher]:
    fetcher = ResultFetcher(hosts, **options)
    try:
        async with asyncio.timeout(BOUND):
            yield fetcher
    finally:
        await fetcher.aclose()


async def test_a_result_arrives_whole() -> None:
    async with simulator(says(PICTURE)) as (server, fetcher):
        assert await fetcher.fetch(f"{server.url}/r/1.jpg?sig=a,b#part") == PICTURE
        assert b"\r\nUser-Agent: Mozilla/5.0 " in server.visits[0].received
        assert b"\r\nAccept: image/*, */*;q=0.5\r\n" in server.visits[0].received


async def test_the_simulators_scheme_host_and_port_are_the_only_plain_ones() -> None:
    async with simulator(says(PICTURE)) as (server, fetcher):
        with pytest.raises(Unsafe):
            await fetcher.fetch(f"http://localhost:{server.port}/r/1.jpg")
    async with RawServer(says(PICTURE)) as server, fetching(["127.0.0.1"]) as fetcher:
        for scheme in ("http", "https"):
            with pytest.raises(Unsafe):
                await fetcher.fetch(f"{scheme}://127.0.0.1:{server.port}/r/1.jpg")
        assert server.visits == []


async def test_only_listed_hosts_are_visited() -> None:
    async with fetching(["localhost", " *.Files.Example "]) as fetcher:
        for host in ("elsewhere.example", "a.localhost", "files.example", "localhost.evil.example"):
            with pytest.raises(Unsafe, match="not on the list"):
                await fetcher.fetch(f"https://{host}/x.png")
        # Listed, so it is looked up; and where it leads is not visited.
        with pytest.raises(Unsafe, match="not public"):
            await fetcher.fetch("https://localhost:8443/x.png")


@pytest.mark.parametrize("status", ["404 Not Found", "403 Forbidden", "410 Gone", "401 Unauthorized", "400 Bad"])
async def test_a_result_that_is_gone_is_told(status: str) -> None:
    async with simulator(says(b"no", status)) as (server, fetcher):
        with pytest.raises(Gone, match=status[:3]) as caught:
            await fetcher.fetch(f"{server.url}/x?token=secret")
        assert "secret" not in str(caught.value)


@pytest.mark.parametrize("status", ["500 Oops", "502 Bad Gateway", "503 Busy", "429 Slow Down", "408 Timeout"])
async def test_a_host_in_trouble_is_asked_later(status: str) -> None:
    async with simulator(says(b"no", status)) as (server, fetcher):
        with pytest.raises(Interrupted):
            await fetcher.fetch(server.url)


@pytest.mark.parametrize("status", ["204 No Content", "206 Partial Content", "304 Not Modified", "200 OK"])
async def test_an_answer_that_is_no_whole_file_is_bad(status: str) -> None:
    body = b"" if status == "200 OK" or status[:3] in ("204", "304") else PICTURE
    async with simulator(says(body, status)) as (server, fetcher):
        with pytest.raises(Bad):
            await fetcher.fetch(server.url)


async def test_size_and_time_are_capped() -> None:
    async def silent(visit: Visit) -> None:
        await visit.until_left()

    async with simulator(says(PICTURE), max_bytes=len(PICTURE) - 1) as (server, fetcher):
        with pytest.raises(Bad, match="larger"):
            await fetcher.fetch(server.url)
    async with simulator(silent, timeout=0.2) as (server, fetcher):
        with pytest.raises(TooSlow):
            await fetcher.fetch(server.url)
