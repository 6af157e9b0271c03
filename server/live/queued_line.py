"""A line over whatever may block: a queue, and a task for as long as something is being written."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from server.live.line import Reader
from server.live.news import Batch

FULL = 64 * 1024
"""Bytes that may wait before a reader counts as slow."""
CLOSE_TIMEOUT = 10.0
"""Seconds that a peer has to take what is left, and our close."""


class QueuedLine:
    """See `Line`. `write` and `close` may block while the peer does not read; `abort` cuts the connection at once.

    `buffered` says how many bytes were written and not taken: one large frame alone may keep a slow reader busy for
    longer than a reader who takes nothing is put up with.
    """

    def __init__(
        self,
        write: Callable[[Batch], Awaitable[None]],
        close: Callable[[int, str], Awaitable[None]],
        abort: Callable[[], None],
        buffered: Callable[[], int] = lambda: 0,
    ) -> None:
        self.reader: Reader | None = None
        self.paused = False
        self._write_one = write
        self._close_it = close
        self._abort_it = abort
        self._buffered = buffered
        self._queue: deque[Batch] = deque()
        self._waiting = 0
        self._ending: tuple[int, str] | None = None
        self._over = False
        self._writer: asyncio.Task[None] | None = None
        self._expiry: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        """Bytes in the queue, of what is being written, and beneath."""
        return self._waiting + self._buffered()

    @property
    def idle(self) -> bool:
        """Whether nothing is being written, and nothing was ended."""
        return self._writer is None and not self._over

    def write(self, batch: Batch) -> None:
        """Put it into the queue."""
        if self._over:
            return
        self._queue.append(batch)
        self._waiting += batch.size
        if not self.paused and self._waiting > FULL:
            self.paused = True
            if self.reader is not None:
                self.reader.slow_down()
        self._start()

    def close(self, code: int, reason: str) -> None:
        """Close after what is in the queue."""
        if not self._over:
            self._over = True
            self._ending = (code, reason)
            self._expiry = asyncio.get_running_loop().call_later(CLOSE_TIMEOUT, self.abort)
            self._start()

    def abort(self) -> None:
        """Cut the connection."""
        self._forget()
        if self._writer is not None:
            self._writer.cancel()
        self._abort_it()

    async def finish(self) -> None:
        """The connection is gone: let go of what was not written."""
        self._forget()
        if self._expiry is not None:
            self._expiry.cancel()
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.wait([self._writer])

    def _start(self) -> None:
        if self._writer is None:
            self._writer = asyncio.create_task(self._write())

    async def _write(self) -> None:
        try:
            while self._queue or self._ending:
                await self._write_next()
        except (OSError, RuntimeError):
            # The peer has gone, or the server closed beneath us; whoever reads from it finds out, too.
            self._forget()
        finally:
            self._writer = None

    async def _write_next(self) -> None:
        if self._queue:
            batch = self._queue.popleft()
            await self._write_one(batch)
            self._waiting -= batch.size
            self._ease()
        elif self._ending is not None:
            ending, self._ending = self._ending, None
            await self._close_it(*ending)

    def _ease(self) -> None:
        if self.paused and not self._queue:
            self.paused = False
            if self.reader is not None:
                self.reader.go_on()

    def _forget(self) -> None:
        self._over = True
        self._ending = None
        self._queue.clear()
        self._waiting = 0
