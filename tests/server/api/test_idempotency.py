"""A request that is sent again under its Idempotency-Key is carried out once."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

from server.core.errors import ErrorCode

from .conftest import OpenStudio
from .pictures import picture
from .studio import Studio, refused


def under(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}


async def test_a_generation_sent_twice_is_made_once(studio: Studio) -> None:
    images, key = await studio.count("image"), under(str(uuid4()))
    first = await studio.ada.generate(headers=key, count=2)
    second = await studio.ada.generate(headers=key, count=2)
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() == second.json()
    assert await studio.count("image") == images + 2


async def test_a_generation_sent_twenty_times_at_once_is_made_once(studio: Studio) -> None:
    images, events, key = await studio.count("image"), await studio.count("event"), under(str(uuid4()))
    answers = await asyncio.gather(*(studio.ada.generate(headers=key) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {202}
    assert all(answer.json() == answers[0].json() for answer in answers)
    assert await studio.count("image") == images + 1
    assert await studio.count("event") == events + 1


async def test_twenty_at_once_within_the_rate_leave_one_image_too(another_studio: OpenStudio) -> None:
    """Those beyond the rate are told to come back; none of them makes a second picture."""
    async with another_studio(generation_rate=10) as studio:
        key = under(str(uuid4()))
        answers = await asyncio.gather(*(studio.ada.generate(headers=key) for _ in range(20)))
        assert sorted({answer.status_code for answer in answers}) == [202, 429]
        assert await studio.count("image") == 1


async def test_the_same_key_with_another_request_is_refused(studio: Studio) -> None:
    key = under(str(uuid4()))
    await studio.ada.generate(headers=key)
    images = await studio.count("image")
    changes: list[dict[str, Any]] = [{"prompt": "a dog"}, {"count": 2}, {"model": "nano-banana"}]
    for change in changes:
        refused(await studio.ada.generate(headers=key, **change), ErrorCode.KEY_REUSED)
    # Another operation is another request, too.
    answer = await studio.ada.http.post("/api/projects", json={"name": "x"}, headers=key)
    refused(answer, ErrorCode.KEY_REUSED)
    assert await studio.count("image") == images


async def test_keys_belong_to_the_person(studio: Studio) -> None:
    key = under(str(uuid4()))
    ada, bob = await studio.ada.generate(headers=key), await studio.bob.generate(headers=key)
    assert (ada.status_code, bob.status_code) == (202, 202)
    assert ada.json()["images"][0]["id"] != bob.json()["images"][0]["id"]


async def test_a_refused_request_does_not_use_its_key_up(studio: Studio) -> None:
    key = under(str(uuid4()))
    refused(await studio.ada.generate(headers=key, inputs=[str(uuid4())]), ErrorCode.NOT_FOUND)
    assert (await studio.ada.generate(headers=key)).status_code == 202


async def test_an_answer_is_kept_as_it_was(studio: Studio) -> None:
    """The client learns what its request made, not what has become of it since."""
    key = under(str(uuid4()))
    first = (await studio.ada.generate(headers=key)).json()
    await studio.ada.http.post(f"/api/images/{first['images'][0]['id']}/cancel")
    assert (await studio.ada.generate(headers=key)).json() == first


async def test_a_project_sent_twice_is_made_once(studio: Studio) -> None:
    projects, key = await studio.count("project"), under(str(uuid4()))
    answers = await asyncio.gather(
        *(studio.ada.http.post("/api/projects", json={"name": "Kittens"}, headers=key) for _ in range(5))
    )
    assert all(answer.json() == answers[0].json() for answer in answers)
    assert await studio.count("project") == projects + 1


async def test_an_upload_sent_again_leaves_one_image_and_one_file(studio: Studio) -> None:
    images, staged, key = await studio.count("image"), len(await studio.staged()), under(str(uuid4()))
    file = ("kitten.jpg", picture())
    first = await studio.ada.upload(file, headers=key)
    again = await asyncio.gather(*(studio.ada.upload(file, headers=key) for _ in range(5)))
    assert all(answer.json() == first.json() for answer in again)
    assert await studio.count("image") == images + 1
    assert len(await studio.staged()) == staged + 1
    refused(await studio.ada.upload(("kitten.jpg", picture("PNG")), headers=key), ErrorCode.KEY_REUSED)
    refused(await studio.ada.upload(file, file, headers=key), ErrorCode.KEY_REUSED)
    assert len(await studio.staged()) == staged + 1
