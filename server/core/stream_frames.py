"""Events as they travel: encoded once, published, replayed and sent to every socket in the same bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from server.core.events import Event, EventKind

QUEUE_CHANNEL = "live:queue"
"""The bus channel on which every change of the queue is told, whoever's it is; the message says nothing."""


_MALFORMED = "news are a line with an epoch, numbers and lengths, and frames of just these lengths"


class Frame(NamedTuple):
    """A frame of `atelier.v1` as its JSON text in UTF-8.

    `seq` is the place in the stream that a reader has reached with it, 0 for a frame beside the stream. `key` names
    what an event tells of, as `image/<id>`: of two with one key the later makes the earlier superfluous.
    """

    seq: int
    key: bytes
    payload: bytes


def channel(workspace: UUID) -> str:
    """The bus channel that carries a workspace's events."""
    return f"live:{workspace}"


def encode_event(event: Event) -> Frame:
    """The `event` frame of `atelier.v1`, as compact JSON. Raises TypeError where `data` is not JSON."""
    frame = {
        "type": "event",
        "seq": event.seq,
        "kind": str(event.kind),
        "at": event.at.isoformat(),
        "data": event.data,
    }
    text = json.dumps(frame, separators=(",", ":"), ensure_ascii=False, default=_plain)
    return Frame(event.seq, _key(event), text.encode())


class Message(NamedTuple):
    """What is published for the events of one commit and workspace: in order, and all of the history `epoch`."""

    epoch: str
    frames: list[Frame]


def encode_message(events: Sequence[Event]) -> bytes:
    """What is published for the events of one commit and workspace.

    A line with the epoch and `seq:length:key` of each event, in order, then their frames one after another: whoever
    passes them on need not parse them.
    """
    frames = [encode_event(event) for event in events]
    places = [b"%d:%d:%s" % (seq, len(payload), key) for seq, key, payload in frames]
    head = b" ".join((events[0].epoch.encode(), *places))
    return b"\n".join((head, b"".join(frame.payload for frame in frames)))


def decode_message(message: bytes) -> Message:
    """The frames of a published message, in their publisher's own bytes. Raises ValueError for anything else."""
    head, _, body = message.partition(b"\n")
    epoch, *places = head.split(b" ")
    frames: list[Frame] = []
    start = 0
    for place in places:
        seq, size, key = place.split(b":")
        end = start + int(size)
        frame = Frame(int(seq), key, body[start:end])
        if frame.seq < 1 or end <= start:
            raise ValueError(_MALFORMED)
        frames.append(frame)
        start = end
    if not epoch or not frames or start != len(body):
        raise ValueError(_MALFORMED)
    return Message(epoch.decode(), frames)


def _key(event: Event) -> bytes:
    if event.kind is EventKind.READ_MARK_CHANGED:
        return f"read_mark/{event.data['account']}/{event.data['project']}".encode()
    family, _, _ = event.kind.partition(".")
    return f"{family}/{event.data['id']}".encode()


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not JSON")
