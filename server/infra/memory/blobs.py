"""Files in a dictionary."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

from server.core.ports import Missing
from server.infra.blobs import valid_folder, valid_key


class MemoryBlobs:
    """The port `Blobs`."""

    def __init__(self) -> None:
        self._files: dict[str, tuple[bytes, str]] = {}
        self._written: dict[str, float] = {}

    async def put(self, key: str, data: bytes, media_type: str) -> None:
        """Keep a copy."""
        self._files[valid_key(key)] = (bytes(data), media_type)
        self._written[key] = time.monotonic()

    async def put_stream(self, key: str, chunks: AsyncIterator[bytes], media_type: str) -> None:
        """Keep what comes, once all of it has come."""
        valid_key(key)
        await self.put(key, b"".join([chunk async for chunk in chunks]), media_type)

    async def get(self, key: str) -> bytes:
        """The whole file. Raises `Missing`."""
        try:
            return self._files[valid_key(key)][0]
        except KeyError:
            raise Missing(key) from None

    async def stream(self, key: str) -> AsyncIterator[bytes]:
        """The file in one chunk. Raises `Missing` at once."""
        return _one(await self.get(key))

    async def delete(self, key: str) -> None:
        """Remove; harmless where there is nothing."""
        self._files.pop(valid_key(key), None)

    async def address(self, key: str, life: float) -> str | None:
        """Memory has no address."""
        valid_key(key)
        return None

    async def old(self, age: float) -> AsyncIterator[list[str]]:
        """Keys written at least `age` seconds ago."""
        before = time.monotonic() - age
        yield [key for key in self._files if self._written[key] <= before]

    async def keys(self, prefix: str) -> list[str]:
        """All keys below the folder, sorted."""
        folder = valid_folder(prefix)
        return sorted(key for key in self._files if key.startswith(folder))

    async def aclose(self) -> None:
        """Nothing to close."""


async def _one(data: bytes) -> AsyncIterator[bytes]:
    if data:
        yield data
