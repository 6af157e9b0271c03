"""Pictures over HTTP: asking for them, looking at them, changing them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from server.api import schemas
from server.api.call import Call
from server.core.errors import ErrorCode, Refusal
from server.core.image import Image
from server.core.projection import public_image
from server.usecases import change_image, read_images
from server.usecases.read_images import ImagesPage, PageMark
from server.usecases.request_images import Wish, request_images

PAGE_SIZE = 100
PAGE_LIMIT = 500


async def request_generation(call: Call) -> Mapping[str, Any]:
    """Ask for generated pictures; they come over the live stream."""
    asked = await call.body(schemas.GenerationRequest)
    wish = Wish(
        project=call.id(),
        prompt=asked.prompt,
        inputs=tuple(asked.inputs),
        model=asked.model,
        aspect_ratio=asked.aspect_ratio,
        resolution=asked.resolution,
        count=asked.count,
        batch=asked.batch,
    )
    return await request_images(call.parts.database, call.viewer, wish, call.parts.terms, call.parts.rules, call.once())


async def list_images(call: Call) -> Mapping[str, Any]:
    """A page of a project's pictures, newest first."""
    return answer_page(await read_images.list_images(call.parts.database, call.viewer, call.id(), *asked_page(call)))


def asked_page(call: Call) -> tuple[int, PageMark | None]:
    """How many are asked for, and beyond which. Raises `Refusal(INVALID_REQUEST)`."""
    query = call.request.query_params
    limit = read_limit(query.get("limit"))
    return limit, read_cursor(query["cursor"]) if "cursor" in query else None


def answer_page(page: ImagesPage) -> Mapping[str, Any]:
    """The shape `ImagePage`."""
    return {
        "items": [public_image(image) for image in page.items],
        "next": write_cursor(page.following) if page.following else None,
        "epoch": page.position.epoch,
        "seq": page.position.seq,
        "now": page.now.isoformat(),
    }


async def read_image(call: Call) -> Mapping[str, Any]:
    """One picture."""
    return public_image(await read_images.read_image(call.parts.database, call.viewer, call.id()))


async def edit_image(call: Call) -> Mapping[str, Any]:
    """Rename or favour a picture."""
    asked = await call.body(schemas.ImageEdit)
    fields = asked.model_dump(exclude_unset=True, exclude_none=True)
    return public_image(await change_image.edit_image(call.parts.database, call.viewer, call.id(), **fields))


async def trash_image(call: Call) -> Mapping[str, Any]:
    """To the trash."""
    return public_image(await change_image.trash_image(call.parts.database, call.viewer, call.id(), call.parts.rules))


async def restore_image(call: Call) -> Mapping[str, Any]:
    """Out of the trash."""
    return public_image(await change_image.restore_image(call.parts.database, call.viewer, call.id()))


async def cancel_image(call: Call) -> Mapping[str, Any]:
    """No longer wanted: free while it waits, a wish later."""
    return public_image(await change_image.cancel_image(call.parts.database, call.viewer, call.id(), call.parts.rules))


async def retry_image(call: Call) -> Mapping[str, Any]:
    """Another attempt, which may be charged."""
    parts = call.parts
    return await change_image.retry_image(parts.database, call.viewer, call.id(), parts.rules, call.once())


async def refresh_image(call: Call) -> Mapping[str, Any]:
    """Ask the provider now."""
    image: Image = await change_image.refresh_image(call.parts.database, call.viewer, call.id(), call.parts.rules)
    return public_image(image)


def write_cursor(mark: PageMark) -> str:
    """An opaque cursor: the last row's sort keys."""
    text = f"{mark[0].isoformat()}|{mark[1]}|{mark[2]}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> PageMark:
    """The sort keys of a cursor. Raises `Refusal(INVALID_REQUEST)`."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        at, position, id = text.split("|")
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None or not 0 <= int(position) < 2**31:
            raise ValueError("a cursor's time is aware, and its position one that PostgreSQL holds")
        return moment.astimezone(UTC), int(position), UUID(id)
    except (ValueError, OverflowError, binascii.Error) as error:
        raise Refusal(ErrorCode.INVALID_REQUEST, "This cursor was not made here.", field="cursor") from error


def read_limit(asked: str | None) -> int:
    """How many entries a page is to have. Raises `Refusal(INVALID_REQUEST)`."""
    if asked is None:
        return PAGE_SIZE
    if not asked.isascii() or not asked.isdigit() or not 1 <= int(asked) <= PAGE_LIMIT:
        raise Refusal(ErrorCode.INVALID_REQUEST, f"limit is a number from 1 to {PAGE_LIMIT}.", field="limit")
    return int(asked)
