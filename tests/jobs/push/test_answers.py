"""What a push service answers, and what becomes of the message and of the device."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from server.core.devices import Trouble
from server.core.image import Status
from server.core.pushes import Fate
from server.usecases.change_image import trash_image
from server.usecases.read_push_tally import read_push_tally
from tests.jobs.told import Scene, open_scene
from tests.push_endpoint import DOWN


@pytest.mark.parametrize("status", ["404 Not Found", "410 Gone"])
async def test_a_subscription_that_has_expired_is_forgotten(scene: Scene, status: str) -> None:
    await scene.device("old")
    scene.service.answers = [(status, "")]
    await scene.pictures(Status.COMPLETED)
    assert await scene.tell() == []
    assert list(await scene.devices()) == []
    assert await scene.rows() == []


@pytest.mark.parametrize("status", ["400 Bad Request", "403 Forbidden", "413 Payload Too Large", "302 Found"])
async def test_what_is_refused_is_not_sent_again_and_the_device_says_so(scene: Scene, status: str) -> None:
    await scene.device()
    scene.service.answers = [(status, "Location: https://push.example/elsewhere\r\n")]
    await scene.pictures(Status.COMPLETED)
    await scene.tell()
    await scene.tell()
    assert (scene.service.received, scene.service.refused) == ([], [status])
    assert [device.trouble for device in await scene.devices()] == [Trouble.REFUSED]
    await scene.pictures(Status.COMPLETED)
    [message] = await scene.tell()
    assert message.payload["title"] == "Your picture is ready"
    assert [device.trouble for device in await scene.devices()] == [None]


async def test_a_service_that_asks_for_patience_has_it_from_every_row(scene: Scene) -> None:
    await scene.device()
    scene.service.answers = [("429 Too Many Requests", "Retry-After: 600\r\n")]
    await scene.pictures(Status.COMPLETED)
    await scene.tell()
    await scene.pictures(Status.COMPLETED)
    waits = await scene.person.sql("SELECT extract(epoch FROM wake_at - now()) AS wait FROM push")
    assert [590 < row["wait"] <= 600 for row in waits] == [True, True]
    [message] = await scene.tell()
    assert message.payload["title"] == "2 pictures are ready"


async def test_a_slow_service_is_left_and_tried_again(scene: Scene) -> None:
    await scene.device()
    scene.service.silent = asyncio.Event()
    await scene.pictures(Status.COMPLETED)
    async with asyncio.timeout(10):
        await scene.tell()
    assert [device.trouble for device in await scene.devices()] == [Trouble.UNREACHABLE]
    scene.service.silent.set()
    scene.service.silent = None
    assert len(await scene.tell()) == 1


async def test_a_service_that_is_down_for_ten_minutes_is_told_once_when_it_is_back(scene: Scene) -> None:
    """By the waits that were written down, each of which is then said to be over."""
    await scene.device()
    [image] = await scene.pictures(Status.COMPLETED)
    scene.service.always = DOWN
    down, factor = 0.0, scene.quiet.shop.parts.settings.time_factor
    while down < 600:
        assert await scene.tell() == []
        [row] = await scene.person.sql("SELECT extract(epoch FROM wake_at - now()) AS wait, sent_at FROM push")
        assert row["sent_at"] is None
        assert len(scene.service.refused) < 30, "the waits grow"
        down += max(0.0, float(row["wait"])) / factor
    scene.service.always = None
    [message] = await scene.tell()
    assert message.payload["outcomes"] == [f"{image.id}:1"]
    await scene.tell()
    assert len(scene.service.received) == 1


async def test_what_cannot_be_told_within_a_day_is_given_up(scene: Scene) -> None:
    await scene.device()
    scene.service.always = DOWN
    await scene.pictures(Status.COMPLETED)
    await scene.tell()
    [row] = await scene.rows()
    assert (row["tries"], row["sent_at"]) == (1, None)
    await scene.person.sql("UPDATE push SET deadline_at = now() + interval '1 millisecond' RETURNING id")
    await scene.tell()
    assert await scene.rows() == []
    assert [device.trouble for device in await scene.devices()] == [Trouble.UNREACHABLE]


async def test_an_address_inside_is_sent_nothing(
    database_url: str, redis_url: str, simulator_url: str, tmp_path: Path
) -> None:
    """The name looks harmless; where it leads is seen only when something is to be sent."""
    parts = (database_url, redis_url, simulator_url, tmp_path)
    async with open_scene(*parts, push_private_origin=None) as scene:
        port = scene.service.url.rpartition(":")[2]
        scene.service.url = f"https://localhost:{port}"
        await scene.device()
        await scene.pictures(Status.COMPLETED)
        assert await scene.tell() == []
        assert [device.trouble for device in await scene.devices()] == [Trouble.REFUSED]
        assert (scene.service.refused, await scene.rows()) == ([], [])


async def test_what_pushes_came_to_is_counted(scene: Scene) -> None:
    await scene.device("laptop")
    await scene.pictures(Status.COMPLETED, 2)
    scene.service.answers = [DOWN]
    await scene.tell()
    await scene.tell()
    await scene.pictures(Status.COMPLETED)
    scene.service.answers = [("400 Bad Request", "")]
    await scene.tell()
    [trashed] = await scene.pictures(Status.COMPLETED)
    await trash_image(scene.person.database, scene.person.viewer, trashed.id, scene.person.rules)
    await scene.tell()
    await scene.pictures(Status.COMPLETED)
    await scene.person.sql("UPDATE push SET deadline_at = now() WHERE sent_at IS NULL RETURNING id")
    await scene.tell()
    await scene.pictures(Status.COMPLETED)
    scene.service.answers = [("410 Gone", "")]
    await scene.tell()
    assert (await read_push_tally(scene.person.database)).fates == {
        Fate.SENT: 2,
        Fate.UNREACHABLE: 2,
        Fate.REFUSED: 1,
        Fate.HELD_BACK: 1,
        Fate.GIVEN_UP: 1,
        Fate.GONE: 1,
    }
