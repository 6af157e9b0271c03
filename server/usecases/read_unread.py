"""Read what a person has not seen yet, with the place in the stream at which it was read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from server.core.account import Viewer
from server.core.events import Position
from server.core.image import Image
from server.core.ports import Database, Unit
from server.usecases.read_images import position_of

MOST = 200


@dataclass(frozen=True, slots=True)
class Unread:
    """The viewer's marks by project, and the pictures beyond them, last ended first, `MOST` at most."""

    marks: Mapping[UUID, datetime]
    images: Sequence[Image]
    position: Position
    now: datetime


async def read_unread(database: Database, viewer: Viewer) -> Unread:
    """In the viewer's workspace. Raises `Unavailable`."""

    async def work(unit: Unit) -> Unread:
        # The position first, as for every snapshot; marks before pictures, so that none is counted beyond its mark.
        position = await position_of(unit, viewer)
        marks = await unit.read_marks.of(viewer.account, viewer.workspace)
        images = await unit.read_marks.unread(viewer.account, viewer.workspace, MOST)
        return Unread(marks, images, position, unit.now)

    return await database.transact(work)
