"""Frames that travel: each is encoded once, by whoever committed it, and sent to every socket in the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from struct import pack

from server.core.stream_frames import Frame


class Batch:
    """Frames that are written together, shared by all sockets of a room. Those of a stream are consecutive.

    `first` and `last` are the numbers of its ends, `size` is in bytes, as they travel on a WebSocket.
    """

    __slots__ = ("_wire", "first", "frames", "last", "size")

    def __init__(self, frames: Sequence[Frame]) -> None:
        self.frames = frames
        self.first = frames[0].seq
        self.last = frames[-1].seq
        self.size = sum([wire_size(frame) for frame in frames])
        self._wire: bytes | None = None

    @property
    def wire(self) -> bytes:
        """All of them as WebSocket text frames; encoded once, however many sockets there are."""
        if self._wire is None:
            parts = [part for frame in self.frames for part in (_head(len(frame.payload)), frame.payload)]
            self._wire = b"".join(parts)
        return self._wire


def alone(text: str, seq: int = 0) -> Batch:
    """One frame that is no event: beside the numbered stream, or one that takes its reader to the place `seq`."""
    return Batch([Frame(seq, b"", text.encode())])


def wire_size(frame: Frame) -> int:
    """The bytes of a frame on a WebSocket."""
    length = len(frame.payload)
    return length + (2 if length < 126 else 4 if length < 65536 else 10)


def _head(length: int) -> bytes:
    """The head of an unmasked, unfragmented text frame: RFC 6455, section 5.2."""
    if length < 126:
        return bytes((0x81, length))
    return pack("!BBH", 0x81, 126, length) if length < 65536 else pack("!BBQ", 0x81, 127, length)
