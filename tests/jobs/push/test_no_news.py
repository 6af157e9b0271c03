"""What is told no more, for somebody saw it, or must not be told to this device."""

from __future__ import annotations

from server.core import facts as f
from server.core.account import Role
from server.core.image import Status
from server.usecases.change_image import trash_image
from server.usecases.mark_read import mark_read
from server.usecases.note_shown import note_shown
from server.usecases.sign_in import close_session
from tests.jobs.told import Scene


async def test_a_tab_in_front_takes_it_from_every_device_and_a_hidden_one_from_its_own(scene: Scene) -> None:
    laptop, _ = await scene.device("laptop"), await scene.device("phone")
    seen, hidden = await scene.pictures(Status.COMPLETED, 2)
    viewer = scene.person.viewer
    await note_shown(scene.person.database, viewer, [seen.id], None)
    await note_shown(scene.person.database, viewer, [hidden.id], laptop.id)
    [message] = await scene.tell()
    assert (message.path, message.payload["outcomes"]) == ("/send/phone", [f"{hidden.id}:1"])


async def test_what_was_read_anywhere_is_told_nowhere(scene: Scene) -> None:
    await scene.device()
    first, second = await scene.pictures(Status.COMPLETED, 2)
    assert first.finished_at is not None
    await mark_read(scene.person.database, scene.person.viewer, scene.person.project, first.finished_at)
    [message] = await scene.tell()
    assert message.payload["outcomes"] == [f"{second.id}:1"]
    assert message.payload["unread"] == 1


async def test_what_was_read_since_it_was_told_is_not_spoken_of_again(scene: Scene) -> None:
    await scene.device()
    [first] = await scene.pictures(Status.COMPLETED)
    await scene.tell()
    assert first.finished_at is not None
    await mark_read(scene.person.database, scene.person.viewer, scene.person.project, first.finished_at)
    [second] = await scene.pictures(Status.COMPLETED)
    messages = await scene.tell()
    assert messages[-1].payload["outcomes"] == [f"{second.id}:1"]


async def test_what_is_in_the_trash_or_was_tried_again_is_no_news(scene: Scene) -> None:
    await scene.device()
    [gone] = await scene.pictures(Status.COMPLETED)
    [again] = await scene.pictures(Status.FAILED)
    await trash_image(scene.person.database, scene.person.viewer, gone.id, scene.person.rules)
    await scene.person.record(again, f.RetryRequested())
    assert await scene.tell() == []
    assert await scene.rows() == []


async def test_signing_out_ends_it(scene: Scene) -> None:
    signed_in = await scene.session()
    await scene.device(viewer=signed_in)
    await scene.pictures(Status.COMPLETED)
    await close_session(scene.person.database, signed_in)
    assert await scene.tell() == []
    assert (list(await scene.devices()), await scene.rows()) == ([], [])


async def test_a_session_that_ran_out_or_a_lost_membership_ends_it_too(scene: Scene) -> None:
    signed_in = await scene.session()
    await scene.device(viewer=signed_in)
    await scene.pictures(Status.COMPLETED)
    await scene.person.sql("UPDATE session SET expires_at = now() RETURNING id")
    await scene.pictures(Status.COMPLETED)
    assert await scene.tell() == []
    await scene.device("by-key")
    [image] = await scene.pictures(Status.COMPLETED)
    await scene.person.sql("DELETE FROM membership RETURNING account")
    assert image.status is Status.COMPLETED
    assert await scene.tell() == []


async def test_a_device_that_another_person_takes_over_is_told_nothing_of_the_first(scene: Scene) -> None:
    await scene.device()
    await scene.pictures(Status.COMPLETED)
    bob = await scene.person.colleague("bob@example.org", Role.VIEWER)
    await scene.device(viewer=bob)
    assert await scene.tell() == []
    assert list(await scene.devices()) == []
