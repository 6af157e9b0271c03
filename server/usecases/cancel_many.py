"""Cancel everything one has asked for and that is not finished: of a batch, of a project, or all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.core import facts as f
from server.core.account import Viewer
from server.core.image import Scope, Status
from server.core.ports import Database, Unit
from server.core.projection import public_image
from server.usecases.find import find_project, require_writer
from server.usecases.move_image import Rules, move_image

MOST = 1_000
"""Images one call cancels or tries again: a few seconds of one transaction. Called again, it goes on."""


async def cancel_many(database: Database, viewer: Viewer, scope: Scope, rules: Rules) -> Mapping[str, Any]:
    """`{"images": […]}`: the viewer's own generations that are canceled now, or will be; at most `MOST`.

    Each by the rule for one: free and immediate while it waits, later a wish. Twice is harmless. Raises `Refusal`
    (NOT_FOUND where there is no such project, READ_ONLY), `Unavailable`.
    """
    require_writer(viewer)

    async def work(unit: Unit) -> Mapping[str, Any]:
        if scope.project is not None:
            await find_project(unit, viewer, scope.project)
        # Newest first: what is made from others is canceled before these, and does not fail for want of them.
        images = await unit.images.unfinished(viewer.workspace, viewer.account, scope, MOST)
        after = [await move_image(unit, image, f.CancelRequested(), rules) for image in images]
        # Who ended by itself at this moment is not among them.
        gone = [image for image in after if image.status is Status.CANCELED or image.cancel_requested_at is not None]
        return {"images": [public_image(image) for image in gone]}

    return await database.transact(work)
