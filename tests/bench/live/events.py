"""The messages that are published: a frame of atelier.v1 of a wanted size, with places for its number and its time."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

SEQ, TIME = b"#" * 10, b"@" * 15
FIRST = 1_000_000_000
"""Streams begin here, so that every number has as many digits as its place."""
SMALL, WHOLE = 150, 1_200
"""Bytes of a frame: for comparisons, and of an image as the product tells it."""

Wrap = Callable[[UUID, str, str, bytes], tuple[str, bytes]]
"""Room, epoch, key and frame to the channel and the message that carries it to the server."""


@dataclass(frozen=True)
class Template:
    """A Redis command with the places to fill in; `room` counts from 0."""

    text: bytes
    room: int

    def record(self, seq: int) -> bytes:
        """As the publisher reads it; `seq` is the room's last number."""
        first = self.text.find(SEQ)
        second = self.text.find(SEQ, first + len(SEQ))
        places = (len(self.text), 1 + (second >= 0), first, max(second, 0), self.text.find(TIME), self.room, seq)
        return b"%d %d %d %d %d %d %d\n%b" % (*places, self.text)


def templates(rooms: Mapping[UUID, str], size: int, wrap: Wrap, entities: int = 1) -> list[Template]:
    """`entities` for each room, of which the epoch is told, each about an image of its own; the rooms take turns."""
    made = []
    for _ in range(entities):
        for number, (room, epoch) in enumerate(rooms.items()):
            key, frame = event_frame(size)
            made.append(Template(_publish(*wrap(room, epoch, key, frame)), number))
    return made


def event_frame(size: int) -> tuple[str, bytes]:
    """The key and the text of an event about some image, of exactly `size` bytes (150 at least)."""
    id = str(uuid4())
    key = f"image/{id}"
    frame = _frame(whole_image(id) if size >= WHOLE else {"id": id[:13]})
    room = size - len(frame) - len(b',"prompt":""')
    return key, frame[:-2] + b',"prompt":"%b"}}' % (b"." * room)


def _frame(data: dict[str, object]) -> bytes:
    head = {"type": "event", "seq": "SEQ", "kind": "image.changed", "at": "2026-01-01T00:00:00Z"}
    text = json.dumps({**head, "data": {"t": "TIME", **data}}, separators=(",", ":")).encode()
    return text.replace(b'"SEQ"', SEQ).replace(b'"TIME"', TIME)


def whole_image(id: str | None = None) -> dict[str, object]:
    """The members that an image has while it is generated, but for its prompt; of a new one unless told."""
    return {
        "id": id or str(uuid4()),
        "project": str(uuid4()),
        "kind": "generation",
        "status": "processing",
        "version": 4,
        "created_at": "2026-01-01T00:00:00.000000+00:00",
        "phase_started_at": "2026-01-01T00:00:00.000000+00:00",
        "batch": str(uuid4()),
        "position": 0,
        "model": "nano-banana-2",
        "aspect_ratio": "1:1",
        "resolution": "1K",
        "inputs": [str(uuid4())],
        "estimate": {"p50": 21.5, "p90": 40.0},
        "attempt": 1,
        "favorite": False,
        "renditions": {},
        "metadata": {"nanobanana_task_id": uuid4().hex},
    }


def _publish(channel: str, message: bytes) -> bytes:
    words = (len(channel), channel.encode(), len(message), message)
    return b"*3\r\n$7\r\nPUBLISH\r\n$%d\r\n%b\r\n$%d\r\n%b\r\n" % words
