"""Uploads over HTTP: bytes to the staging area, a pending row, and nothing decoded here."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID, uuid4

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from server.api.call import Call, bounded
from server.core.errors import ErrorCode, Refusal
from server.core.picture_header import HEAD_SIZE
from server.usecases.upload_image import StagedFile, check_picture, staging_key, upload_images

MAX_FILES = 20
_MAX_FIELDS = 20
# Boundaries and part headers around the files themselves.
_ENVELOPE = 1 << 20
_CHUNK = 1 << 18


async def upload(call: Call) -> Mapping[str, Any]:
    """One or more files under `file`."""
    batch = _batch(call.request.query_params.get("batch"))
    request = bounded(call.request, call.parts.settings.upload_max_bytes + _ENVELOPE)
    files = await _files(request)
    try:
        hashes = [await _check(call, file) for file in files]
        once = call.once(*hashes)
        staged = [StagedFile(uuid4(), file.filename or "") for file in files]
        await _stage(call, files, staged)
        return await _write(call, staged, batch, once)
    finally:
        for file in files:
            await file.close()


async def _files(request: Request) -> list[UploadFile]:
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise Refusal(ErrorCode.INVALID_REQUEST, "Send multipart/form-data with one or more files named `file`.")
    try:
        # Files are spooled to disk past 1 MiB by the parser, so a large one costs no memory.
        form = await request.form(max_files=MAX_FILES, max_fields=_MAX_FIELDS)
    except (HTTPException, UnicodeError) as error:
        # The parser's own complaint, or a charset that the names of the files are not in.
        reason = error.detail if isinstance(error, HTTPException) else "its names are in no charset we know."
        raise Refusal(ErrorCode.NOT_JSON, f"The form cannot be read: {reason}") from error
    files = [part for part in form.getlist("file") if isinstance(part, UploadFile)]
    if not files:
        raise Refusal(ErrorCode.INVALID_REQUEST, "There is no file named `file`.", field="file")
    return files


async def _check(call: Call, file: UploadFile) -> bytes:
    """The file's SHA-256, once its header has passed."""
    settings = call.parts.settings
    if (file.size or 0) > settings.upload_max_bytes:
        limit = settings.upload_max_bytes
        raise Refusal(ErrorCode.TOO_LARGE, f"The picture has more than {limit} bytes.", limit=limit)
    check_picture(await file.read(HEAD_SIZE), settings.upload_max_pixels)
    await file.seek(0)
    digest = hashlib.sha256()
    while chunk := await file.read(_CHUNK):
        digest.update(chunk)
    await file.seek(0)
    return digest.digest()


async def _stage(call: Call, files: list[UploadFile], staged: list[StagedFile]) -> None:
    try:
        for file, place in zip(files, staged, strict=True):
            await call.parts.blobs.put_stream(staging_key(place.id), _chunks(file), "application/octet-stream")
    except BaseException:
        await _forget(call, staged)
        raise


async def _chunks(file: UploadFile) -> AsyncIterator[bytes]:
    while chunk := await file.read(_CHUNK):
        yield chunk


async def _write(call: Call, staged: list[StagedFile], batch: UUID | None, once: Any) -> Mapping[str, Any]:
    try:
        answer = await upload_images(call.parts.database, call.viewer, call.id(), staged, batch, call.parts.rules, once)
    except Refusal:
        # Not where the database was lost: the rows may have been committed, and then they need their bytes.
        await _forget(call, staged)
        raise
    kept = {image["id"] for image in answer["images"]}
    # What was answered before, under the same key, has its bytes already.
    await _forget(call, [file for file in staged if str(file.id) not in kept])
    return answer


async def _forget(call: Call, staged: list[StagedFile]) -> None:
    for file in staged:
        await call.parts.blobs.delete(staging_key(file.id))


def _batch(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise Refusal(ErrorCode.INVALID_REQUEST, "batch is a UUID.", field="batch") from error
