"""The last events of a stream, so that the tabs that come back find what they missed in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import islice

from server.core.stream_frames import Frame
from server.live.news import wire_size

KEPT_COUNT = 1_000
KEPT_BYTES = 1024 * 1024
"""What a room keeps, and what a replay may hold."""


class Past:
    """Events that are numbered up to `top` without a hole; the oldest go when there are too many.

    Only bytes are kept, which the garbage collector passes over: thousands of rooms keep millions of events, and to
    walk the frames it stood still for a tenth of a second, again and again.
    """

    __slots__ = ("_keys", "_payloads", "_size", "top")

    def __init__(self) -> None:
        self.top = 0
        self._keys: deque[bytes] = deque()
        self._payloads: deque[bytes] = deque()
        self._size = 0

    @property
    def start(self) -> int:
        """The first number that is kept, or would be."""
        return self.top - len(self._payloads) + 1

    def begin(self, top: int) -> None:
        """Forget all; what follows is numbered above `top`."""
        self.top = top
        self._keys.clear()
        self._payloads.clear()
        self._size = 0

    def add(self, frames: Sequence[Frame]) -> None:
        """The next ones, in order."""
        for frame in frames:
            self._keys.append(frame.key)
            self._payloads.append(frame.payload)
            self._size += wire_size(frame.payload)
        self.top += len(frames)
        while len(self._payloads) > KEPT_COUNT or self._size > KEPT_BYTES:
            self._keys.popleft()
            self._size -= wire_size(self._payloads.popleft())

    def add_before(self, frame: Frame) -> bool:
        """The one that comes before the first; whether there was room for it."""
        size = wire_size(frame.payload)
        if len(self._payloads) >= KEPT_COUNT or self._size + size > KEPT_BYTES:
            return False
        self._keys.appendleft(frame.key)
        self._payloads.appendleft(frame.payload)
        self._size += size
        return True

    def above(self, since: int) -> list[Frame]:
        """All above a number that is not below `start` - 1."""
        place = since + 1 - self.start
        kept = zip(islice(self._keys, place, None), islice(self._payloads, place, None), strict=True)
        return [Frame(seq, key, payload) for seq, (key, payload) in enumerate(kept, since + 1)]
