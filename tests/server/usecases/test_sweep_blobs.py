"""Files that no picture owns go; whatever might yet be owned, or is not ours, stays."""

from __future__ import annotations

from uuid import uuid4

from server.core.image import Status
from server.infra.memory.blobs import MemoryBlobs
from server.usecases.sweep_blobs import sweep_blobs
from server.usecases.upload_image import staging_key
from tests.server.usecases.studio import Studio

ALL = -1.0


async def put(blobs: MemoryBlobs, *keys: str) -> None:
    for key in keys:
        await blobs.put(key, b"bytes", "image/jpeg")


async def left(blobs: MemoryBlobs) -> set[str]:
    return {key for keys in [keys async for keys in blobs.old(ALL)] for key in keys}


async def test_a_finished_picture_keeps_its_renditions_and_no_more(studio: Studio) -> None:
    blobs, image = MemoryBlobs(), await studio.bring(Status.COMPLETED)
    own = {rendition.key for rendition in (await studio.load(image.id)).renditions.values()}
    folder = f"{image.workspace}/{image.id}"
    await put(blobs, *own, f"{folder}/original-of-an-earlier-crash.jpg", staging_key(image.id))
    assert await sweep_blobs(studio.database, blobs, ALL) == 2
    assert await left(blobs) == own
    assert await sweep_blobs(studio.database, blobs, ALL) == 0


async def test_what_is_unfinished_may_yet_own_its_files(studio: Studio) -> None:
    blobs, image = MemoryBlobs(), await studio.bring(Status.SAVING)
    keys = {f"{image.workspace}/{image.id}/original-00.jpg", staging_key(image.id)}
    await put(blobs, *keys)
    assert await sweep_blobs(studio.database, blobs, ALL) == 0
    assert await left(blobs) == keys


async def test_files_of_a_failed_picture_or_of_no_row_go(studio: Studio) -> None:
    blobs, failed = MemoryBlobs(), await studio.bring(Status.FAILED)
    await put(
        blobs,
        f"{failed.workspace}/{failed.id}/original-00.jpg",
        f"{failed.workspace}/{uuid4()}/original-00.jpg",
        staging_key(uuid4()),
    )
    assert await sweep_blobs(studio.database, blobs, ALL) == 3


async def test_what_is_young_or_somebody_elses_stays(studio: Studio) -> None:
    blobs = MemoryBlobs()
    young = f"{studio.viewer.workspace}/{uuid4()}/original-00.jpg"
    foreign = {f"{uuid4()}/{uuid4()}/original-00.jpg", "backups/monday", "notes.txt", "a/b/c/d", "x/y/z"}
    await put(blobs, young, *foreign)
    assert await sweep_blobs(studio.database, blobs, 3_600.0) == 0
    assert await sweep_blobs(studio.database, blobs, ALL) == 1
    assert await left(blobs) == foreign
