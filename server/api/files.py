"""Stored pictures over HTTP: to those who may see them, and by signed address to the provider."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from server.api.call import Call
from server.core.errors import ErrorCode, Refusal
from server.core.file_names import file_stem
from server.core.image import Image, Rendition
from server.core.ports import Missing
from server.core.signing import extension, read_input, read_thumb
from server.usecases.read_images import load_input, read_image

# Pictures of strangers: shown as pictures or saved, never run.
_GUARDED = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_FOREVER = "private, max-age=31536000, immutable"


async def read_file(call: Call) -> Response:
    """A rendition of a picture: `original`, `preview` or `thumb`."""
    image = await read_image(call.parts.database, call.viewer, call.id())
    rendition = image.renditions.get(call.request.path_params["rendition"])
    if rendition is None:
        raise Refusal(ErrorCode.NOT_FOUND, "There is no such file.")
    headers = {**_GUARDED, "Cache-Control": _FOREVER, "ETag": f'"{rendition.sha256}"'}
    if _has_it_already(call, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    if "download" in call.request.query_params:
        headers["Content-Disposition"] = _attachment(image, rendition)
    return await _send(call, rendition, headers)


async def read_signed_input(call: Call) -> Response:
    """What the provider fetches: an input picture, by an address that is signed and expires."""
    token = call.request.path_params["token"]
    id = read_input(call.parts.secret, token, call.parts.clock.now())
    if id is None:
        raise Refusal(ErrorCode.LINK_ALTERED, "This address was altered, or has expired.")
    image = await load_input(call.parts.database, id)
    if image is None or "original" not in image.renditions:
        raise Refusal(ErrorCode.NOT_FOUND, "There is no such picture.")
    return await _send(call, image.renditions["original"], {**_GUARDED, "Cache-Control": "private, no-store"})


async def read_signed_thumb(call: Call) -> Response:
    """What a notification shows: a picture's thumb, by an address that is signed and expires."""
    id = read_thumb(call.parts.secret, call.request.path_params["token"], call.parts.clock.now())
    if id is None:
        raise Refusal(ErrorCode.LINK_ALTERED, "This address was altered, or has expired.")
    image = await load_input(call.parts.database, id)
    if image is None or image.trashed_at is not None or "thumb" not in image.renditions:
        raise Refusal(ErrorCode.NOT_FOUND, "There is no such picture.")
    return await _send(call, image.renditions["thumb"], {**_GUARDED, "Cache-Control": "private, no-store"})


def _has_it_already(call: Call, etag: str) -> bool:
    """Whether the browser names this very file; a proxy may have weakened the tag on its way."""
    known = [tag.strip().removeprefix("W/") for tag in call.request.headers.get("if-none-match", "").split(",")]
    return etag in known or "*" in known


async def _send(call: Call, rendition: Rendition, headers: dict[str, str]) -> Response:
    headers["Content-Length"] = str(rendition.size)
    try:
        chunks = await call.parts.blobs.stream(rendition.key)
    except Missing as error:
        raise Refusal(ErrorCode.NOT_FOUND, "The file is not there any more.") from error
    return StreamingResponse(chunks, media_type=rendition.media_type, headers=headers)


def _attachment(image: Image, rendition: Rendition) -> str:
    """A name for the saved file: what the upload was called, or the prompt's first words."""
    name = f"{file_stem(image.name, image.prompt)}.{extension(rendition.media_type)}"
    return f"attachment; filename=\"atelier.{extension(rendition.media_type)}\"; filename*=UTF-8''{quote(name)}"
