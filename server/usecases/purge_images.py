"""Remove for ever what lies in the trash: the rows and their tombstones in one transaction, the files after it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from server.core.account import Viewer
from server.core.events import Change, EventKind
from server.core.image import Image
from server.core.limits import Policy
from server.core.ports import Blobs, Database, Unavailable, Unit
from server.usecases.find import require_writer
from server.usecases.upload_image import staging_key

LOG = logging.getLogger(__name__)
DAY = 86_400.0
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class _Purged:
    """What was removed, and which files nobody needs any more."""

    ids: list[UUID]
    files: list[str]


async def purge_images(
    database: Database, blobs: Blobs, viewer: Viewer, ids: Sequence[UUID], policy: Policy
) -> list[UUID]:
    """Which of `ids` were removed; the others lie in no trash of the viewer's, or are needed yet. Twice is harmless.

    Needed is what is unfinished, what an unfinished image is made from, and what the provider is still asked about.
    Attempts and ledger entries stay. Raises `Refusal(READ_ONLY)`, `Unavailable`.
    """
    require_writer(viewer)

    async def work(unit: Unit) -> _Purged:
        return await _bury(unit, await unit.trash.remove(viewer.workspace, ids, policy.unsettled_window))

    purged = await database.transact(work)
    await _delete(blobs, purged.files)
    return purged.ids


async def empty_trash(database: Database, blobs: Blobs, days: float, limit: int, policy: Policy) -> int:
    """Remove up to `limit` pictures that were trashed `days` ago, and projects that hold none any more; how many.

    Harmless beside everything else, and twice. Raises `Unavailable`.
    """

    async def work(unit: Unit) -> tuple[_Purged, int]:
        purged = await _bury(unit, await unit.trash.remove_old(days * DAY, limit, policy.unsettled_window))
        return purged, await unit.trash.remove_projects(days * DAY, limit)

    purged, projects = await database.transact(work)
    await _delete(blobs, purged.files)
    return len(purged.ids) + projects


async def _bury(unit: Unit, removed: Sequence[Image]) -> _Purged:
    """Leave nothing of them in the stream but tombstones."""
    for image in removed:
        tombstone = {"id": str(image.id), "version": image.version + 1}
        unit.tell(Change(image.workspace, EventKind.IMAGE_REMOVED, tombstone))
    if not removed:
        return _Purged([], [])
    ids = [image.id for image in removed]
    await unit.events.scrub(sorted({image.workspace for image in removed}), ids)
    kept = await unit.trash.still_named(removed)
    return _Purged(ids, [key for key in _files(removed) if key not in kept])


def _files(images: Iterable[Image]) -> list[str]:
    return [
        key
        for image in images
        for key in (staging_key(image.id), *(rendition.key for rendition in image.renditions.values()))
    ]


async def _delete(blobs: Blobs, keys: Sequence[str]) -> None:
    """Some at a time. What is left here nobody owns: the next sweep finds it."""
    try:
        for start in range(0, len(keys), _AT_ONCE):
            await asyncio.gather(*(blobs.delete(key) for key in keys[start : start + _AT_ONCE]))
    except Unavailable as error:
        LOG.warning("files of purged pictures are left for the sweep: %s", error)
