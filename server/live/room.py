"""A workspace with listeners: its last events, encoded and in order, without any input or output.

News may come late, twice, out of order or never; readings of the database are whole. A room hands its listeners every
number once and in order, or restarts them all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from server.core.events import Position
from server.core.ports import Clock
from server.core.stream_frames import Frame
from server.live.news import Batch, alone, wire_size
from server.live.past import KEPT_BYTES, KEPT_COUNT, Past
from server.live.session import Catchup, Replay, Reset, Welcome
from server.live.write_frames import reset_text


class Listener(Protocol):
    """A socket, as its room sees it."""

    def deliver(self, batch: Batch) -> None:
        """Consecutive news; must neither block nor raise."""

    def mention(self, batch: Batch) -> None:
        """Passing news; must neither block nor raise."""

    def restart(self, epoch: str, seq: int, reset: Batch) -> None:
        """Another history begins after `seq`; must neither block nor raise."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the database says: `frames` are numbered exactly `since` + 1 to `top.seq`."""

    top: Position
    since: int
    frames: Sequence[Frame]


@dataclass(frozen=True, slots=True)
class Known:
    """What a room held to be true when it asked the database: whatever was heard of by then must be found there.

    `doubts` counts what made it doubt its history: the answer settles those that it had when it asked.
    """

    top: int
    heard: int
    doubts: int = 0


class Room:
    """The stream of one workspace as this process knows it. `epoch` is None until the database was read once."""

    def __init__(self, clock: Clock) -> None:
        self.listeners: set[Listener] = set()
        self.epoch: str | None = None
        self.top = 0
        self._clock = clock
        self._heard = 0
        self._doubts = self._settled = 0
        self._past = Past()
        # Early news, or all of them until the database was read: of one history, and numbered up to `_heard`.
        self._held: dict[int, Frame] = {}
        self._held_epoch: str | None = None

    @property
    def behind(self) -> bool:
        """Whether something is known to be missing here, so that the database must be read above `top`."""
        return self.epoch is not None and (self._doubts > self._settled or self._heard > self.top)

    @property
    def known(self) -> Known:
        """To be taken before a reading, and given back with it."""
        return Known(self.top, self._heard, self._doubts)

    def hear(self, epoch: str, frames: Sequence[Frame]) -> None:
        """News from the bus: what is next is delivered, what is early waits, what is old is dropped.

        News of another history are dropped, too, for it may be an older one; a reading of the database tells.
        """
        if self.epoch is None:
            self._hold_all(epoch, frames)
        elif epoch != self.epoch:
            self._doubts += 1
        elif self._held or not self._follow(frames):
            self._sort(frames)
        else:
            self._take(frames)

    def missed(self, epoch: str, since: int) -> Catchup | Reset:
        """What to tell a tab that sits here and has not read anything above `since` of the history `epoch`."""
        if epoch != self.epoch or since + 1 < self._past.start:
            return self.afresh
        latest = {frame.key: frame for frame in self._past.above(since)}
        return Catchup(self.top, sorted(latest.values()))

    def _follow(self, frames: Sequence[Frame]) -> bool:
        """Whether they are the next ones, as nearly always."""
        seq = self.top
        for frame in frames:
            seq += 1
            if frame.seq != seq:
                return False
        return True

    def _hold_all(self, epoch: str, frames: Iterable[Frame]) -> None:
        """Nothing is known yet: of two histories neither is believed."""
        if self._held and epoch != self._held_epoch:
            self._let_go_of_held()
            self._doubts += 1
        self._held_epoch = epoch
        self._sort(frames)

    def _let_go_of_held(self) -> None:
        self._held.clear()
        self._heard = 0

    def _sort(self, frames: Iterable[Frame]) -> None:
        for frame in frames:
            if self.epoch is None or frame.seq > self.top:
                self._held[frame.seq] = frame
                self._heard = max(self._heard, frame.seq)
        self._release()
        if len(self._held) > KEPT_COUNT:
            # The reading that must follow brings them again.
            self._held.clear()

    def compare(self, position: Position, known: Known) -> None:
        """The database's top, beside what we knew just before it was asked for: a sequence never goes back."""
        if position.epoch != self.epoch or position.seq < known.top:
            self._doubts += 1
        else:
            self._heard = max(self._heard, position.seq)

    def learn(self, reading: Reading, known: Known) -> None:
        """Take in what the database says; where it does not continue what we have, everybody starts afresh."""
        if self.epoch is None:
            self._begin(reading)
        elif reading.top.epoch != self.epoch or reading.since > self.top or reading.top.seq < known.top:
            self._restart(reading)
        else:
            self._extend_back(reading)
            self._take([frame for frame in reading.frames if frame.seq > self.top])
        self._settled = known.doubts
        self._release()
        if reading.top.seq < known.heard:
            # What is published was committed: early news that the database does not have are of another history.
            self._held = {seq: frame for seq, frame in self._held.items() if seq > known.heard}
            self._heard = max(self._held, default=self.top)

    def answer(self, epoch: str | None, since: int | None, reading: Reading | None) -> Welcome | None:
        """What to tell a tab that has everything up to `since` of the history `epoch`.

        None where the database must be read first, or where not even `reading` goes back as far as `since`.
        """
        if self.epoch is None:
            return None
        if since is None or epoch is None:
            return self.afresh
        if epoch != self.epoch or since > self.top:
            return self.afresh if reading else None
        if self.top - since > KEPT_COUNT:
            return self.afresh
        missed = self._above(since, reading)
        if missed is None:
            return None
        if sum(wire_size(frame.payload) for frame in missed) > KEPT_BYTES:
            return self.afresh
        return Replay(self.epoch, since, missed)

    @property
    def afresh(self) -> Reset:
        """What to tell a tab whose past cannot be made whole, once the database was read."""
        assert self.epoch is not None
        return Reset(self.epoch, self.top)

    def _begin(self, reading: Reading) -> None:
        if self._held and self._held_epoch != reading.top.epoch:
            self._let_go_of_held()
            self._doubts += 1
        self.epoch, self.top = reading.top.epoch, reading.top.seq
        self._past.begin(reading.since)
        self._past.add(reading.frames)

    def _restart(self, reading: Reading) -> None:
        self._let_go_of_held()
        self._begin(reading)
        reset = alone(reset_text(reading.top.epoch, self.top, self._clock.now()), self.top)
        for listener in list(self.listeners):
            listener.restart(reading.top.epoch, self.top, reset)

    def _release(self) -> None:
        """Deliver what has become next among the early ones."""
        if self.epoch is None or not self._held:
            return
        ready: list[Frame] = []
        while frame := self._held.pop(self.top + len(ready) + 1, None):
            ready.append(frame)
        self._take(ready)
        if self._held and min(self._held) <= self.top:
            self._held = {seq: frame for seq, frame in self._held.items() if seq > self.top}

    def _take(self, frames: Sequence[Frame]) -> None:
        """The next events, consecutive from `top` + 1."""
        if not frames:
            return
        self.top = frames[-1].seq
        self._past.add(frames)
        if self.listeners:
            batch = Batch(frames)
            for listener in list(self.listeners):
                listener.deliver(batch)

    def _extend_back(self, reading: Reading) -> None:
        """Keep what was read of the time before, so that the next tab with that number costs no query."""
        start = self._past.start
        if reading.top.seq + 1 < start:
            return
        for frame in reversed(reading.frames):
            if frame.seq < start and not self._past.add_before(frame):
                return

    def _above(self, since: int, reading: Reading | None) -> list[Frame] | None:
        start = self._past.start
        if since + 1 >= start:
            return self._past.above(since)
        if reading is None or reading.top.epoch != self.epoch:
            return None
        if reading.since > since or reading.top.seq + 1 < start:
            return None
        return [frame for frame in reading.frames if since < frame.seq < start] + self._past.above(start - 1)
