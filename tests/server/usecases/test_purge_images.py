"""Removing for ever: the row, its files, and what the stream told of it; never what somebody still needs."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest

from server.core import facts as f
from server.core.account import Role
from server.core.errors import ErrorCode, Refusal
from server.core.events import EventKind
from server.core.image import Image, Kind, Rendition, Status
from server.core.ports import Unavailable, Unit
from server.infra.memory.blobs import MemoryBlobs
from server.usecases.change_image import restore_image, retry_image, trash_image
from server.usecases.change_project import delete_project
from server.usecases.purge_images import empty_trash, purge_images
from server.usecases.read_events import read_events
from server.usecases.set_daily_cap import set_daily_cap
from server.usecases.upload_image import staging_key
from tests.server.usecases.refusals import refused
from tests.server.usecases.studio import TASK, Studio, picture
from tests.studio import eventually


async def purge(studio: Studio, *images: Image, blobs: MemoryBlobs | None = None) -> list[UUID]:
    ids = [image.id for image in images]
    return await purge_images(studio.database, blobs or MemoryBlobs(), studio.viewer, ids, studio.rules.policy)


async def trashed(studio: Studio, status: Status = Status.COMPLETED, kind: Kind = Kind.GENERATION) -> Image:
    image = await studio.bring(status, kind)
    return await trash_image(studio.database, studio.viewer, image.id, studio.rules)


async def stored(studio: Studio, blobs: MemoryBlobs) -> Image:
    """An upload in the trash whose files are there."""
    image = await studio.bring(Status.SAVING, Kind.UPLOAD)
    files: dict[str, Rendition] = {
        name: replace(file, key=f"{image.workspace}/{image.id}/{name}.png") for name, file in picture().items()
    }
    for key in (staging_key(image.id), *(file.key for file in files.values())):
        await blobs.put(key, b"bytes", "image/png")
    await studio.record(image, f.Stored(renditions=files))
    return await trash_image(studio.database, studio.viewer, image.id, studio.rules)


async def test_row_and_files_are_gone_and_the_stream_tells_nothing_of_it(studio: Studio) -> None:
    blobs = MemoryBlobs()
    image, kept = await stored(studio, blobs), await stored(studio, blobs)
    assert await purge(studio, image, blobs=blobs) == [image.id]
    assert {UUID(key.split("/")[1]) for key in await blobs.keys("")} == {kept.id}
    stretch = await read_events(studio.database, studio.viewer.workspace, 0, 1_000)
    assert stretch is not None
    told = [event for event in stretch.events if event.data["id"] == str(image.id)]
    assert {event.kind for event in told} == {EventKind.IMAGE_REMOVED}
    assert [event.data["version"] for event in told] == list(range(1, image.version + 2))
    assert all(event.data.keys() == {"id", "version"} for event in told)


async def test_a_file_that_another_row_names_stays(studio: Studio) -> None:
    blobs = MemoryBlobs()
    image = await stored(studio, blobs)
    other = await studio.record(await studio.bring(Status.SAVING, Kind.UPLOAD), f.Stored(renditions=image.renditions))
    await purge(studio, image, blobs=blobs)
    assert set(await blobs.keys("")) == {file.key for file in image.renditions.values()}
    await trash_image(studio.database, studio.viewer, other.id, studio.rules)
    await purge(studio, other, blobs=blobs)
    assert await blobs.keys("") == []


async def test_rows_go_even_where_files_cannot_be_deleted_now(studio: Studio) -> None:
    class Away(MemoryBlobs):
        async def delete(self, key: str) -> None:
            raise Unavailable("away")

    image = await trashed(studio)
    assert await purge(studio, image, blobs=Away()) == [image.id]


async def test_only_who_may_write_removes_and_only_their_own(studio: Studio, neighbour: Studio) -> None:
    theirs = await trashed(neighbour)
    assert await purge(studio, theirs) == []
    neighbour.viewer = replace(neighbour.viewer, role=Role.VIEWER)
    await refused(purge(neighbour, theirs), ErrorCode.READ_ONLY)
    assert await studio.load(theirs.id) == theirs


@pytest.mark.parametrize("status", [status for status in Status if status not in (Status.COMPLETED, Status.FAILED)])
async def test_what_may_yet_be_paid_or_written_stays(studio: Studio, status: Status) -> None:
    """A picture that was canceled while it waited was never asked for, and goes."""
    image = await trashed(studio, status)
    free = image.status is Status.CANCELED
    assert await purge(studio, image) == ([image.id] if free else [])


async def test_a_picture_that_may_have_been_charged_is_kept_for_its_late_result(studio: Studio) -> None:
    image = await studio.bring(Status.UNKNOWN)
    await studio.record(await studio.expire(image), f.DeadlinePassed())
    failed = await trash_image(studio.database, studio.viewer, image.id, studio.rules)
    assert failed.status is Status.FAILED
    assert await purge(studio, failed) == []
    await studio.sql("UPDATE attempt SET created_at = now() - interval '25 hours' RETURNING id")
    assert await purge(studio, failed) == [image.id]


async def test_an_input_of_what_is_unfinished_stays_until_that_has_ended(studio: Studio) -> None:
    source = await studio.bring(Status.COMPLETED, Kind.UPLOAD)
    [made] = await studio.request(inputs=(source.id,))
    source = await trash_image(studio.database, studio.viewer, source.id, studio.rules)
    assert await purge(studio, source) == []
    await studio.record(await studio.accept(made), f.GenerationFailed(1, TASK))
    assert await purge(studio, source) == [source.id]
    assert (await studio.load(made.id)).inputs == (source.id,)


@pytest.mark.parametrize("rival", ["restore", "retry"])
async def test_a_purge_and_who_wants_it_back_agree(studio: Studio, rival: str) -> None:
    """Either it is removed and they find nothing, or they have it and it was not removed."""
    for turn in range(12):
        image = await trashed(studio, Status.FAILED)

        async def bring_back(id: UUID = image.id) -> bool:
            try:
                if rival == "restore":
                    await restore_image(studio.database, studio.viewer, id)
                else:
                    await retry_image(studio.database, studio.viewer, id, studio.rules)
            except Refusal as refusal:
                assert refusal.code is ErrorCode.NOT_FOUND
                return False
            return True

        # Each is first now and then.
        if turn % 2:
            back, removed = await asyncio.gather(bring_back(), purge(studio, image))
        else:
            removed, back = await asyncio.gather(purge(studio, image), bring_back())
        rows = await studio.sql("SELECT trashed_at FROM image WHERE id = :id", id=image.id)
        assert (bool(removed), back) in ((True, False), (False, True))
        assert [row["trashed_at"] for row in rows] == ([] if removed else [None])


async def test_the_trash_is_emptied_of_what_is_old_a_batch_at_a_time(studio: Studio, neighbour: Studio) -> None:
    blobs, policy = MemoryBlobs(), studio.rules.policy
    old = [await stored(studio, blobs), await trashed(neighbour, Status.FAILED), await trashed(studio)]
    await studio.sql("UPDATE image SET trashed_at = trashed_at - interval '31 days' RETURNING id")
    young = await stored(studio, blobs)
    assert await empty_trash(studio.database, blobs, 30, 2, policy) == 2
    assert await empty_trash(studio.database, blobs, 30, 2, policy) == 1
    assert await empty_trash(studio.database, blobs, 30, 2, policy) == 0
    assert {UUID(key.split("/")[1]) for key in await blobs.keys("")} == {young.id}
    assert await studio.all_images() == [young]
    assert await neighbour.all_images() == []
    removed = [event for event in studio.told.events if event.kind is EventKind.IMAGE_REMOVED]
    assert {(event.workspace, event.data["id"]) for event in removed} == {(i.workspace, str(i.id)) for i in old}


async def test_a_deleted_project_goes_once_its_pictures_have(studio: Studio) -> None:
    await studio.bring(Status.COMPLETED)
    await delete_project(studio.database, studio.viewer, studio.project, studio.rules)
    for table in ("image", "project"):
        await studio.sql(f"UPDATE {table} SET trashed_at = trashed_at - interval '31 days' RETURNING id")
    assert await empty_trash(studio.database, MemoryBlobs(), 30, 10, studio.rules.policy) == 2
    assert await studio.sql("SELECT id FROM project WHERE id = :id", id=studio.project) == []


async def test_nothing_is_asked_for_from_a_picture_that_is_gone(studio: Studio) -> None:
    """The request has found its input and waits for the budget, while the input is trashed and purged."""
    source = await studio.bring(Status.COMPLETED, Kind.UPLOAD)
    await set_daily_cap(studio.database, studio.viewer, 100.0)
    held, go_on = asyncio.Event(), asyncio.Event()

    async def hold(unit: Unit) -> None:
        await unit.ledger.hold_cap(studio.viewer.workspace)
        held.set()
        await go_on.wait()

    holding = asyncio.create_task(studio.database.transact(hold))
    await held.wait()
    asking = asyncio.create_task(studio.request(inputs=(source.id,)))
    await _waiting(studio, 1)
    await trash_image(studio.database, studio.viewer, source.id, studio.rules)
    purging = asyncio.create_task(purge(studio, source))
    await _waiting(studio, 2)
    go_on.set()
    await holding
    [made] = await asking
    assert (await purging, made.inputs) == ([], (source.id,))


async def _waiting(studio: Studio, number: int) -> None:
    """So many transactions wait for others."""
    waiting = "SELECT DISTINCT pid FROM pg_locks WHERE NOT granted"
    await eventually(lambda: studio.sql(waiting), lambda rows: len(rows) == number)
