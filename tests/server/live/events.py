"""Numbered frames for tests of the stream."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from server.core.events import Position
from server.core.stream_frames import Frame
from server.live.room import Reading

NOW = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)


def frame(seq: int, padding: int = 0, key: bytes = b"") -> Frame:
    text = f'{{"type":"event","seq":{seq},"kind":"image.removed","data":{{"p":"{"x" * padding}"}}}}'
    return Frame(seq, key or b"image/%d" % seq, text.encode())


def frames(numbers: Iterable[int]) -> list[Frame]:
    return [frame(seq) for seq in numbers]


def reading(since: int, top: int, epoch: str = "e1", padding: int = 0) -> Reading:
    return Reading(Position(epoch, top), since, [frame(seq, padding) for seq in range(since + 1, top + 1)])
