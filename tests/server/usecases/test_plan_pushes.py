"""What is to be told is written with the outcome itself: once a device, held back, and for the author alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from server.core import facts as f
from server.core.account import Role, Viewer
from server.core.destination import ANYWHERE
from server.core.devices import Device, Language
from server.core.image import Kind, Status
from server.core.notices import Choices, NoticeKind
from server.core.ports import Unit
from server.core.stores import Wake
from server.usecases.add_device import Subscription, add_device
from server.usecases.choose_notices import save_choices
from server.usecases.mark_read import mark_read
from server.usecases.move_image import move_image
from server.usecases.sign_in import make_link, open_session
from tests.push_endpoint import Receiver
from tests.server.usecases.studio import TASK, Studio, picture


async def device(studio: Studio, name: str = "ada", viewer: Viewer | None = None) -> Device:
    subscription = Subscription(f"https://push.example/{name}", **Receiver().keys)
    viewer = viewer or studio.viewer
    return await add_device(studio.database, viewer, subscription, name, Language.EN, ANYWHERE)


async def rows(studio: Studio) -> list[Any]:
    return await studio.sql("SELECT * FROM push ORDER BY ended_at, kind, subscription")


@pytest.mark.parametrize(("status", "kind"), [(Status.COMPLETED, "ready"), (Status.FAILED, "failed")])
async def test_an_outcome_is_a_row_a_device_held_back_for_a_moment(studio: Studio, status: Status, kind: str) -> None:
    devices = {(await device(studio, name)).id for name in ("laptop", "phone")}
    studio.told.clear()
    image = await studio.bring(status)
    found = await rows(studio)
    assert {row["subscription"] for row in found} == devices
    policy = studio.rules.policy
    for row in found:
        assert (row["kind"], row["image"], row["attempt"], row["project"]) == (kind, image.id, 1, studio.project)
        assert row["ended_at"] == image.finished_at
        assert row["wake_at"] == row["ended_at"] + timedelta(seconds=policy.push_hold)
        assert row["deadline_at"] == row["ended_at"] + timedelta(seconds=policy.push_deadline)
    assert [wake for wake in studio.told.wakes if wake.what == "push"] == [Wake("push", at=found[0]["wake_at"])]


async def test_an_outcome_that_is_rolled_back_leaves_nothing_to_tell(studio: Studio) -> None:
    await device(studio)
    image = await studio.accept((await studio.request())[0])
    studio.told.clear()

    async def fail(unit: Unit) -> None:
        held = await unit.images.load(image.id)
        assert held is not None
        await move_image(unit, held, f.GenerationFailed(1, TASK), studio.rules)
        raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError):
        await studio.database.transact(fail)
    assert (await rows(studio), studio.told.wakes) == ([], [])


async def test_the_same_end_heard_twice_is_one_row_and_another_try_is_another(studio: Studio) -> None:
    await device(studio)
    image = await studio.bring(Status.FAILED)
    await studio.record(image, f.GenerationFailed(1, TASK))
    assert len(await rows(studio)) == 1
    await studio.record(image, f.RetryRequested())
    again = await studio.accept(await studio.load(image.id), "another")
    await studio.record(again, f.GenerationFailed(2, "another"))
    assert [row["attempt"] for row in await rows(studio)] == [1, 2]


async def test_who_waits_in_vain_twice_at_the_same_attempt_is_told_twice(studio: Studio) -> None:
    await device(studio)
    [image] = await studio.request()
    await studio.record(image, f.InputFailed())
    await studio.record(image, f.RetryRequested(), f.InputFailed())
    assert [row["attempt"] for row in await rows(studio)] == [0, 0]


async def test_only_the_author_is_told_and_only_of_generations(studio: Studio, neighbour: Studio) -> None:
    colleague = await studio.colleague("bea@example.org", Role.OWNER)
    await device(studio, "bea", colleague)
    await device(neighbour, "bob")
    await studio.bring(Status.COMPLETED)
    await device(studio)
    await studio.bring(Status.COMPLETED, Kind.UPLOAD)
    await studio.bring(Status.CANCELED)
    assert await rows(studio) == []


async def test_a_late_picture_in_the_trash_is_not_told(studio: Studio) -> None:
    await device(studio)
    image = await studio.generate((await studio.request())[0])
    await studio.sql("UPDATE image SET trashed_at = now() RETURNING id")
    await studio.record(image, f.Stored(1, picture()))
    assert await rows(studio) == []


async def test_a_batch_has_one_row_however_many_end(studio: Studio) -> None:
    await device(studio)
    await save_choices(studio.database, studio.viewer, Choices(frozenset({NoticeKind.BATCH})))
    batch = studio.viewer.account
    images = await studio.request(count=3, batch=batch)
    for image in images[:2]:
        await studio.record(await studio.accept(image, str(image.id)), f.GenerationFailed(1, TASK))
    [row] = await rows(studio)
    assert (row["kind"], row["batch"], row["image"]) == ("batch", batch, None)
    assert row["ended_at"] == (await studio.load(images[1].id)).finished_at


async def test_a_device_that_rests_is_told_when_it_has_rested(studio: Studio) -> None:
    await device(studio)
    await studio.sql("UPDATE push_subscription SET rests_until = now() + interval '1 hour' RETURNING id")
    await studio.bring(Status.FAILED)
    [row] = await rows(studio)
    assert timedelta(minutes=59) < row["wake_at"] - row["ended_at"] <= timedelta(hours=1)


async def test_nobody_who_has_no_device_costs_more_than_a_look(studio: Studio) -> None:
    studio.told.clear()
    await studio.bring(Status.COMPLETED)
    assert await rows(studio) == []
    assert [wake for wake in studio.told.wakes if wake.what == "push"] == []


async def test_owners_who_wait_are_told_of_missing_credits_and_others_are_not(
    studio: Studio, neighbour: Studio
) -> None:
    ada = await device(studio)
    await device(neighbour, "bob")
    image = await studio.bring(Status.SUBMITTING)
    await studio.record(image, f.Refused(1, f.Halt.RATE_LIMITED))
    assert await rows(studio) == []
    await studio.end_pause()
    await studio.submit(await studio.load(image.id))
    await studio.record(image, f.Refused(2, f.Halt.OUT_OF_CREDITS))
    assert [(row["kind"], row["subscription"]) for row in await rows(studio)] == [("credits_low", ada.id)]


async def test_a_stop_that_comes_back_before_anything_was_taken_is_the_same_one(studio: Studio) -> None:
    await device(studio)
    image = await studio.bring(Status.SUBMITTING)
    await studio.record(image, f.Refused(1, f.Halt.OUT_OF_CREDITS))
    assert len(await rows(studio)) == 1
    # It was told; then the balance looked well, one picture went ahead, and was refused again.
    await studio.sql("DELETE FROM push RETURNING id")
    await studio.database.transact(lambda unit: unit.provider.go_ahead())
    await studio.submit(await studio.load(image.id))
    await studio.record(image, f.Refused(2, f.Halt.OUT_OF_CREDITS))
    [provider] = await studio.sql("SELECT stopped FROM provider_state")
    assert provider["stopped"]
    assert await rows(studio) == []


async def test_nothing_is_planned_where_a_session_has_run_out(studio: Studio) -> None:
    token = await make_link(studio.database, studio.viewer.email)
    assert token is not None
    opened = await open_session(studio.database, token)
    await device(studio, viewer=replace(studio.viewer, session=opened.id))
    await studio.bring(Status.COMPLETED)
    assert len(await rows(studio)) == 1
    await studio.sql("UPDATE session SET expires_at = now() RETURNING id")
    await studio.bring(Status.COMPLETED)
    assert len(await rows(studio)) == 1


async def test_what_is_read_is_dropped_at_once_for_its_reader_alone(studio: Studio) -> None:
    await device(studio)
    first, second = await studio.bring(Status.COMPLETED), await studio.bring(Status.FAILED)
    assert first.finished_at is not None and second.finished_at is not None
    colleague = await studio.colleague("bea@example.org", Role.VIEWER)
    await mark_read(studio.database, colleague, studio.project, second.finished_at)
    assert len(await rows(studio)) == 2
    await mark_read(studio.database, studio.viewer, studio.project, first.finished_at)
    assert [row["image"] for row in await rows(studio)] == [second.id]
