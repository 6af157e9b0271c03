"""Many pictures in one download: a link that is good for ten minutes, and the zip behind it, made while it is sent."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response, StreamingResponse

from server.api import many_shapes
from server.api.call import Call
from server.core.errors import ErrorCode, Refusal
from server.core.file_names import file_stem, unique_names
from server.core.image import Image
from server.core.signing import extension, read_archive, sign_archive
from server.infra.zip_stream import ZipEntry, zip_files, zip_size
from server.usecases.archive_images import make_archive, open_archive


async def create_archive(call: Call) -> many_shapes.Archive:
    """A link to the originals."""
    asked = await call.body(many_shapes.Selection)
    archive, images = await make_archive(call.parts.database, call.viewer, asked.ids)
    return many_shapes.Archive(
        url=f"/api/archives/{sign_archive(call.parts.secret, archive.id, archive.expires_at)}",
        name=_name(call),
        images=len(images),
        size=zip_size(_entries(images)),
        expires_at=archive.expires_at,
    )


async def read_archive_file(call: Call) -> Response:
    """The zip. A file that goes missing on the way ends the download, which the browser then calls failed."""
    id = read_archive(call.parts.secret, call.request.path_params["token"], call.parts.clock.now())
    if id is None:
        raise Refusal(ErrorCode.LINK_ALTERED, "This address was altered, or has expired.")
    entries = _entries(await open_archive(call.parts.database, id))
    headers = {
        "Content-Disposition": f'attachment; filename="{_name(call)}"',
        "Content-Length": str(zip_size(entries)),
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(zip_files(call.parts.blobs, entries), media_type="application/zip", headers=headers)


def _entries(images: Sequence[Image]) -> list[ZipEntry]:
    files = [image.renditions["original"] for image in images]
    stems = [file_stem(image.name, image.prompt) for image in images]
    endings = [extension(file.media_type) for file in files]
    names = unique_names(zip(stems, endings, strict=True))
    return [ZipEntry(name, file.key, file.size) for name, file in zip(names, files, strict=True)]


def _name(call: Call) -> str:
    return f"atelier-{call.parts.clock.now():%Y-%m-%d}.zip"
