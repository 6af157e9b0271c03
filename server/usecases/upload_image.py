"""Take pictures in: the bytes are staged, the row is pending, a worker does the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any
from uuid import UUID

from server.core.account import Viewer
from server.core.errors import ErrorCode, Refusal
from server.core.image import Image, Kind, Options, Status
from server.core.limits import seconds
from server.core.picture_header import PictureHeader, read_header
from server.core.ports import Database, Unit
from server.core.projection import public_image
from server.core.stores import Wake
from server.usecases.answer_once import OnceKey, answer_once
from server.usecases.find import find_project, require_writer
from server.usecases.move_image import Rules, tell_image


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A file whose bytes already lie in the blobs under `staging_key(id)`; `name` is what its owner called it."""

    id: UUID
    name: str


def staging_key(id: UUID) -> str:
    """Where an upload's bytes wait for the worker."""
    return f"incoming/{id}"


def check_picture(head: bytes, max_pixels: int) -> PictureHeader:
    """The header of a file that begins with `head`.

    Raises `Refusal` (UNSUPPORTED_PICTURE, TOO_MANY_PIXELS, BAD_PICTURE).
    """
    header = read_header(head)
    if header is None:
        raise Refusal(ErrorCode.UNSUPPORTED_PICTURE, "Only JPEG, PNG and WebP pictures can be uploaded.")
    if header.pixels > max_pixels:
        raise Refusal(ErrorCode.TOO_MANY_PIXELS, f"The picture has more than {max_pixels} pixels.", limit=max_pixels)
    if header.width == 0 or header.height == 0:
        raise Refusal(ErrorCode.BAD_PICTURE, "The picture has no pixels.")
    return header


async def upload_images(
    database: Database,
    viewer: Viewer,
    project: UUID,
    files: Sequence[StagedFile],
    batch: UUID | None,
    rules: Rules,
    once: OnceKey | None = None,
) -> Mapping[str, Any]:
    """`{"images": […]}`, all pending. The caller removes the staged bytes where this raises, or answers other ids.

    Raises `Refusal` (NOT_FOUND, KEY_REUSED, READ_ONLY), `Unavailable`.
    """
    require_writer(viewer)

    async def write(unit: Unit) -> Mapping[str, Any]:
        found = await find_project(unit, viewer, project, hold=True)
        images = [_pending(unit, viewer, found.id, file, batch, i, rules) for i, file in enumerate(files)]
        await unit.images.add(images)
        for image in images:
            tell_image(unit, image)
            unit.wake(Wake("image", image.id))
        return {"images": [public_image(image) for image in images]}

    async def work(unit: Unit) -> Mapping[str, Any]:
        return await answer_once(unit, viewer, once, lambda: write(unit))

    return await database.transact(work)


def _pending(
    unit: Unit, viewer: Viewer, project: UUID, file: StagedFile, batch: UUID | None, position: int, rules: Rules
) -> Image:
    return Image(
        id=file.id,
        workspace=viewer.workspace,
        project=project,
        author=viewer.account,
        kind=Kind.UPLOAD,
        status=Status.PENDING,
        version=1,
        created_at=unit.now,
        phase_started_at=unit.now,
        wake_at=unit.now,
        deadline_at=unit.now + seconds(rules.policy.pending_deadline),
        batch=batch,
        position=position,
        name=_plain_name(file.name),
        options=Options(aspect_ratio=None),
    )


def _plain_name(name: str) -> str:
    """The last part of what the browser called it, printable, 200 characters at most. It never becomes a path."""
    last = PurePath(name.replace("\\", "/")).name
    return "".join(character for character in last if character.isprintable())[:200]
