"""One socket: its session, and a bounded queue in front of a reader who may be slow."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import datetime

from server.core.account import Viewer
from server.live.close_codes import CloseCode
from server.live.news import Batch, Frame
from server.live.session import Close, Send, Session, Welcome

QUEUE_BYTES = 256 * 1024
"""What may wait for a slow reader; the answer to its hello is not counted."""


class Socket:
    """What a room and the hub see of a connection. No method but `finish` waits; none raises.

    `send` and `close` write and may block while the peer does not read; `abort` cuts the connection at once. A task
    exists only while something is being written: an idle socket costs none.
    """

    __slots__ = (
        "_abort",
        "_close",
        "_ending",
        "_mentioned",
        "_passing",
        "_queue",
        "_queued",
        "_send",
        "_writer",
        "_writing_since",
        "session",
        "viewer",
    )

    def __init__(
        self,
        viewer: Viewer,
        send: Callable[[str], Awaitable[None]],
        close: Callable[[int, str], Awaitable[None]],
        abort: Callable[[], None],
    ) -> None:
        self.viewer = viewer
        self.session = Session()
        self._send = send
        self._close = close
        self._abort = abort
        self._writing_since: float | None = None
        self._queue: deque[Frame] = deque()
        self._queued = 0
        self._passing: Frame | None = None
        self._mentioned: Frame | None = None
        self._ending: Close | None = None
        self._writer: asyncio.Task[None] | None = None

    @property
    def queued(self) -> int:
        """Bytes that wait for the reader."""
        return self._queued

    def deliver(self, batch: Batch) -> None:
        """Consecutive news of the room."""
        self.act(self.session.deliver(batch))

    def restart(self, seq: int, reset: Frame) -> None:
        """Another history begins after `seq`."""
        self.act(self.session.restart(seq, reset))
        if self._mentioned is not None:
            self.mention(self._mentioned)

    def welcome(self, welcome: Welcome, now: datetime) -> None:
        """The answer to the hello."""
        self.act(self.session.welcome(welcome, now))

    def remark(self, frame: Frame) -> None:
        """A frame beside the stream."""
        self.act(self.session.remark(frame))

    def mention(self, frame: Frame) -> None:
        """Passing news, each of them whole: a reader who is slow gets the last one only."""
        if self.session.remark(frame) is not None:
            self._passing = self._mentioned = frame
            self._start_writing()

    def announce(self, frame: Frame) -> None:
        """A frame for everybody, also for those who have not said hello yet: a goodbye."""
        self.act(self.session.announce(frame))

    def end(self, code: CloseCode, reason: str, farewell: Frame | None = None) -> None:
        """Close, after what is queued and a last frame; harmless twice."""
        ending = self.session.end(code, reason)
        if ending is not None and farewell is not None:
            self._push(Send([farewell], farewell.size))
        self.act(ending)

    def act(self, action: Send | Close | None) -> None:
        """Carry out what the session said."""
        if isinstance(action, Close):
            self._ending = action
        elif action is not None:
            self._push(action)
        self._start_writing()

    def cut_if_stalled(self, since: float) -> None:
        """Cut the connection where one frame has waited for the reader since that moment of the loop's clock."""
        if self._writer is not None and self._writing_since is not None and self._writing_since < since:
            self._let_go()
            self._writer.cancel()
            self._abort()

    async def finish(self) -> None:
        """The connection is gone: let go of what was not written."""
        self._let_go()
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.wait([self._writer])

    def _start_writing(self) -> None:
        if self._writer is None and (self._queue or self._ending or self._passing):
            self._writer = asyncio.create_task(self._write())

    def _push(self, send: Send) -> None:
        if self._queued + send.size > QUEUE_BYTES:
            self._queue.clear()
            self._queued = 0
            self._ending = self.session.end(CloseCode.TOO_SLOW, "too slow to keep up") or self._ending
            return
        self._queue.extend(send.frames)
        self._queued += send.size

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._queue or self._ending or self._passing:
                self._writing_since = loop.time()
                await self._write_one()
        except (OSError, RuntimeError):
            # The peer has gone, or uvicorn closed beneath us; whoever reads from it finds out, too.
            self._let_go()
        finally:
            self._writing_since = None
            self._writer = None

    def _let_go(self) -> None:
        self.session.end(CloseCode.GOING_AWAY, "gone")
        self._ending = self._passing = None
        self._queue.clear()
        self._queued = 0

    async def _write_one(self) -> None:
        if self._queue:
            frame = self._queue.popleft()
            self._queued -= frame.size
            await self._send(frame.text)
        elif self._ending is not None:
            ending, self._ending = self._ending, None
            self._passing = None
            await self._close(ending.code, ending.reason)
        elif self._passing is not None:
            passing, self._passing = self._passing, None
            await self._send(passing.text)
