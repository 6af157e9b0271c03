"""From a wish to the device: web, worker, rescue and the simulator, beside a push service of the test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.jobs.conftest import OpenStudio
from tests.push_endpoint import DOWN, PushService, push_service
from tests.studio import Studio, eventually


@asynccontextmanager
async def whole(studio_with: OpenStudio, **others: Any) -> AsyncIterator[tuple[Studio, PushService]]:
    """Web, worker, rescue and the simulator, beside a push service."""
    async with push_service() as service, studio_with(push_private_origin=service.url, **others) as studio:
        yield studio, service


async def subscribe(studio: Studio, service: PushService, **how: Any) -> dict[str, Any]:
    answer = await studio.http.post("/api/devices", json=service.subscription(**how))
    assert answer.status_code == 201, answer.text
    device: dict[str, Any] = answer.json()
    return device


async def devices(studio: Studio) -> dict[str, Any]:
    answer: dict[str, Any] = (await studio.http.get("/api/devices")).json()
    return answer


async def test_a_picture_that_is_ready_is_told_with_its_thumb(studio_with: OpenStudio) -> None:
    async with whole(studio_with) as (studio, service):
        await subscribe(studio, service)
        [image] = await studio.generate("a lighthouse [[ok]]")
        await studio.tab.finished(image["id"])
        [message] = await service.took(1)
        payload = message.payload
        thumb = await studio.http.get(payload.pop("thumb"))
        assert (thumb.status_code, thumb.headers["content-type"]) == (200, "image/jpeg")
        assert payload == {
            "v": 1,
            "kind": "ready",
            "tag": studio.project,
            "title": "Your picture is ready",
            "body": "“a lighthouse [[ok]]”",
            "url": f"/p/{studio.project}/i/{image['id']}",
            "outcomes": [f"{image['id']}:1"],
            "unread": 1,
        }
        assert message.path == "/send/ada"
        assert message.headers["urgency"] == "normal"
        assert 8_000 < int(message.headers["ttl"]) <= 8_640
        assert len(message.headers["topic"]) == 32
        told = await eventually(lambda: devices(studio), lambda known: known["items"][0]["pushed_at"] is not None)
        assert message.key == told["key"]
        assert told["items"][0]["trouble"] is None


async def test_a_picture_that_failed_is_told_in_the_language_of_the_device(studio_with: OpenStudio) -> None:
    async with whole(studio_with) as (studio, service):
        await subscribe(studio, service, language="fr")
        [image] = await studio.generate("a lighthouse [[refuse]]")
        await studio.tab.finished(image["id"])
        [message] = await service.took(1)
        assert message.payload["kind"] == "failed"
        assert message.payload["title"] == "Une image a échoué"
        assert message.payload["body"].startswith("NanoBanana n’a pas accepté cette")
        assert message.payload["body"].endswith("« a lighthouse [[refuse]] »")
        assert message.payload["thumb"] is None


async def test_a_push_service_that_is_down_for_long_hears_of_it_once_and_late(studio_with: OpenStudio) -> None:
    async with whole(studio_with) as (studio, service):
        service.always = DOWN
        await subscribe(studio, service)
        [image] = await studio.generate("a lighthouse [[ok]]")
        await studio.tab.finished(image["id"])
        await service.refusals(3)
        troubled = await eventually(lambda: devices(studio), lambda known: known["items"][0]["trouble"] is not None)
        assert troubled["items"][0]["trouble"] == "unreachable"
        service.always = None
        [message] = await service.took(1)
        assert message.payload["outcomes"] == [f"{image['id']}:1"]
        well = await eventually(lambda: devices(studio), lambda known: known["items"][0]["trouble"] is None)
        assert well["items"][0]["pushed_at"] is not None
        assert len(service.received) == 1


async def test_a_device_can_be_tried_at_once(studio_with: OpenStudio) -> None:
    async with whole(studio_with) as (studio, service):
        device = await subscribe(studio, service, language="fr")
        assert (await studio.http.post(f"/api/devices/{device['id']}/test")).status_code == 204
        [message] = await service.took(1)
        assert (message.payload["kind"], message.payload["tag"]) == ("test", "test")
        assert message.payload["title"] == "Tout fonctionne"
        assert (message.headers["urgency"], message.headers["ttl"]) == ("high", "120")
