"""One tab's conversation, without any input or output: what it says and what is news go in, actions come out.

A session promises its tab every number once and in order, or the latest of all that it missed, or a reset. Whatever
else happens it ends the conversation, and the tab resumes from its last number.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from pydantic import ValidationError

from server.core.limits import Rate, gcra
from server.core.stream_frames import Frame
from server.live.close_codes import CloseCode
from server.live.frames import Hello
from server.live.news import Batch, alone
from server.live.write_frames import catchup_frame, replay_frame, reset_text

HELD_LIMIT = 1_000
"""Most events held back while a tab joins."""
CLIENT_RATE = Rate("live", 20, 10.0)
"""Frames a client may send; it has hardly anything to say."""


@dataclass(frozen=True, slots=True)
class Join:
    """The tab wants to be let into a room."""

    hello: Hello


@dataclass(frozen=True, slots=True)
class Close:
    """The end, with its code and an English sentence."""

    code: CloseCode
    reason: str


@dataclass(frozen=True, slots=True)
class Replay:
    """The tab's past can be made whole: consecutive `frames` above `since`."""

    epoch: str
    since: int
    frames: Sequence[Frame]


@dataclass(frozen=True, slots=True)
class Reset:
    """The tab starts afresh after `seq`."""

    epoch: str
    seq: int


@dataclass(frozen=True, slots=True)
class Catchup:
    """The latest event of each entity that changed above the tab's place, and the place after them all."""

    to: int
    latest: Sequence[Frame]


Welcome = Replay | Reset


class Phase(Enum):
    """How far the conversation has come. `BEHIND`: the tab reads too slowly, and is told nothing until it has."""

    SILENT = auto()
    JOINING = auto()
    LIVE = auto()
    BEHIND = auto()
    ENDED = auto()


_LIVE = Phase.LIVE
"""Python 3.11 looks for the member of an enum by a call, 25 times as slow as a name; every write asks for this."""


class Session:
    """The state of one socket; every method returns what to write or how to end, or None.

    `position` and `epoch` say where the tab is.
    """

    __slots__ = ("_arrival", "_held", "epoch", "phase", "position")

    def __init__(self) -> None:
        self.phase = Phase.SILENT
        self.epoch = ""
        self.position = 0
        self._held: Sequence[Frame] = ()
        self._arrival: float | None = None

    def receive(self, data: str | bytes, now: float) -> Join | Close | None:
        """What the client said; `now` is any clock's seconds."""
        if self.phase is Phase.ENDED:
            return None
        verdict, self._arrival = gcra(CLIENT_RATE, self._arrival, now)
        if not verdict.allowed:
            return self.end(CloseCode.POLICY, "too many frames")
        if isinstance(data, bytes):
            return self.end(CloseCode.BAD_FRAME, "frames are text")
        if self.phase is Phase.SILENT:
            return self._greet(data)
        return self._overhear(data)

    def time_out(self) -> Close | None:
        """The time for a hello is over."""
        return self.end(CloseCode.HELLO_TIMEOUT, "no hello in time") if self.phase is Phase.SILENT else None

    def welcome(self, welcome: Welcome, now: datetime) -> Batch | Close | None:
        """Answer the hello: the past, then what was held back meanwhile."""
        if self.phase is not Phase.JOINING:
            return None
        held, self._held = self._held, ()
        self.phase = Phase.LIVE
        self.epoch = welcome.epoch
        if isinstance(welcome, Reset):
            past = Frame(welcome.seq, b"", reset_text(welcome.epoch, welcome.seq, now).encode())
        else:
            past = replay_frame(welcome.epoch, welcome.since, welcome.frames, now)
        self.position = past.seq
        news = self._advance(held)
        return news if isinstance(news, Close) else Batch([past, *news])

    def take_next(self, batch: Batch) -> bool:
        """Whether the news follow upon what the tab has, and are to be written as they are: nearly always."""
        if self.phase is not _LIVE or batch.first != self.position + 1:
            return False
        self.position = batch.last
        return True

    def deliver(self, batch: Batch) -> Batch | Close | None:
        """News of the room."""
        if self.take_next(batch):
            return batch
        if self.phase is Phase.LIVE:
            fresh = self._advance(batch.frames)
            if isinstance(fresh, Close):
                return fresh
            return Batch(fresh) if fresh else None
        if self.phase is Phase.JOINING:
            return self._hold(batch)
        return None

    def fall_behind(self) -> None:
        """The tab does not read: from here on it is told nothing, until it catches up."""
        if self.phase is Phase.LIVE:
            self.phase = Phase.BEHIND

    def catch_up(self, past: Catchup | Reset, now: datetime) -> Batch | None:
        """The tab reads again: what it missed in one frame, and the stream goes on."""
        if self.phase is not Phase.BEHIND:
            return None
        self.phase = Phase.LIVE
        if isinstance(past, Reset):
            self.epoch, self.position = past.epoch, past.seq
            return alone(reset_text(past.epoch, past.seq, now), past.seq)
        since, self.position = self.position, past.to
        return Batch([catchup_frame(self.epoch, since, past.to, past.latest, now)]) if past.to > since else None

    def restart(self, epoch: str, seq: int, reset: Batch) -> Batch | None:
        """The room's history is another one now; `reset` says so. Who joins or is behind is told when that ends."""
        self._held = ()
        if self.phase is Phase.BEHIND:
            # Its place is of no history any more, even where the new one has the old one's name.
            self.epoch = ""
        if self.phase is not Phase.LIVE:
            return None
        self.epoch, self.position = epoch, seq
        return reset

    def remark(self, batch: Batch) -> Batch | None:
        """A frame beside the stream: a beat."""
        return batch if self.phase is Phase.LIVE else None

    def announce(self, batch: Batch) -> Batch | None:
        """A frame for whoever is still there: a goodbye."""
        return batch if self.phase is not Phase.ENDED else None

    def end(self, code: CloseCode, reason: str) -> Close | None:
        """End the conversation; only the first end counts."""
        if self.phase is Phase.ENDED:
            return None
        self.phase = Phase.ENDED
        self._held = ()
        return Close(code, reason)

    def _greet(self, text: str) -> Join | Close | None:
        try:
            hello = Hello.model_validate_json(text)
        except ValidationError as error:
            return self.end(CloseCode.BAD_FRAME, f"not a hello: {_complaint(error)}")
        self.phase = Phase.JOINING
        return Join(hello)

    def _overhear(self, text: str) -> Close | None:
        """After the hello a client has nothing to say yet; words of a later protocol are let pass."""
        try:
            frame = json.loads(text)
        except (ValueError, RecursionError):
            frame = None
        if not isinstance(frame, dict) or not isinstance(frame.get("type"), str):
            return self.end(CloseCode.BAD_FRAME, "not a JSON object with a type")
        return self.end(CloseCode.BAD_FRAME, "a second hello") if frame["type"] == "hello" else None

    def _hold(self, batch: Batch) -> Close | None:
        self._held = [*self._held, *batch.frames]
        return self.end(CloseCode.RESYNC, "too much news while joining") if len(self._held) > HELD_LIMIT else None

    def _advance(self, frames: Sequence[Frame]) -> Sequence[Frame] | Close:
        """Those of `frames` that the tab has not seen, if they follow upon what it has."""
        fresh = [frame for frame in frames if frame.seq > self.position]
        for expected, frame in enumerate(fresh, self.position + 1):
            if frame.seq != expected:
                # Unreachable as long as rooms deliver in order; a tab must never be the one to find out otherwise.
                ended = self.end(CloseCode.RESYNC, "a hole in the stream")
                return ended if ended is not None else []
        self.position += len(fresh)
        return fresh


def _complaint(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(map(str, first["loc"]))
    return f"{place} {first['msg']}"[:80]
