"""Of what somebody wants to be told: kinds, devices and projects, batches and credits."""

from __future__ import annotations

import asyncio
from typing import Any

from server.core import facts as f
from server.core.account import Role
from server.core.errors import Problem, ProblemCode
from server.core.image import Status
from server.core.notices import NoticeKind
from server.usecases.change_device import change_device
from server.usecases.change_image import cancel_image
from server.usecases.note_shown import note_shown
from tests.jobs.told import Scene
from tests.server.usecases.studio import TASK, picture


async def test_only_who_asked_is_told(scene: Scene) -> None:
    bob = await scene.person.colleague("bob@example.org", Role.EDITOR)
    await scene.device("bobs", viewer=bob)
    await scene.pictures(Status.COMPLETED)
    assert await scene.tell() == []


async def test_kinds_devices_and_projects_can_be_silent(scene: Scene) -> None:
    await scene.device("laptop")
    phone = await scene.device("phone")
    await scene.choose(NoticeKind.READY)
    off = frozenset({NoticeKind.READY})
    await change_device(scene.person.database, scene.person.viewer, phone.id, off=off)
    await scene.pictures(Status.FAILED)
    await scene.pictures(Status.COMPLETED)
    [message] = await scene.tell()
    assert (message.path, message.payload["kind"]) == ("/send/laptop", "ready")
    await scene.pictures(Status.COMPLETED)
    await scene.choose(NoticeKind.READY, muted=frozenset({scene.person.project}))
    await scene.pictures(Status.COMPLETED)
    assert len(await scene.tell()) == 1


async def test_a_batch_is_told_when_its_last_picture_has_ended(scene: Scene) -> None:
    await scene.device()
    await scene.choose(NoticeKind.BATCH)
    first, second, third = await scene.batch(3)
    await end(scene, first.id)
    assert await scene.tell() == []
    [row] = await scene.rows()
    assert (row["wake_at"], row["sent_at"]) == (None, None)
    # Both look at the other and see it unfinished.
    await asyncio.gather(end(scene, second.id), end(scene, third.id, failed=True))
    [message] = await scene.tell()
    assert message.payload["kind"] == "batch"
    assert message.payload["title"] == "All 3 pictures are done"
    assert message.payload["body"] == "2 pictures are ready, 1 failed. “a fox”"
    assert sorted(message.payload["outcomes"]) == sorted(f"{image.id}:1" for image in (first, second, third))
    await scene.person.record(third.id, f.RetryRequested())
    await end(scene, (await scene.person.accept(await scene.person.load(third.id), "t9")).id, attempt=2)
    assert len(await scene.tell()) == 1, "once sent, never again"


async def end(scene: Scene, id: Any, failed: bool = False, attempt: int = 1) -> None:
    bad = f.GenerationFailed(attempt, TASK, Problem(ProblemCode.GENERATION_FAILED))
    good = (f.Generated(attempt, TASK, "https://files.example/r.png"), f.Stored(attempt, picture()))
    await scene.person.record(id, *((bad,) if failed else good))


async def test_a_batch_whose_last_picture_is_canceled_has_ended_too(scene: Scene) -> None:
    await scene.device()
    await scene.choose(NoticeKind.BATCH)
    images = await scene.batch(2)
    waiting, *_ = await scene.person.request(count=1, batch=images[0].batch)
    for image in images:
        await end(scene, image.id)
    assert await scene.tell() == []
    await cancel_image(scene.person.database, scene.person.viewer, waiting.id, scene.person.rules)
    [message] = await scene.tell()
    assert message.payload["title"] == "All 2 pictures are done"


async def test_one_picture_is_no_batch_and_a_seen_one_is_not_told(scene: Scene) -> None:
    await scene.device()
    await scene.choose(NoticeKind.BATCH)
    [alone] = await scene.batch(1)
    await end(scene, alone.id)
    assert await scene.tell() == []
    assert await scene.rows() == []
    images = await scene.batch(2)
    for image in images:
        await end(scene, image.id)
    await note_shown(scene.person.database, scene.person.viewer, [images[-1].id], None)
    assert await scene.tell() == []


async def test_credits_that_are_out_are_told_to_owners_once_a_stop(scene: Scene) -> None:
    await scene.device()
    editor = await scene.person.colleague("bob@example.org", Role.EDITOR)
    await scene.person.sql(
        "DELETE FROM membership WHERE account = :id AND role = 'owner' RETURNING account", id=editor.account
    )
    await scene.device("editors", viewer=editor)
    images = [await scene.person.bring(Status.SUBMITTING) for _ in range(3)]
    out = f.Refused(1, f.Halt.OUT_OF_CREDITS)
    await asyncio.gather(*(scene.person.record(image, out) for image in images))
    [message] = await scene.tell()
    assert (message.path, message.payload["kind"], message.payload["tag"]) == ("/send/ada", "credits_low", "credits")
    assert message.headers["urgency"] == "high"
    # A stop that is over is told no more, the next one is.
    await scene.person.end_pause()
    await scene.person.record((await scene.pictures(Status.SUBMITTING))[0], out)
    await scene.person.end_pause()
    assert len(await scene.tell()) == 1
    await scene.person.record((await scene.pictures(Status.SUBMITTING))[0], out)
    assert len(await scene.tell()) == 2
