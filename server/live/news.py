"""Frames that travel: each is encoded once, by whoever committed it, and sent to every socket in the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from server.core.events import Event
from server.core.stream_frames import decode_message, encode_event


class Frame(NamedTuple):
    """One text frame; `size` is in bytes. `seq` is 0 for a frame that is not an event."""

    seq: int
    text: str
    size: int


class Batch:
    """Consecutive events, shared by all sockets of a room."""

    __slots__ = ("first", "frames", "last", "size")

    def __init__(self, frames: Sequence[Frame]) -> None:
        self.frames = frames
        self.first = frames[0].seq
        self.last = frames[-1].seq
        self.size = sum(frame.size for frame in frames)


def frame_of(event: Event) -> Frame:
    """The frame of an event read from the database."""
    return _frame(event.seq, encode_event(event).payload.decode())


def plain_frame(text: str) -> Frame:
    """A frame outside the numbered stream."""
    return _frame(0, text)


def split_news(message: bytes) -> list[Frame]:
    """The frames of one bus message, each in the publisher's own text. Raises ValueError for anything else."""
    return [_frame(seq, payload.decode()) for seq, _, payload in decode_message(message)]


def _frame(seq: int, text: str) -> Frame:
    return Frame(seq, text, len(text) if text.isascii() else len(text.encode()))
