"""Files from the store as one zip, stored and not deflated, made while it is sent: one chunk is in memory at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from zipstream import ZipStream

from server.core.ports import Blobs


@dataclass(frozen=True, slots=True)
class ZipEntry:
    """A file under the name it gets in the zip; `size` in bytes."""

    name: str
    key: str
    size: int


def zip_size(entries: Sequence[ZipEntry]) -> int:
    """How many bytes `zip_files` will give."""
    sized = ZipStream(sized=True)
    for entry in entries:
        sized.add(iter(()), entry.name, size=entry.size)
    return len(sized)


async def zip_files(blobs: Blobs, entries: Sequence[ZipEntry]) -> AsyncIterator[bytes]:
    """The zip. Raises `Missing`, `Unavailable`, and RuntimeError where a file has another size than was told."""
    zip = ZipStream(sized=True)
    for entry in entries:
        chunks = await blobs.stream(entry.key)
        fed: deque[bytes | None] = deque()
        zip.add(iter(fed.popleft, None), entry.name, size=entry.size)
        written = zip.file()
        yield next(written)
        async for chunk in chunks:
            # What is stored comes out as it went in, chunk by chunk.
            fed.append(chunk)
            yield next(written)
        fed.append(None)
        for part in written:
            yield part
    for part in zip.footer():
        yield part
