"""What a person may do to a picture, when, and to whose."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from server.core import facts as f
from server.core.account import Role
from server.core.errors import ErrorCode
from server.core.image import AT_PROVIDER, Image, Kind, Status
from server.core.stores import Wake
from server.usecases import change_image
from server.usecases.change_project import delete_project
from server.usecases.read_images import read_project
from tests.server.usecases.refusals import refused
from tests.server.usecases.studio import TASK, Studio, picture

Verb = Callable[[Studio, Image], Awaitable[Any]]
VERBS: dict[str, Verb] = {
    "edit": lambda s, i: change_image.edit_image(s.database, s.viewer, i.id, name="Fox"),
    "cancel": lambda s, i: change_image.cancel_image(s.database, s.viewer, i.id, s.rules),
    "retry": lambda s, i: change_image.retry_image(s.database, s.viewer, i.id, s.rules),
    "trash": lambda s, i: change_image.trash_image(s.database, s.viewer, i.id, s.rules),
    "restore": lambda s, i: change_image.restore_image(s.database, s.viewer, i.id),
    "refresh": lambda s, i: change_image.refresh_image(s.database, s.viewer, i.id, s.rules),
}
FINISHED = {Status.COMPLETED, Status.FAILED, Status.CANCELED}
# The statuses in which a generation takes each verb; in the others it is refused as being in the wrong state.
ALLOWED = {
    "edit": set(Status),
    "cancel": set(Status) - {Status.COMPLETED, Status.FAILED},
    "retry": {Status.FAILED, Status.CANCELED},
    "trash": set(Status),
    "restore": FINISHED,
    "refresh": set(Status) - FINISHED,
}
every_verb = pytest.mark.parametrize("verb", VERBS)


@every_verb
async def test_each_status_takes_the_verbs_it_should(studio: Studio, verb: str) -> None:
    for status in Status:
        image = await studio.bring(status)
        if status in ALLOWED[verb]:
            await VERBS[verb](studio, image)
        else:
            await refused(VERBS[verb](studio, image), ErrorCode.WRONG_STATE)
            assert await studio.load(image.id) == image


@every_verb
async def test_a_foreign_picture_does_not_exist(studio: Studio, neighbour: Studio, verb: str) -> None:
    theirs = await neighbour.bring(Status.FAILED)
    await refused(VERBS[verb](studio, theirs), ErrorCode.NOT_FOUND)
    await refused(VERBS[verb](studio, replace(theirs, id=uuid4())), ErrorCode.NOT_FOUND)
    assert await studio.load(theirs.id) == theirs


@every_verb
async def test_who_only_looks_changes_nothing(studio: Studio, verb: str) -> None:
    image = await studio.bring(Status.FAILED)
    studio.viewer = replace(studio.viewer, role=Role.VIEWER)
    await refused(VERBS[verb](studio, image), ErrorCode.READ_ONLY)


@pytest.mark.parametrize("verb", ["edit", "trash", "restore", "cancel"])
async def test_twice_is_harmless(studio: Studio, verb: str) -> None:
    image = await studio.bring(Status.PROCESSING if verb == "cancel" else Status.COMPLETED)
    once = await VERBS[verb](studio, image)
    twice = await VERBS[verb](studio, image)
    assert replace(twice, version=0) == replace(once, version=0)
    assert verb == "edit" or twice.version == once.version


# Cancel


async def test_a_waiting_picture_is_canceled_at_once_and_for_free(studio: Studio) -> None:
    image = await studio.reserve(await studio.bring(Status.PENDING))
    studio.told.clear()
    after = await VERBS["cancel"](studio, image)
    assert (after.status, after.dispatched_at, after.trashed_at) == (Status.CANCELED, None, None)
    assert Wake("dispatch") in studio.told.wakes
    assert await studio.charges() == 0


@pytest.mark.parametrize("status", sorted({*AT_PROVIDER, Status.SAVING}))
async def test_later_it_is_a_wish_and_the_provider_is_still_asked(studio: Studio, status: Status) -> None:
    image = await studio.bring(status)
    after = await VERBS["cancel"](studio, image)
    assert (after.status, after.wake_at, after.deadline_at) == (status, image.wake_at, image.deadline_at)
    assert after.cancel_requested_at is not None


async def test_an_upload_can_be_canceled(studio: Studio) -> None:
    waiting = await VERBS["cancel"](studio, await studio.bring(Status.PENDING, Kind.UPLOAD))
    assert waiting.status is Status.CANCELED
    saving = await VERBS["cancel"](studio, await studio.bring(Status.SAVING, Kind.UPLOAD))
    assert (await studio.record(saving, f.Stored(renditions=picture()))).status is Status.CANCELED


# Retry


async def test_a_retry_is_dispatched_as_another_attempt(studio: Studio) -> None:
    image = await studio.bring(Status.FAILED)
    studio.told.clear()
    await VERBS["retry"](studio, image)
    again = await studio.load(image.id)
    assert (again.status, again.error, again.attempt) == (Status.PENDING, None, 1)
    assert Wake("dispatch") in studio.told.wakes
    assert (await studio.accept(image, "second")).attempt == 2
    assert await studio.charges() == 2


async def test_an_upload_or_a_kept_picture_cannot_be_tried_again(studio: Studio) -> None:
    upload = await studio.bring(Status.FAILED, Kind.UPLOAD)
    await refused(VERBS["retry"](studio, upload), ErrorCode.WRONG_STATE)
    saving = await VERBS["cancel"](studio, await studio.bring(Status.SAVING))
    kept = await studio.record(saving, f.Stored(1, picture()))
    await refused(VERBS["retry"](studio, kept), ErrorCode.WRONG_STATE)


async def test_a_retry_brings_it_back_from_the_trash(studio: Studio) -> None:
    image = await VERBS["trash"](studio, await studio.bring(Status.FAILED))
    await VERBS["retry"](studio, image)
    assert (await studio.load(image.id)).trashed_at is None


async def test_a_restored_picture_brings_its_deleted_project_back_with_it(studio: Studio) -> None:
    """And no other picture of it; several at once bring it back once."""
    images = [await studio.bring(Status.FAILED) for _ in range(4)]
    await delete_project(studio.database, studio.viewer, studio.project, studio.rules)
    gone = studio.told.events[-1]
    await asyncio.gather(*(VERBS["restore"](studio, image) for image in images[1:]))
    project = await read_project(studio.database, studio.viewer, studio.project)
    assert project.version == gone.data["version"] + 1
    trashed = [(await studio.load(image.id)).trashed_at is not None for image in images]
    assert trashed == [True, False, False, False]


async def test_nothing_is_tried_again_in_a_deleted_project(studio: Studio) -> None:
    """It would be paid for and never seen."""
    image = await studio.bring(Status.FAILED)
    await delete_project(studio.database, studio.viewer, studio.project, studio.rules)
    gone = await studio.load(image.id)
    await refused(VERBS["retry"](studio, image), ErrorCode.NOT_FOUND)
    assert await studio.load(image.id) == gone


# Trash and restore


@pytest.mark.parametrize("status", sorted({*AT_PROVIDER, Status.SAVING}))
async def test_what_is_trashed_at_work_ends_canceled_in_the_trash(studio: Studio, status: Status) -> None:
    image = await studio.bring(status)
    after = await VERBS["trash"](studio, image)
    assert (after.status, after.trashed_at is None, after.cancel_requested_at is None) == (status, False, False)
    await refused(VERBS["restore"](studio, image), ErrorCode.WRONG_STATE)
    if status is not Status.SAVING:
        await studio.record(image, f.Generated(1, TASK, "https://files.example/x"))
    ended = await studio.record(image, f.Stored(1, picture()))
    assert (ended.status, ended.trashed_at) == (Status.CANCELED, after.trashed_at)
    assert (await VERBS["restore"](studio, image)).trashed_at is None


async def test_a_trashed_waiting_picture_is_canceled(studio: Studio) -> None:
    after = await VERBS["trash"](studio, await studio.bring(Status.PENDING))
    assert after.status is Status.CANCELED
    assert after.trashed_at is not None


# Edit and refresh


async def test_a_name_and_a_favourite_are_kept(studio: Studio) -> None:
    image = await studio.bring(Status.PROCESSING)
    await change_image.edit_image(studio.database, studio.viewer, image.id, name="Fox")
    after = await change_image.edit_image(studio.database, studio.viewer, image.id, favorite=True)
    assert (after.name, after.favorite, after.version) == ("Fox", True, image.version + 2)
    assert (after.wake_at, after.status) == (image.wake_at, image.status)


async def test_a_refresh_wakes_a_worker_now_and_shows_nothing(studio: Studio) -> None:
    image = await studio.bring(Status.PROCESSING)
    studio.told.clear()
    after = await VERBS["refresh"](studio, image)
    assert after.version == image.version
    assert after.wake_at <= await studio.database.time()
    assert studio.told.wakes == [Wake("image", image.id)]
    assert studio.told.events == []


async def test_there_is_nobody_to_ask_about_an_upload(studio: Studio) -> None:
    upload = await studio.bring(Status.SAVING, Kind.UPLOAD)
    await refused(VERBS["refresh"](studio, upload), ErrorCode.WRONG_STATE)
