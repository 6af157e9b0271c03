"""The provider's callbacks: hints, of which nothing but the task id is believed."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from server.core import facts as f
from server.core.errors import ErrorCode
from server.core.image import Attempt
from server.usecases.record_fact import record_fact

from .conftest import OpenStudio
from .studio import SOON, Studio, refused

TASK = "31ce2c17b257492959d62279e6d01a54"
SHAPE_A = {"code": 200, "msg": "ok", "data": {"taskId": TASK, "info": {"resultImageUrl": "http://169.254.169.254/x"}}}
SHAPE_B = {"code": 200, "msg": "success", "data": {"taskId": TASK, "successFlag": 3, "response": None}}


async def attempt_of(studio: Studio, image: str) -> Attempt:
    """The image's first attempt."""
    attempt = await studio.parts.database.transact(lambda unit: unit.attempts.of(UUID(image), 1))
    assert attempt is not None
    return attempt


def door(nonce: str) -> str:
    return f"/api/callbacks/nanobanana/{nonce}"


@pytest.mark.parametrize("news", [SHAPE_A, SHAPE_B], ids=["shape A", "shape B"])
async def test_the_task_is_committed_and_nothing_else_believed(studio: Studio, news: dict[str, Any]) -> None:
    image, nonce = await studio.submitted_generation(studio.ada)
    answer = await studio.stranger.post(door(nonce), json=news)
    assert (answer.status_code, answer.json()["code"]) == (200, 200)
    attempt = await attempt_of(studio, image)
    assert (attempt.candidate_task_id, attempt.task_id, attempt.result_url) == (TASK, None, None)
    after = await studio.ada.read(image)
    assert (after["status"], after["error"], after["metadata"]) == ("submitting", None, {})


async def test_ten_at_once_are_one_piece_of_news(studio: Studio) -> None:
    image, nonce = await studio.submitted_generation(studio.ada)
    version = (await studio.ada.read(image))["version"]
    answers = await asyncio.gather(*(studio.stranger.post(door(nonce), json=SHAPE_A) for _ in range(10)))
    assert [answer.status_code for answer in answers] == [200] * 10
    assert (await attempt_of(studio, image)).candidate_task_id == TASK
    assert (await studio.ada.read(image))["version"] == version


async def test_a_wrong_task_has_no_effect_once_the_right_one_is_known(studio: Studio) -> None:
    image, nonce = await studio.submitted_generation(studio.ada)
    await record_fact(studio.parts.database, UUID(image), f.Accepted(1, task_id="the-right-one"), studio.parts.rules)
    before = await studio.ada.read(image)
    assert (await studio.stranger.post(door(nonce), json=SHAPE_A)).status_code == 200
    attempt = await attempt_of(studio, image)
    assert (attempt.task_id, attempt.candidate_task_id) == ("the-right-one", None)
    assert await studio.ada.read(image) == before


async def test_after_the_end_it_is_200_without_effect(studio: Studio) -> None:
    image, nonce = await studio.submitted_generation(studio.ada)
    await studio.run("UPDATE attempt SET settled_at = now() WHERE image = :image", image=UUID(image))
    assert (await studio.stranger.post(door(nonce), json=SHAPE_A)).status_code == 200
    assert (await attempt_of(studio, image)).candidate_task_id is None


@pytest.mark.parametrize(
    "news",
    [
        [],
        None,
        {},
        {"data": None},
        {"data": []},
        {"data": {"taskId": 7}},
        {"data": {"taskId": ""}},
        {"data": {"taskId": "x" * 201}},
        {"data": {"taskId": "a\x00b"}},
        {"data": {"taskId": "line\nbreak"}},
    ],
)
async def test_news_without_a_task_wake_and_change_nothing(studio: Studio, news: object) -> None:
    image, nonce = await studio.submitted_generation(studio.ada)
    assert (await studio.stranger.post(door(nonce), content=json.dumps(news))).status_code == 200
    assert (await attempt_of(studio, image)).candidate_task_id is None


async def test_half_a_character_is_no_task(studio: Studio) -> None:
    image, nonce = await studio.submitted_generation(studio.ada)
    answer = await studio.stranger.post(door(nonce), content=b'{"data": {"taskId": "\\ud800"}}')
    assert answer.status_code == 200
    assert (await attempt_of(studio, image)).candidate_task_id is None


async def test_a_made_up_nonce_is_nothing_and_soon_limited(another_studio: OpenStudio) -> None:
    async with another_studio() as studio:
        _, nonce = await studio.submitted_generation(studio.ada)
        for _ in range(20):
            guess = secrets.token_urlsafe(24)
            refused(await studio.stranger.post(door(guess), json=SHAPE_A), ErrorCode.NOT_FOUND)
        late = await studio.stranger.post(door(secrets.token_urlsafe(24)), json=SHAPE_A)
        assert refused(late, ErrorCode.RATE_LIMITED)["retry_after"] > 0
        assert int(late.headers["retry-after"]) >= 1
        assert late.headers["ratelimit-policy"] == '"callback";q=20;w=10'
        assert await studio.count("attempt WHERE candidate_task_id IS NOT NULL") == 0
        # The provider itself is not kept out by somebody's guesses.
        assert (await studio.stranger.post(door(nonce), json=SHAPE_A)).status_code == 200


@pytest.mark.parametrize("body", [b"", b"<html>502</html>", b'{"code": 200', b"[" * 30_000, b"\xff\xfe"])
async def test_what_is_no_json_is_refused(studio: Studio, body: bytes) -> None:
    image, nonce = await studio.submitted_generation(studio.ada)
    refused(await studio.stranger.post(door(nonce), content=body), ErrorCode.NOT_JSON)
    assert (await attempt_of(studio, image)).candidate_task_id is None


async def test_ten_megabytes_are_too_large(studio: Studio) -> None:
    _, nonce = await studio.submitted_generation(studio.ada)
    refused(await studio.stranger.post(door(nonce), content=bytes(10_000_000)), ErrorCode.TOO_LARGE)

    async def unannounced() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield bytes(1_000_000)

    refused(await studio.stranger.post(door(nonce), content=unannounced()), ErrorCode.TOO_LARGE)


@pytest.mark.parametrize("pause", [0.05, None], ids=["a drop at a time", "stalled"])
async def test_a_slow_body_is_cut(studio: Studio, monkeypatch: pytest.MonkeyPatch, pause: float | None) -> None:
    monkeypatch.setattr("server.api.call.BODY_TIMEOUT", 0.2)
    _, nonce = await studio.submitted_generation(studio.ada)

    async def dripping() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            # Only the provider's end is slow; nobody here waits for this.
            await (asyncio.sleep(pause) if pause else asyncio.Event().wait())

    refused(await studio.stranger.post(door(nonce), content=dripping()), ErrorCode.TOO_SLOW)


async def test_a_database_that_is_held_is_told_within_two_seconds(another_studio: OpenStudio) -> None:
    async with another_studio(database_pool=2) as studio:
        image, nonce = await studio.submitted_generation(studio.ada)
        async with studio.database_held():
            answer = await studio.stranger.post(door(nonce), json=SHAPE_A)
        refused(answer, ErrorCode.UNAVAILABLE)
        assert answer.headers["retry-after"]
        assert answer.elapsed.total_seconds() < SOON
        assert (await attempt_of(studio, image)).candidate_task_id is None
        assert (await studio.stranger.post(door(nonce), json=SHAPE_A)).status_code == 200
