"""What a person does to one picture: rename, favour, cancel, retry, trash, restore, ask again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from server.core import facts as f
from server.core.account import Viewer
from server.core.errors import ErrorCode, Refusal
from server.core.image import Image, Kind, Status
from server.core.ports import Database, Unit
from server.core.projection import public_image
from server.core.stores import Wake
from server.usecases.answer_once import OnceKey, answer_once
from server.usecases.find import find_image, find_project, require_writer
from server.usecases.move_image import Rules, move_image, reload_image, rewrite_image
from server.usecases.require_budget import require_budget
from server.usecases.revive_project import revive_project

Change = Callable[[Unit, Image], Awaitable[Image]]


async def _change(database: Database, viewer: Viewer, id: UUID, change: Change) -> Image:
    require_writer(viewer)

    async def work(unit: Unit) -> Image:
        return await change(unit, await find_image(unit, viewer, id))

    return await database.transact(work)


async def edit_image(database: Database, viewer: Viewer, id: UUID, **fields: Any) -> Image:
    """Set `name` or `favorite`. Raises `Refusal` (NOT_FOUND, READ_ONLY), `Unavailable`."""
    return await _change(database, viewer, id, lambda unit, image: _rewrite(unit, image, **fields))


async def cancel_image(database: Database, viewer: Viewer, id: UUID, rules: Rules) -> Image:
    """Free and immediate while it waits; later a wish, and the money is spent. Twice is harmless.

    Raises `Refusal` (NOT_FOUND, WRONG_STATE once finished, READ_ONLY), `Unavailable`.
    """

    async def cancel(unit: Unit, image: Image) -> Image:
        if image.status is Status.CANCELED or image.cancel_requested_at is not None:
            return image
        after = await move_image(unit, image, f.CancelRequested(), rules)
        if after.status is not Status.CANCELED and after.cancel_requested_at is None:
            raise Refusal(ErrorCode.WRONG_STATE, "It is finished: there is nothing left to cancel.")
        return after

    return await _change(database, viewer, id, cancel)


async def retry_image(
    database: Database, viewer: Viewer, id: UUID, rules: Rules, once: OnceKey | None = None
) -> Mapping[str, Any]:
    """Another attempt, which may be charged; the image's public shape.

    Raises `Refusal` (NOT_FOUND also where its project is gone, WRONG_STATE unless it failed or was canceled,
    DAILY_CAP_REACHED, KEY_REUSED, READ_ONLY), `Unavailable`.
    """
    require_writer(viewer)

    async def retry(unit: Unit) -> Mapping[str, Any]:
        image = await find_image(unit, viewer, id)
        await find_project(unit, viewer, image.project, hold=True)
        if image.model is not None and image.status in (Status.FAILED, Status.CANCELED):
            price = rules.prices.of(image.model, image.options.resolution)
            await require_budget(unit, viewer.workspace, price, rules.prices)
        after = await move_image(unit, image, f.RetryRequested(), rules)
        if after.status is not Status.PENDING or after is image:
            raise Refusal(ErrorCode.WRONG_STATE, "Only a generation that failed or was canceled can be tried again.")
        unit.wake(Wake("dispatch"))
        return public_image(after)

    return await database.transact(lambda unit: answer_once(unit, viewer, once, lambda: retry(unit)))


async def trash_image(database: Database, viewer: Viewer, id: UUID, rules: Rules) -> Image:
    """To the trash; what is unfinished is canceled by the same rule as cancelling. Twice is harmless.

    Raises `Refusal` (NOT_FOUND, READ_ONLY), `Unavailable`.
    """
    return await _change(database, viewer, id, lambda unit, image: trash(unit, image, rules))


async def trash(unit: Unit, image: Image, rules: Rules) -> Image:
    """Within a unit: cancel what is unfinished, then put it into the trash."""
    if image.trashed_at is not None:
        return image
    if not image.finished:
        image = await move_image(unit, image, f.CancelRequested(), rules)
    return await _rewrite(unit, image, trashed_at=unit.now)


async def restore_image(database: Database, viewer: Viewer, id: UUID) -> Image:
    """Out of the trash, and its project with it where that was deleted. Twice is harmless.

    Raises `Refusal` (NOT_FOUND, WRONG_STATE while unfinished, READ_ONLY), `Unavailable`.
    """

    async def restore(unit: Unit, image: Image) -> Image:
        if not image.finished:
            raise Refusal(ErrorCode.WRONG_STATE, "It is being canceled; try again once that is done.")
        if image.trashed_at is None:
            return image
        await revive_project(unit, viewer.workspace, image.project)
        return await _rewrite(unit, image, trashed_at=None)

    return await _change(database, viewer, id, restore)


async def refresh_image(database: Database, viewer: Viewer, id: UUID, rules: Rules) -> Image:
    """Ask the provider now. Raises `Refusal` (NOT_FOUND, WRONG_STATE where nobody is to be asked), `Unavailable`."""

    async def refresh(unit: Unit, image: Image) -> Image:
        if image.finished or image.kind is Kind.UPLOAD:
            raise Refusal(ErrorCode.WRONG_STATE, "There is nothing to ask the provider about.")
        return await move_image(unit, image, f.RefreshRequested(), rules)

    return await _change(database, viewer, id, refresh)


async def _rewrite(unit: Unit, image: Image, **fields: Any) -> Image:
    """Set fields that are no status; a rival's change in between is kept."""
    for _ in range(10):
        written = await rewrite_image(unit, image, replace(image, **fields))
        if written is not None:
            return written
        image = await reload_image(unit, image)
    raise AssertionError(f"image {image.id} moved ten times in a row")
