"""Read what a person was told of, with the place in the stream at which it was read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from server.core.account import Viewer
from server.core.events import Position
from server.core.image import Image
from server.core.notices import MOST
from server.core.ports import Database, Unit
from server.usecases.read_images import position_of


@dataclass(frozen=True, slots=True)
class NoticesPage:
    """The viewer's own outcomes, last ended first."""

    images: Sequence[Image]
    position: Position
    now: datetime


async def read_notices(database: Database, viewer: Viewer) -> NoticesPage:
    """The last `MOST` in the viewer's workspace; nothing that is in the trash. Raises `Unavailable`."""

    async def work(unit: Unit) -> NoticesPage:
        position = await position_of(unit, viewer)
        images = await unit.notices.outcomes(viewer.account, viewer.workspace, MOST)
        return NoticesPage(images, position, unit.now)

    return await database.transact(work)
