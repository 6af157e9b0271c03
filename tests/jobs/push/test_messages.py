"""What is told together, and to which device: one message for all of it, and each once."""

from __future__ import annotations

import asyncio

from jobs.steps import run
from server.core import facts as f
from server.core.image import Status
from server.core.stores import Wake
from server.usecases.claim_pushes import claim_pushes
from server.usecases.try_device import try_device
from tests.jobs.told import Scene
from tests.server.usecases.studio import TASK


async def test_what_is_due_together_is_one_message_and_the_next_one_speaks_of_all_that_is_unread(scene: Scene) -> None:
    await scene.device()
    first = await scene.pictures(Status.COMPLETED, 3)
    [message] = await scene.tell()
    assert message.payload["title"] == "3 pictures are ready"
    assert message.payload["url"] == f"/p/{scene.person.project}"
    assert message.payload["outcomes"] == [f"{image.id}:1" for image in reversed(first)]
    [failed] = await scene.pictures(Status.FAILED)
    _, again = await scene.tell()
    assert again.payload["title"] == "3 pictures are ready, 1 failed"
    assert again.payload["outcomes"] == [f"{failed.id}:1", *message.payload["outcomes"]]
    assert again.payload["unread"] == 4
    assert again.headers["topic"] == message.headers["topic"]
    await scene.tell()
    assert len(scene.service.received) == 2


async def test_each_project_has_a_message_of_its_own(scene: Scene) -> None:
    await scene.device()
    await scene.pictures(Status.COMPLETED)
    scene.person.project = await scene.person.another_project("Trip")
    await scene.pictures(Status.COMPLETED)
    messages = await scene.tell()
    assert len({message.payload["tag"] for message in messages}) == len(messages) == 2
    assert len({message.headers["topic"] for message in messages}) == 2


async def test_each_device_is_told_once(scene: Scene) -> None:
    for name in ("laptop", "phone"):
        await scene.device(name)
    await scene.pictures(Status.COMPLETED)
    messages = await scene.tell()
    assert sorted(message.path for message in messages) == ["/send/laptop", "/send/phone"]


async def test_a_message_is_never_too_large(scene: Scene) -> None:
    await scene.device()
    await scene.person.sql("UPDATE project SET name = :name RETURNING id", name="🖼" * 120)
    images = [await scene.person.accept((await scene.person.request(prompt="漢" * 500))[0], f"t{n}") for n in range(60)]
    for image in images:
        await scene.person.record(image, f.GenerationFailed(1, TASK))
    [message] = await scene.tell()
    assert message.payload["title"] == "60 pictures failed"
    assert 40 <= len(message.payload["outcomes"]) <= 50
    assert message.size < 3_200


async def test_two_workers_send_one_row_once(scene: Scene) -> None:
    for name in ("laptop", "phone", "tablet"):
        await scene.device(name)
    await scene.pictures(Status.COMPLETED, 2)
    await scene.let_due()
    parts = scene.quiet.shop.parts
    claims = await asyncio.gather(
        *(claim_pushes(parts.database, 2, parts.secret, parts.rules) for _ in range(8)),
    )
    told = [letter.device.name for letters in claims if letters for letter in letters]
    assert sorted(told) == ["laptop", "phone", "tablet"]


async def test_a_test_pressed_twice_is_one_message(scene: Scene) -> None:
    device = await scene.device()
    for _ in range(2):
        await try_device(scene.person.database, scene.person.viewer, device.id, scene.person.rules.policy)
    await run(scene.quiet.shop, Wake("push"))
    assert [message.payload["kind"] for message in scene.service.received] == ["test"]
    assert await scene.rows() == []
