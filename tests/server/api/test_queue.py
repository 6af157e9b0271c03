"""The queue over HTTP: each workspace its own, many images by one request."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from server.core import facts as f
from server.core.errors import ErrorCode
from server.usecases.dispatch_images import dispatch_images
from server.usecases.record_fact import record_fact

from .conftest import OpenStudio
from .studio import Person, Studio, refused


@pytest.fixture
async def studio(another_studio: OpenStudio) -> AsyncIterator[Studio]:
    """A test's own: a queue is told whole."""
    async with another_studio() as opened:
        yield opened


async def queue(person: Person) -> dict[str, Any]:
    answer = await person.http.get("/api/queue")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def post(person: Person, verb: str, json: Any = None, **asked: Any) -> dict[str, Any]:
    answer = await person.http.post(f"/api/queue/{verb}", json=json, **asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def dispatched(studio: Studio) -> list[str]:
    return [str(wake.id) for wake in await dispatch_images(studio.parts.database, 8, 64)]


async def fail(studio: Studio, person: Person) -> str:
    """The id of a generation that the provider has refused."""
    image, _ = await studio.submitted_generation(person)
    await record_fact(studio.parts.database, UUID(image), f.Rejected(1), studio.parts.rules)
    return image


async def test_places_tell_how_many_go_before(studio: Studio) -> None:
    mine = [await studio.ada.pending_generation() for _ in range(2)]
    theirs = await studio.bob.pending_generation()
    assert await queue(studio.ada) == {
        "paused": False,
        "provider": {"reason": None, "since": None, "until": None, "credits": None},
        "in_flight": 0,
        "waiting": 2,
        "places": {mine[0]: 1, mine[1]: 3},
    }
    assert (await queue(studio.bob))["places"] == {theirs: 2}
    assert await dispatched(studio) == [mine[0], theirs, mine[1]]
    after = await queue(studio.ada)
    assert (after["in_flight"], after["waiting"], after["places"]) == (2, 0, {})


async def test_a_pause_is_the_workspaces_own(studio: Studio) -> None:
    mine, theirs = await studio.ada.pending_generation(), await studio.bob.pending_generation()
    for _ in range(2):
        assert (await post(studio.ada, "pause"))["paused"]
    assert not (await queue(studio.bob))["paused"]
    assert await dispatched(studio) == [theirs]
    for _ in range(2):
        assert not (await post(studio.ada, "resume"))["paused"]
    assert await dispatched(studio) == [mine]


async def test_waiting_pictures_are_put_first(studio: Studio) -> None:
    images = [await studio.ada.pending_generation() for _ in range(4)]
    ordered = await post(studio.ada, "order", {"ids": [images[3], images[1]]})
    assert list(ordered["places"]) == [images[3], images[1], images[0], images[2]]
    done = await studio.completed_upload(studio.ada)
    assert (await post(studio.ada, "order", {"ids": [done]}))["places"] == ordered["places"]
    for foreign in (await studio.bob.pending_generation(), str(uuid4())):
        answer = await studio.ada.http.post("/api/queue/order", json={"ids": [images[0], foreign]})
        refused(answer, ErrorCode.NOT_FOUND)
    assert list((await queue(studio.ada))["places"]) == list(ordered["places"])


@pytest.mark.parametrize("ids", [None, [], ["x"], [str(uuid4())] * 501, "all"])
async def test_an_order_that_names_nothing_or_too_much_is_refused(studio: Studio, ids: Any) -> None:
    refused(await studio.ada.http.post("/api/queue/order", json={"ids": ids}), ErrorCode.INVALID_REQUEST)


async def test_a_batch_or_a_project_or_all_of_mine_is_canceled_at_once(studio: Studio) -> None:
    batch, other = str(uuid4()), (await studio.ada.http.post("/api/projects", json={"name": "x"})).json()["id"]
    first = (await studio.ada.generate(count=2, batch=batch)).json()["images"]
    second = [await studio.ada.pending_generation() for _ in range(2)]
    theirs = await studio.bob.pending_generation()
    canceled = await post(studio.ada, "cancel", {"batch": batch, "project": None})
    assert {image["id"] for image in canceled["images"]} == {image["id"] for image in first}
    assert {image["status"] for image in canceled["images"]} == {"canceled"}
    assert (await post(studio.ada, "cancel", {"project": other}))["images"] == []
    everything = await post(studio.ada, "cancel", {"batch": None, "project": None})
    assert {image["id"] for image in everything["images"]} == set(second)
    assert (await post(studio.ada, "cancel", {}))["images"] == []
    assert (await studio.bob.read(theirs))["status"] == "pending"


async def test_what_failed_is_tried_again_at_once(studio: Studio) -> None:
    images = [await fail(studio, studio.ada) for _ in range(2)]
    foreign = await fail(studio, studio.bob)
    key = {"Idempotency-Key": "all again"}
    first = await post(studio.ada, "retry", {"include_charged": False}, headers=key)
    assert {image["id"] for image in first["images"]} == set(images)
    assert {image["status"] for image in first["images"]} == {"pending"}
    assert await post(studio.ada, "retry", {"include_charged": False}, headers=key) == first
    answer = await studio.ada.http.post("/api/queue/retry", json={"include_charged": True}, headers=key)
    refused(answer, ErrorCode.KEY_REUSED)
    assert (await studio.bob.read(foreign))["status"] == "failed"


@pytest.mark.parametrize("verb", ["cancel", "retry"])
async def test_a_foreign_project_does_not_exist(studio: Studio, verb: str) -> None:
    for project in (studio.bob.project, str(uuid4())):
        answer = await studio.ada.http.post(f"/api/queue/{verb}", json={"project": project})
        refused(answer, ErrorCode.NOT_FOUND)
    answer = await studio.ada.http.post(f"/api/queue/{verb}", json={"everything": True})
    refused(answer, ErrorCode.INVALID_REQUEST)


async def test_more_than_the_cap_of_the_day_is_refused(studio: Studio) -> None:
    await fail(studio, studio.ada)
    (await studio.ada.http.patch("/api/workspace", json={"daily_cap_usd": 0})).raise_for_status()
    refused(await studio.ada.http.post("/api/queue/retry", json={}), ErrorCode.DAILY_CAP_REACHED)


async def test_who_only_looks_changes_nothing(studio: Studio) -> None:
    image = await studio.ada.pending_generation()
    await studio.run("UPDATE membership SET role = 'viewer' WHERE workspace = :id", id=studio.ada.workspace)
    before = await queue(studio.ada)
    for verb, body in [("pause", None), ("resume", None), ("order", {"ids": [image]}), ("cancel", {}), ("retry", {})]:
        refused(await studio.ada.http.post(f"/api/queue/{verb}", json=body), ErrorCode.READ_ONLY)
    assert await queue(studio.ada) == before


async def test_trying_again_counts_as_spending_and_the_rest_as_writing(studio: Studio) -> None:
    retried = await studio.ada.http.post("/api/queue/retry", json={})
    canceled = await studio.ada.http.post("/api/queue/cancel", json={})
    assert retried.headers["ratelimit-policy"].startswith('"generation"')
    assert canceled.headers["ratelimit-policy"].startswith('"write"')
