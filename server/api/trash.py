"""The trash over HTTP, and what is done to many pictures at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.api import many_shapes
from server.api.call import Call
from server.api.images import answer_page, asked_page
from server.core.errors import ErrorCode, Refusal
from server.core.image import Action
from server.usecases import change_many, purge_images, read_images


async def list_trash(call: Call) -> Mapping[str, Any]:
    """A page of the trash, last trashed first."""
    return answer_page(await read_images.list_trash(call.parts.database, call.viewer, *asked_page(call)))


async def purge(call: Call) -> Mapping[str, Any]:
    """Out of the trash for ever."""
    asked = await call.body(many_shapes.Selection)
    parts = call.parts
    policy = parts.rules.policy
    removed = await purge_images.purge_images(parts.database, parts.blobs, call.viewer, asked.ids, policy)
    return {"ids": [str(id) for id in removed]}


async def change_images(call: Call) -> Mapping[str, Any]:
    """The same change to all of them."""
    asked = await call.body(many_shapes.ImageChanges)
    if (asked.action is Action.MOVE) != (asked.project is not None):
        raise Refusal(ErrorCode.INVALID_REQUEST, "project comes with move, and with nothing else.", field="project")
    parts = call.parts
    return await change_many.change_many(
        parts.database, call.viewer, asked.ids, asked.action, asked.project, parts.rules
    )
