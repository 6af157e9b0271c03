"""Frames that travel: each is encoded once, by whoever committed it, and sent to every socket in the same bytes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from server.core.events import Event
from server.core.stream_frames import encode_event

_DECODER = json.JSONDecoder()


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
    return _frame(event.seq, encode_event(event))


def plain_frame(text: str) -> Frame:
    """A frame outside the numbered stream."""
    return _frame(0, text)


def split_news(message: bytes) -> list[Frame]:
    """The frames of one bus message, a JSON array of events, each in the publisher's own text.

    Raises ValueError for anything else.
    """
    text = message.decode()
    if not text.startswith("["):
        raise ValueError("news are a JSON array of event frames")
    frames: list[Frame] = []
    position = 1
    while text[position : position + 1] != "]":
        event, end = _DECODER.raw_decode(text, position)
        frames.append(_frame(_seq(event), text[position:end]))
        position = end + 1 if text[end : end + 1] == "," else end
    return frames


def _seq(event: object) -> int:
    seq = event.get("seq") if isinstance(event, dict) else None
    if type(seq) is not int or seq < 1:
        raise ValueError("an event frame has a number")
    return seq


def _frame(seq: int, text: str) -> Frame:
    return Frame(seq, text, len(text) if text.isascii() else len(text.encode()))
