"""What the machine can produce can be written, and what it must never produce cannot: the CHECKs of the migration."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from server.core.image import Image, Status
from server.core.ports import Unit
from tests.server.core.reachable_images import START, late_picture, reachable_images, upload
from tests.server.usecases.studio import Studio

# For each CHECK a change that breaks it, and the statuses it is tried on.
BROKEN: list[tuple[str, Status, dict[str, Any]]] = [
    ("image_unfinished_is_watched", Status.PENDING, {"wake_at": None}),
    ("image_unfinished_is_watched", Status.SAVING, {"deadline_at": None}),
    ("image_unfinished_is_watched", Status.UNKNOWN, {"wake_at": None, "deadline_at": None}),
    ("image_unfinished_is_watched", Status.FAILED, {"wake_at": START, "deadline_at": START}),
    ("image_unfinished_is_watched", Status.FAILED, {"wake_at": START}),
    ("image_finished_at", Status.CANCELED, {"finished_at": None}),
    ("image_finished_at", Status.PROCESSING, {"finished_at": START}),
    ("image_completed_is_stored", Status.COMPLETED, {"renditions": {}}),
    ("image_completed_is_stored", Status.COMPLETED, {"width": 0}),
    ("image_completed_is_stored", Status.COMPLETED, {"sha256": None}),
    ("image_failed_says_why", Status.FAILED, {"error": None}),
    ("image_processing_has_task", Status.PROCESSING, {"metadata": {}}),
    ("image_at_provider_has_attempt", Status.SUBMITTING, {"attempt": 0}),
    ("image_generation_has_model", Status.PENDING, {"model": None}),
    ("image_generation_has_model", Status.PENDING, {"prompt": ""}),
]


def owned(studio: Studio, image: Image) -> Image:
    """The image as one of the studio's."""
    workspace, project = studio.viewer.workspace, studio.project
    return replace(image, id=uuid4(), workspace=workspace, project=project, author=studio.viewer.account)


async def test_every_image_that_can_come_about_can_be_written_and_read_back(studio: Studio) -> None:
    images = [owned(studio, image) for image in reachable_images()]
    assert {image.status for image in images} == set(Status)

    async def write_and_read(unit: Unit) -> list[Image]:
        await unit.images.add(images)
        return await unit.images.in_workspace(studio.viewer.workspace, [image.id for image in images])

    written = {image.id: image for image in await studio.database.transact(write_and_read)}
    assert [written[image.id] for image in images] == images


async def test_every_image_that_can_come_about_can_be_changed_to(studio: Studio) -> None:
    """By the compare-and-set that every change goes through, which writes other columns than an insert."""
    for image in reachable_images()[::7]:
        before = owned(studio, late_picture() if image.model else upload())
        after = replace(image, id=before.id, workspace=before.workspace, project=before.project, author=before.author)

        async def change(unit: Unit, before: Image = before, after: Image = after) -> Image | None:
            await unit.images.add([before])
            await unit.images.replace(before, after)
            return await unit.images.load(before.id)

        assert await studio.database.transact(change) == replace(after, version=2)


@pytest.mark.parametrize(("check", "status", "change"), BROKEN, ids=lambda value: str(value)[:40])
async def test_an_image_that_must_not_be_is_refused(
    studio: Studio, check: str, status: Status, change: dict[str, Any]
) -> None:
    whole = owned(studio, next(i for i in reachable_images() if i.status is status and i.model is not None))

    async def write(unit: Unit) -> None:
        await unit.images.add([replace(whole, **change)])

    with pytest.raises(asyncpg.CheckViolationError) as caught:
        await studio.database.transact(write)
    assert caught.value.constraint_name == check


@pytest.mark.parametrize("status", [Status.SUBMITTING, Status.PROCESSING, Status.UNKNOWN])
async def test_an_upload_at_the_provider_is_refused(studio: Studio, status: Status) -> None:
    stray = replace(owned(studio, upload()), status=status, attempt=1, metadata={"nanobanana_task_id": "t1"})
    with pytest.raises(asyncpg.CheckViolationError) as caught:
        await studio.database.transact(lambda unit: unit.images.add([stray]))
    assert caught.value.constraint_name == "image_upload_stays_here"
