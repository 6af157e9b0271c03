"""Try again whatever failed: of a batch, of a project, or in the whole workspace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from server.core import facts as f
from server.core.account import Viewer
from server.core.image import Image, Scope, Status
from server.core.ports import Database, Unit
from server.core.projection import public_image
from server.core.stores import Wake
from server.usecases.answer_once import OnceKey, answer_once
from server.usecases.cancel_many import MOST
from server.usecases.find import find_project, require_writer
from server.usecases.move_image import Rules, move_image
from server.usecases.require_budget import require_budget


async def retry_many(
    database: Database,
    viewer: Viewer,
    scope: Scope,
    include_charged: bool,
    rules: Rules,
    once: OnceKey | None = None,
) -> Mapping[str, Any]:
    """`{"images": […]}`: the failed generations that wait again, at most `MOST`. Each may be charged.

    Those that may have been charged already only with `include_charged`: they would be paid for twice. Raises
    `Refusal` (NOT_FOUND where there is no such project, DAILY_CAP_REACHED, KEY_REUSED, READ_ONLY), `Unavailable`.
    """
    require_writer(viewer)

    async def retry(unit: Unit) -> Mapping[str, Any]:
        if scope.project is not None:
            await find_project(unit, viewer, scope.project)
        failed = await unit.images.failed(viewer.workspace, scope, include_charged, MOST)
        images = await _in_living_projects(unit, viewer, failed)
        kinds = Counter((image.model or "", image.options.resolution) for image in images)
        if kinds:
            await require_budget(unit, viewer.workspace, rules.prices.total(kinds), rules.prices)
            unit.wake(Wake("dispatch"))
        after = [await move_image(unit, image, f.RetryRequested(), rules) for image in images]
        return {"images": [public_image(image) for image in after if image.status is Status.PENDING]}

    return await database.transact(lambda unit: answer_once(unit, viewer, once, lambda: retry(unit)))


async def _in_living_projects(unit: Unit, viewer: Viewer, images: Sequence[Image]) -> list[Image]:
    """Those whose project is there and stays until the unit ends."""
    projects = sorted({image.project for image in images})
    living = {project for project in projects if await unit.projects.get(viewer.workspace, project, hold=True)}
    return [image for image in images if image.project in living]
