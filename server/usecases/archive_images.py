"""Many pictures in one download: write down which, then read them where the link leads."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from server.core.account import Viewer
from server.core.archive import Archive
from server.core.errors import ErrorCode, Refusal
from server.core.image import Image
from server.core.ports import Database, Unit

LIFE = 600.0
"""Seconds for which a link is good."""


async def make_archive(database: Database, viewer: Viewer, ids: Sequence[UUID]) -> tuple[Archive, list[Image]]:
    """An archive of those of `ids` that are the workspace's and have a file, in their order; trashed ones too.

    Raises `Refusal(NOT_FOUND)` where none has, `Unavailable`.
    """

    async def work(unit: Unit) -> tuple[Archive, list[Image]]:
        images = await _stored(unit, viewer.workspace, ids)
        return await unit.archives.add(viewer.workspace, [image.id for image in images], LIFE), images

    return await database.transact(work)


async def open_archive(database: Database, id: UUID) -> list[Image]:
    """What is still there of the archive. Raises `Refusal(NOT_FOUND)` where it is over or empty, `Unavailable`."""

    async def work(unit: Unit) -> list[Image]:
        archive = await unit.archives.load(id)
        return await _stored(unit, archive.workspace, archive.images) if archive else _nothing()

    return await database.transact(work)


async def _stored(unit: Unit, workspace: UUID, ids: Sequence[UUID]) -> list[Image]:
    found = {image.id: image for image in await unit.images.in_workspace(workspace, ids)}
    stored = [found[id] for id in dict.fromkeys(ids) if id in found and "original" in found[id].renditions]
    return stored or _nothing()


def _nothing() -> list[Image]:
    raise Refusal(ErrorCode.NOT_FOUND, "None of these pictures has a file.")
