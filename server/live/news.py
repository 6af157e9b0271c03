"""Frames that travel: each is encoded once, by whoever committed it, and sent to every socket in the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from struct import pack

from server.core.stream_frames import Frame


class Batch:
    """Frames that are written together, shared by all sockets of a room. Those of a stream are consecutive.

    `first` and `last` are the numbers of its ends, `wire` is all of it as WebSocket text frames, `size` bytes long.
    """

    __slots__ = ("first", "frames", "last", "size", "wire")

    def __init__(self, frames: Sequence[Frame]) -> None:
        self.frames = frames
        self.first = frames[0].seq
        self.last = frames[-1].seq
        self.wire = b"".join([_head(len(frame.payload)) + frame.payload for frame in frames])
        self.size = len(self.wire)


def alone(text: str, seq: int = 0) -> Batch:
    """One frame that is no event: beside the numbered stream, or one that takes its reader to the place `seq`."""
    return Batch([Frame(seq, b"", text.encode())])


def wire_size(payload: bytes) -> int:
    """The bytes of a frame on a WebSocket."""
    length = len(payload)
    return length + (2 if length < 126 else 4 if length < 65536 else 10)


def _head(length: int) -> bytes:
    """The head of an unmasked, unfragmented text frame: RFC 6455, section 5.2."""
    if length < 126:
        return bytes((0x81, length))
    return pack("!BBH", 0x81, 126, length) if length < 65536 else pack("!BBQ", 0x81, 127, length)
