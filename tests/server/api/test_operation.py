"""How often anyone may ask: the limits, their headers, and what happens without Redis."""

from __future__ import annotations

import asyncio
import re
import socket
import time

import httpx
import pytest
from redis.asyncio import Redis

from server.core.errors import ErrorCode

from ..infra.private_valkey import private_valkey
from .conftest import OpenStudio
from .pictures import picture
from .studio import SOON, Person, refused


async def burst(person: Person, number: int, **wish: object) -> list[httpx.Response]:
    """So many generation requests at the same moment."""
    return await asyncio.gather(*(person.generate(**wish) for _ in range(number)))


async def let_time_pass(redis_url: str, seconds: float) -> None:
    """Make every count that much older: the limiter's own state, so that nothing has to be waited for."""
    async with Redis.from_url(redis_url) as redis:
        keys = [key async for key in redis.scan_iter("limit:*")]
        assert keys
        for key in keys:
            await redis.hincrby(key, "at", -round(seconds * 1_000_000))


def only_refused(answers: list[httpx.Response]) -> httpx.Response:
    """The one answer that is no success."""
    (late,) = (answer for answer in answers if not answer.is_success)
    return late


async def test_the_eleventh_of_eleven_at_once_waits_and_then_passes(another_studio: OpenStudio, redis_url: str) -> None:
    async with another_studio(generation_rate=10) as studio:
        answers = await burst(studio.ada, 11)
        late = only_refused(answers)
        problem = refused(late, ErrorCode.RATE_LIMITED)
        assert 0.5 < problem["retry_after"] <= 1.0
        assert late.headers["retry-after"] == "1"
        assert late.headers["ratelimit-policy"] == '"generation";q=10;w=10'
        assert re.fullmatch(r'"generation";r=0;t=(9|10)', late.headers["ratelimit"])
        assert await studio.count("image") == 10

        await let_time_pass(redis_url, problem["retry_after"])
        assert [answer.status_code for answer in await burst(studio.ada, 2)].count(202) == 1
        assert await studio.count("image") == 11


async def test_what_passes_says_what_is_left(another_studio: OpenStudio) -> None:
    async with another_studio(generation_rate=3) as studio:
        left = [(await studio.ada.generate()).headers["ratelimit"] for _ in range(3)]
        assert [re.search(r"r=(\d+)", one).group(1) for one in left] == ["2", "1", "0"]  # type: ignore[union-attr]
        assert all(one.startswith('"generation";') for one in left)


async def test_requests_are_counted_not_pictures(another_studio: OpenStudio) -> None:
    async with another_studio(generation_rate=10) as studio:
        answers = await burst(studio.ada, 40, count=8)
        accepted = sum(answer.is_success for answer in answers)
        # On a slow machine a second passes meanwhile, which is worth another request.
        assert 10 <= accepted < 40
        for answer in answers:
            if not answer.is_success:
                refused(answer, ErrorCode.RATE_LIMITED)
        assert await studio.count("image") == 8 * accepted


async def test_each_person_is_counted_apart_by_whatever_road_they_come(another_studio: OpenStudio) -> None:
    async with another_studio(generation_rate=1) as studio:
        assert (await studio.ada.generate()).status_code == 202
        refused(await studio.ada.generate(headers=studio.ada.bearer), ErrorCode.RATE_LIMITED)
        assert (await studio.bob.generate()).status_code == 202


async def test_each_policy_counts_apart(another_studio: OpenStudio) -> None:
    # Both people made a key when they came, which is a write.
    async with another_studio(generation_rate=1, write_rate=2, upload_rate=1) as studio:
        ada, project = studio.ada, {"name": "x"}
        assert (await ada.http.post("/api/projects", json=project)).status_code == 201
        refused(await ada.http.post("/api/projects", json=project), ErrorCode.RATE_LIMITED)
        refused(await ada.http.patch(f"/api/projects/{ada.project}", json=project), ErrorCode.RATE_LIMITED)
        assert (await ada.upload(("kitten.jpg", picture()))).status_code == 201
        refused(await ada.upload(("kitten.jpg", picture())), ErrorCode.RATE_LIMITED)
        image = await ada.pending_generation()
        # Trying again spends too.
        late = await ada.http.post(f"/api/images/{image}/retry")
        assert refused(late, ErrorCode.RATE_LIMITED)["retry_after"] > 1
        assert late.headers["ratelimit-policy"].startswith('"generation"')
        for _ in range(40):
            assert (await ada.http.get(f"/api/images/{image}")).status_code == 200


async def test_a_refused_request_costs_nothing(another_studio: OpenStudio, redis_url: str) -> None:
    async with another_studio(generation_rate=1) as studio:
        await studio.ada.generate()
        refusals = [refused(await studio.ada.generate(), ErrorCode.RATE_LIMITED) for _ in range(5)]
        assert refusals[-1]["retry_after"] <= refusals[0]["retry_after"]
        await let_time_pass(redis_url, refusals[-1]["retry_after"])
        assert (await studio.ada.generate()).status_code == 202


@pytest.fixture
def dead_redis() -> str:
    """An address where connections are refused."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    return f"redis://127.0.0.1:{port}/0"


async def test_without_redis_spending_is_still_limited_and_nobody_waits(
    another_studio: OpenStudio, dead_redis: str
) -> None:
    async with another_studio(redis_url=dead_redis, generation_rate=10) as studio:
        answers = await burst(studio.ada, 11)
        late = only_refused(answers)
        assert refused(late, ErrorCode.RATE_LIMITED)["retry_after"] <= 1.0
        assert late.headers["ratelimit-policy"] == '"generation";q=10;w=10'
        assert await studio.count("image") == 10
        assert await studio.count("rate_limit") >= 1
        assert max(answer.elapsed.total_seconds() for answer in answers) < SOON


async def test_without_redis_everything_else_goes_on(another_studio: OpenStudio, dead_redis: str) -> None:
    async with another_studio(redis_url=dead_redis) as studio:
        began = time.monotonic()
        upload = await studio.completed_upload(studio.ada)
        assert (await studio.ada.http.patch(f"/api/images/{upload}", json={"favorite": True})).is_success
        assert (await studio.ada.http.get(f"/api/images/{upload}/file/original")).is_success
        assert (await studio.ada.http.delete("/api/sessions/current")).is_success
        assert time.monotonic() - began < 5


async def test_a_frozen_redis_costs_a_request_two_seconds_at_most(another_studio: OpenStudio) -> None:
    async with private_valkey() as valkey, another_studio(redis_url=valkey.url, generation_rate=1) as studio:
        valkey.freeze()
        try:
            answers = await burst(studio.ada, 2)
        finally:
            valkey.thaw()
        refused(only_refused(answers), ErrorCode.RATE_LIMITED)
        assert max(answer.elapsed.total_seconds() for answer in answers) < SOON
