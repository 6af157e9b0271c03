"""Decodes pictures of strangers in limited child processes, started ahead of time and killed at the first doubt."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from server.core.ports import Decoded, DecodedRendition, Overwhelming, Unavailable, Undecodable
from server.infra.decoder_messages import LONGEST_HEADER, REPLY, REQUEST

CHILD = "server.infra.decoder_child"
ROOT = Path(__file__).resolve().parents[2]
MEMORY = 1536 * 1024 * 1024
START_LIMIT = 20.0
STRANGE = 10
"""So many dead children in a row mean that something is wrong with the machine."""
LONGEST_REPLY = 256 * 1024 * 1024
NAMES = ("original", "preview", "thumb")
LONGEST_HASH = 28
MEDIA_TYPES = ("image/jpeg", "image/png", "image/webp")


class ChildLost(Exception):
    """The child ended, or said what it never should: it is to be replaced. `taken`: it had the whole picture."""

    def __init__(self, taken: bool = False) -> None:
        super().__init__()
        self.taken = taken


class ProcessDecoder:
    """The port `Decoder`, over `children` processes.

    A picture of at most `max_pixels` may take `limit` seconds, and wait `patience` seconds for a free child. A child
    gives way to a fresh one after `recycle` pictures.
    """

    def __init__(
        self,
        max_pixels: int = 100_000_000,
        children: int = 1,
        *,
        limit: float = 30.0,
        patience: float = 20.0,
        recycle: int = 200,
    ) -> None:
        # The bound on processor time is for a child whose parent is gone: it comes after the bound on the wait.
        self._arguments = (str(max_pixels), str(MEMORY), str(round(limit) + 5))
        self._number = children
        self._limit = limit
        self._patience = patience
        self._recycle = recycle
        # Each promise is a child that is there or on its way.
        self._free: asyncio.Queue[asyncio.Task[_Child]] = asyncio.Queue()
        self._promises: set[asyncio.Task[_Child]] = set()
        self._closed = False

    async def start(self) -> None:
        """Start the children and wait until they stand ready. Raises `Unavailable` where they cannot run."""
        for _ in range(self._number):
            self._free.put_nowait(self._promise(None))
        await asyncio.gather(*(asyncio.shield(promise) for promise in self._promises))

    @property
    def processes(self) -> list[int]:
        """The process numbers of the children that stand ready, for whoever wants to watch or hurt them."""
        ready = [promise for promise in self._promises if promise.done() and not promise.cancelled()]
        return [promise.result().pid for promise in ready if promise.exception() is None]

    async def decode(self, data: bytes, keep_original: bool) -> Decoded:
        """Renditions of a jpeg, png or webp. Raises `Undecodable`, `Overwhelming`, `Unavailable`.

        A child may end for another's sake: a picture is refused when two ended over it, and not when they were dead
        before they had taken it.
        """
        over_it = before_it = 0
        while over_it < 2 and before_it < STRANGE:
            try:
                return await self._decode(data, keep_original)
            except ChildLost as lost:
                over_it += lost.taken
                before_it += not lost.taken
        if over_it < 2:
            raise Unavailable("the decoder's processes end again and again")
        raise Overwhelming("The picture needs more memory or time to decode than it may have.")

    async def aclose(self) -> None:
        """End the children; who still waits for a picture gets `Unavailable`."""
        self._closed = True
        for promise in self._promises:
            promise.cancel()
        for outcome in await asyncio.gather(*self._promises, return_exceptions=True):
            if isinstance(outcome, _Child):
                await outcome.end()

    async def _decode(self, data: bytes, keep_original: bool) -> Decoded:
        promise = await self._next()
        child: _Child | None = None
        try:
            child = await asyncio.shield(promise)
            async with asyncio.timeout(self._limit):
                return await child.decode(data, keep_original)
        except TimeoutError:
            # The machine may have stood still meanwhile: that says nothing against the picture.
            raise Overwhelming(f"The picture takes longer than {self._limit:g} s to decode.") from None
        finally:
            if child is None or child.busy or child.served >= self._recycle:
                promise = self._promise(promise)
            self._free.put_nowait(promise)

    async def _next(self) -> asyncio.Task[_Child]:
        if self._closed:
            raise Unavailable("the decoder is closed")
        try:
            async with asyncio.timeout(self._patience):
                return await self._free.get()
        except TimeoutError:
            raise Unavailable(f"no decoder was free within {self._patience:g} s") from None

    def _promise(self, old: asyncio.Task[_Child] | None) -> asyncio.Task[_Child]:
        promise = asyncio.create_task(self._replace(old), name="decoder child")
        self._promises.add(promise)
        # A failure nobody waited for is met again, and told, by the next picture.
        promise.add_done_callback(lambda done: done.cancelled() or done.exception())
        return promise

    async def _replace(self, old: asyncio.Task[_Child] | None) -> _Child:
        if old is not None:
            self._promises.discard(old)
            if old.done() and not old.cancelled() and old.exception() is None:
                await old.result().end()
        if self._closed:
            raise Unavailable("the decoder is closed")
        return await _start(self._arguments)


class _Child:
    """One process. `busy` while it owes a reply: then it can only be ended."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self.pid = process.pid
        self._requests = process.stdin
        self._replies = process.stdout
        self.busy = False
        self.served = 0

    async def decode(self, data: bytes, keep_original: bool) -> Decoded:
        """Raises Undecodable, ChildLost."""
        self.busy = True
        self.served += 1
        taken = False
        try:
            self._requests.write(REQUEST.pack(keep_original, len(data)))
            self._requests.write(data)
            await self._requests.drain()
            taken = "taken" in await self.header()
            header = await self.header()
            _check_hash(header)
            files = [await self._file(described) for described in _files(header)]
        except (ChildLost, OSError, EOFError, KeyError, TypeError, ValueError) as error:
            # It ended; or a picture has taken it over, and it makes things up.
            raise ChildLost(taken) from error
        self.busy = False
        if "error" in header:
            raise Undecodable(str(header["error"])[:500])
        renditions = dict(zip(NAMES, files, strict=True))
        if keep_original:
            kept = renditions["original"]
            renditions["original"] = DecodedRendition(data, kept.media_type, kept.width, kept.height)
        return Decoded(renditions, bool(header["flat"]), header["thumbhash"])

    async def header(self) -> dict[str, Any]:
        """The head of the next reply. Raises ChildLost, EOFError."""
        (length,) = REPLY.unpack(await self._replies.readexactly(REPLY.size))
        if length > LONGEST_HEADER:
            raise ChildLost
        header = json.loads(await self._replies.readexactly(length))
        if not isinstance(header, dict):
            raise ChildLost
        return header

    async def _file(self, described: dict[str, Any]) -> DecodedRendition:
        data = await self._replies.readexactly(described["size"])
        return DecodedRendition(data, described["media_type"], described["width"], described["height"])

    async def end(self) -> None:
        """Kill it; harmless twice."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                # Not Popen.kill(): that would reap a dead child before asyncio does, which then complains.
                os.kill(self.pid, signal.SIGKILL)
        self._requests.close()
        await self._process.wait()


def _files(header: dict[str, Any]) -> list[dict[str, Any]]:
    """The files a reply announces, if it can be believed. Raises ChildLost, KeyError, TypeError."""
    if "error" in header:
        return []
    files: list[dict[str, Any]] = header["files"]
    sizes = [file[key] for file in files for key in ("width", "height", "size")]
    sane = all(type(size) is int and 0 <= size <= LONGEST_REPLY for size in sizes)
    if not sane or tuple(file["name"] for file in files) != NAMES:
        raise ChildLost
    if sum(file["size"] for file in files) > LONGEST_REPLY or any(f["media_type"] not in MEDIA_TYPES for f in files):
        raise ChildLost
    return files


def _check_hash(header: dict[str, Any]) -> None:
    """Everybody who sees the picture is told it as it is. Raises ChildLost, KeyError, ValueError."""
    if "error" not in header and not 0 < len(base64.b64decode(header["thumbhash"], validate=True)) <= LONGEST_HASH:
        raise ChildLost


async def _start(arguments: tuple[str, ...]) -> _Child:
    """A child that stands ready. It gets none of our environment, which holds secrets. Raises Unavailable."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH") if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-s", "-P", "-m", CHILD, *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={"PATH": os.defpath, "LC_ALL": "C", "PYTHONPATH": str(ROOT), **kept},
        cwd="/",
        start_new_session=True,
        limit=1024 * 1024,
    )
    child = _Child(process)
    try:
        async with asyncio.timeout(START_LIMIT):
            await child.header()
    except (OSError, EOFError, ChildLost, ValueError) as error:
        await child.end()
        raise Unavailable("the decoder's process does not start") from error
    except BaseException:
        await child.end()
        raise
    return child
