"""The way to one reader, as its socket sees it: whatever carries the bytes beneath."""

from __future__ import annotations

from typing import Protocol

from server.live.news import Batch


class Reader(Protocol):
    """Whoever is told how its line does: a socket."""

    def slow_down(self) -> None:
        """The reader takes less than is written: the line is `paused` now."""

    def go_on(self) -> None:
        """The reader has taken nearly all that waited: the line is not `paused` any more."""


class Line(Protocol):
    """No method waits; none raises. What is written after `close` or `abort` is dropped. It tells its `Reader`."""

    paused: bool

    @property
    def waiting(self) -> int:
        """Bytes that were written and that the reader has not taken, as `Batch.size` counts them."""

    def write(self, batch: Batch) -> None:
        """Write all of it, in order."""

    def close(self, code: int, reason: str) -> None:
        """End it in order, after what was written. A peer that does not answer in time is cut."""

    def abort(self) -> None:
        """End it now; what was written is lost."""
