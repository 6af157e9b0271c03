"""Zips made while they are sent: whole, of the size that was told, one chunk in memory at a time."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.core.ports import Missing
from server.infra.blobs import CHUNK, open_blobs
from server.infra.memory.blobs import MemoryBlobs
from server.infra.zip_stream import ZipEntry, zip_files, zip_size

FILES = {"a/b/one": b"1" * 10, "a/b/none": b"", "a/b/large": bytes(range(256)) * 12_000}
NAMES = {"a/b/one": "Été 🦊.jpg", "a/b/none": "empty.png", "a/b/large": "large.webp"}
ENTRIES = [ZipEntry(NAMES[key], key, len(data)) for key, data in FILES.items()]


async def test_a_zip_holds_the_files_under_their_names_and_has_the_size_that_was_told(tmp_path: Path) -> None:
    blobs = open_blobs(None, tmp_path)
    for key, data in FILES.items():
        await blobs.put(key, data, "image/jpeg")
    chunks = [chunk async for chunk in zip_files(blobs, ENTRIES)]
    assert max(map(len, chunks)) <= 2 * CHUNK < len(FILES["a/b/large"])
    whole = b"".join(chunks)
    assert len(whole) == zip_size(ENTRIES)
    with zipfile.ZipFile(io.BytesIO(whole)) as opened:
        assert opened.testzip() is None
        assert {info.filename: opened.read(info) for info in opened.infolist()} == {
            NAMES[key]: data for key, data in FILES.items()
        }
        assert {info.compress_type for info in opened.infolist()} == {zipfile.ZIP_STORED}
    await blobs.aclose()


async def test_files_are_opened_one_after_the_other() -> None:
    opened: list[str] = []

    class Watched(MemoryBlobs):
        async def stream(self, key: str) -> AsyncIterator[bytes]:
            opened.append(key)
            return await super().stream(key)

    blobs = Watched()
    for key, data in FILES.items():
        await blobs.put(key, data, "image/jpeg")
    sending = zip_files(blobs, ENTRIES)
    await anext(sending)
    assert opened == ["a/b/one"]
    await sending.aclose()


async def test_a_missing_or_altered_file_ends_the_zip_unfinished() -> None:
    blobs = MemoryBlobs()
    with pytest.raises(Missing):
        [chunk async for chunk in zip_files(blobs, ENTRIES)]
    await blobs.put("a/b/one", b"longer than was told", "image/jpeg")
    with pytest.raises(RuntimeError):
        [chunk async for chunk in zip_files(blobs, ENTRIES[:1])]
