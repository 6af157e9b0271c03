"""One socket: its session, and what becomes of a reader who is slow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from server.core.account import Viewer
from server.live.close_codes import CloseCode
from server.live.line import Line
from server.live.news import Batch
from server.live.open_room import OpenRoom
from server.live.session import Close, Phase, Reset, Session, Welcome

QUEUE_BYTES = 256 * 1024
"""What may wait for a slow reader; the answers to its hello and to its return are not counted."""


class Slowness:
    """How much a slow reader takes, so that one who takes nothing is told from one who is only slow."""

    __slots__ = ("since", "taken", "written")

    def __init__(self, waiting: int, now: float) -> None:
        self.written = waiting
        self.taken = 0
        self.since = now


class Socket:
    """What a room and the hub see of a connection. No method waits; none raises.

    `slow` are the sockets of the process whose readers are slow: a socket goes into it and out of it by itself.
    """

    __slots__ = (
        "_doubts",
        "_mentioned",
        "_passing",
        "_slow",
        "_slowness",
        "_withheld",
        "line",
        "room",
        "session",
        "viewer",
    )

    def __init__(self, viewer: Viewer, line: Line, slow: set[Socket]) -> None:
        self.viewer = viewer
        self.session = Session()
        self.room: OpenRoom | None = None
        self._slow = slow
        self._slowness: Slowness | None = None
        self._passing: Batch | None = None
        self._mentioned: Batch | None = None
        self._doubts = 0
        self._withheld: Sequence[Batch] = ()
        self.line = line

    @property
    def gone(self) -> bool:
        """Whether nothing more is said."""
        return self.session.phase is Phase.ENDED

    def deliver(self, batch: Batch) -> None:
        """Consecutive news of the room."""
        if self._slowness is None and not self._doubts and self.session.take_next(batch):
            self.line.write(batch)
            return
        if self._slowness is not None and self.line.waiting + batch.size > QUEUE_BYTES:
            self.session.fall_behind()
        self.act(self.session.deliver(batch))

    def restart(self, epoch: str, seq: int, reset: Batch) -> None:
        """Another history begins after `seq`."""
        self.act(self.session.restart(epoch, seq, reset))
        if self._mentioned is not None:
            self.mention(self._mentioned)

    def welcome(self, welcome: Welcome, now: datetime) -> None:
        """The answer to the hello."""
        self.act(self.session.welcome(welcome, now))

    def remark(self, batch: Batch) -> None:
        """A frame beside the stream; whoever is slow does without."""
        if self._slowness is None:
            self.act(self.session.remark(batch))

    def mention(self, batch: Batch) -> None:
        """Passing news, each of them whole: a reader who is slow gets the last one only."""
        if self.session.phase not in (Phase.LIVE, Phase.BEHIND):
            return
        self._mentioned = batch
        if self._slowness is None:
            self._write(batch)
        else:
            self._passing = batch

    def announce(self, batch: Batch) -> None:
        """A frame for everybody, also for those who have not said hello yet: a goodbye."""
        self.act(self.session.announce(batch))

    def end(self, code: CloseCode, reason: str, farewell: Batch | None = None) -> None:
        """Close, after what is written and a last frame; harmless twice."""
        ending = self.session.end(code, reason)
        if ending is not None and farewell is not None:
            self._forget_doubts()
            self._write(farewell)
        self.act(ending)

    def doubt(self) -> None:
        """Withhold everything, until it is known again that the viewer may see it: then comes `trust`, or `end`."""
        self._doubts += 1

    def trust(self) -> None:
        """The viewer may see it, as far as this doubt went."""
        self._doubts = max(0, self._doubts - 1)
        if not self._doubts:
            withheld, self._withheld = self._withheld, ()
            for batch in withheld:
                self._write(batch)

    def act(self, action: Batch | Close | None) -> None:
        """Carry out what the session said."""
        if isinstance(action, Close):
            self._passing = None
            self._forget_doubts()
            self.line.close(action.code, action.reason)
        elif action is not None:
            self._write(action)

    def slow_down(self) -> None:
        """The line is full; from here on it is watched whether the reader takes anything."""
        self._slowness = Slowness(self.line.waiting, 0.0)
        self._slow.add(self)

    def go_on(self) -> None:
        """The reader has taken what waited: now for what was kept from it."""
        self._slow.discard(self)
        self._slowness = None
        if self.session.phase is Phase.BEHIND and self.room is not None:
            past, now = self.room.missed(self.session.epoch, self.session.position)
            self.act(self.session.catch_up(past, now))
            if isinstance(past, Reset):
                self._passing = self._mentioned
        passing, self._passing = self._passing, None
        if passing is not None:
            self.mention(passing)

    def cut_if_stalled(self, now: float, stall: float) -> None:
        """Cut the connection where the reader has taken nothing for `stall` seconds; `now` is any clock's."""
        slowness = self._slowness
        if slowness is None:
            return
        # Less than before where the line itself has written something, a pong: that is no reading.
        taken = slowness.written - self.line.waiting
        if not slowness.since or taken > slowness.taken:
            slowness.taken, slowness.since = taken, now
        elif now - slowness.since >= stall:
            self.let_go()
            self.line.abort()

    def let_go(self) -> None:
        """The connection is gone, or is not to be served any more."""
        self.session.end(CloseCode.GOING_AWAY, "gone")
        self._slow.discard(self)
        self._slowness = self._passing = self._mentioned = None
        self._forget_doubts()

    def _forget_doubts(self) -> None:
        self._doubts = 0
        self._withheld = ()

    def _write(self, batch: Batch) -> None:
        if self._doubts:
            self._withheld = [*self._withheld, batch]
            return
        if self._slowness is not None:
            self._slowness.written += batch.size
        self.line.write(batch)
