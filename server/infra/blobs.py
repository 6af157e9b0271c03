"""Files in a folder or in a cloud's bucket, through obstore.

Its blocking calls run in threads of our own: a slow bucket then starves nobody else's threads, and no thread of the
library touches Python while the interpreter ends (which aborts the process).
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from obstore import sign
from obstore.exceptions import BaseError
from obstore.store import AzureStore, GCSStore, LocalStore, ObjectStore, S3Store, from_url

from server.core.ports import Missing, Unavailable

T = TypeVar("T")
CHUNK = 1024 * 1024
LIMIT = 60.0
THREADS = 8
LONGEST_KEY = 1000
# A narrow alphabet: nothing in it is escaped by a store, so a key is its own path.
_SEGMENT = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}")


def valid_key(key: str) -> str:
    """The key itself. Raises ValueError for an absolute path, `..`, or a sign beyond letters, digits and `._-/`."""
    if len(key) > LONGEST_KEY or not all(_SEGMENT.fullmatch(segment) for segment in key.split("/")):
        raise ValueError(f"not a key of a blob: {key[:100]!r}")
    return key


def valid_folder(prefix: str) -> str:
    """The folder `prefix` with its slash, or nothing for all of the store. Raises ValueError as `valid_key`."""
    return f"{valid_key(prefix.rstrip('/'))}/" if prefix else ""


def open_blobs(url: str | None, folder: Path) -> ObjectBlobs:
    """The bucket of `url` (`s3://…`, `gs://…`, `az://…`, credentials from the environment), or the local `folder`.

    Raises ValueError for a URL that no store knows.
    """
    if url is None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return ObjectBlobs(LocalStore(folder), folder.resolve())
    bounds: Any = {
        "client_options": {
            "connect_timeout": timedelta(seconds=5),
            "timeout": timedelta(seconds=30),
            # Only an endpoint that the operator wrote with http:// is met without TLS.
            "allow_http": True,
        },
        "retry_config": {"max_retries": 3, "retry_timeout": timedelta(seconds=20)},
    }
    try:
        store = from_url(url, **bounds)
    except (BaseError, ValueError) as error:
        raise ValueError(f"BLOB_URL names no store: {_first_line(error)}") from error
    return ObjectBlobs(store, None)


class ObjectBlobs:
    """The port `Blobs`. `folder` is where a local store keeps its files, or None for a bucket."""

    def __init__(self, store: ObjectStore, folder: Path | None, limit: float = LIMIT) -> None:
        self._store = store
        self._folder = folder
        self._limit = limit
        self._closed = False
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="blobs")

    @property
    def local(self) -> bool:
        """Whether the files lie in a folder of this machine."""
        return self._folder is not None

    async def put(self, key: str, data: bytes, media_type: str) -> None:
        """Store durably. Raises `Unavailable`."""
        valid_key(key)

        def write() -> None:
            self._store.put(key, data, attributes=self._attributes(media_type))
            self._settle(key)

        await self._run(write)

    async def put_stream(self, key: str, chunks: AsyncIterator[bytes], media_type: str) -> None:
        """Store durably from a stream, whose own errors pass through; nothing is left under `key` then.

        It waits for the stream as long as the stream takes: bound that where it comes from.
        """
        valid_key(key)
        attributes = self._attributes(media_type)
        try:
            # A store takes at least 5 MiB a part; the folder takes any size.
            size = CHUNK if self._folder else 5 * CHUNK
            await self._store.put_async(key, chunks, attributes=attributes, chunk_size=size, max_concurrency=2)
        except BaseError as error:
            raise Unavailable(_first_line(error)) from error
        await self._run(lambda: self._settle(key))

    async def get(self, key: str) -> bytes:
        """The whole file. Raises `Missing`, `Unavailable`."""
        valid_key(key)
        return await self._run(lambda: bytes(self._store.get(key).bytes()))

    async def stream(self, key: str) -> AsyncIterator[bytes]:
        """The file in chunks of about 1 MiB. Raises `Missing`, `Unavailable`, before the first chunk is read."""
        valid_key(key)
        return self._chunks(await self._run(lambda: iter(self._store.get(key).stream(min_chunk_size=CHUNK))))

    async def delete(self, key: str) -> None:
        """Remove; harmless where there is nothing. Raises `Unavailable`."""
        valid_key(key)
        with suppress(Missing):
            await self._run(lambda: self._store.delete(key))

    async def address(self, key: str, life: float) -> str | None:
        """A signed URL of a bucket's file; None for the folder. Raises `Unavailable`."""
        valid_key(key)
        store = self._store
        if not isinstance(store, S3Store | GCSStore | AzureStore):
            return None
        return await self._run(lambda: sign(store, "GET", key, timedelta(seconds=life)))

    async def old(self, age: float) -> AsyncIterator[list[str]]:
        """Keys written at least `age` seconds ago, by the store's times. Drafts that a crash left there are removed."""
        before = datetime.now(UTC) - timedelta(seconds=age)
        if self._folder is not None:
            await self._run(partial(_remove_drafts, self._folder, before.timestamp()))
        pages = await self._run(lambda: iter(self._store.list(chunk_size=500)))
        while (page := await self._run(lambda: next(pages, None))) is not None:
            yield [meta["path"] for meta in page if meta["last_modified"] <= before]

    async def keys(self, prefix: str) -> list[str]:
        """All keys below the folder, sorted. Raises `Unavailable`."""
        folder = valid_folder(prefix)
        return await self._run(lambda: sorted(meta["path"] for page in self._store.list(folder) for meta in page))

    async def aclose(self) -> None:
        """Let the threads go; what comes later is `Unavailable`."""
        self._closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _attributes(self, media_type: str) -> dict[str, str] | None:
        # A folder cannot keep it: whoever serves the file knows its type from the picture's row.
        return None if self._folder else {"Content-Type": media_type}

    def _settle(self, key: str) -> None:
        """Bring a file of the folder to the disk: the store renames it into place, and no more."""
        if self._folder is None:
            return
        path = self._folder / key
        with suppress(FileNotFoundError):  # Somebody has deleted it already.
            _sync(path)
        while path != self._folder:
            path = path.parent
            _sync(path)

    async def _chunks(self, chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
        while (chunk := await self._run(lambda: next(chunks, None))) is not None:
            yield bytes(chunk)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._closed:
            raise Unavailable("the store of files is closed")
        try:
            async with asyncio.timeout(self._limit):
                return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except FileNotFoundError as error:
            raise Missing(_first_line(error)) from error
        except (BaseError, OSError, TimeoutError) as error:
            raise Unavailable(_first_line(error)) from error


def _remove_drafts(folder: Path, before: float) -> None:
    """The store writes to `key#1` and renames; it lists no drafts, so nobody else would ever find them."""
    for draft in folder.rglob("*#*"):
        with suppress(FileNotFoundError):
            if draft.is_file() and draft.stat().st_mtime <= before:
                draft.unlink()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:500]
