"""Events as they travel: encoded once, published, replayed and sent to every socket in the same bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from uuid import UUID

from server.core.events import Event

QUEUE_CHANNEL = "live:queue"
"""The bus channel on which every change of the queue is told, whoever's it is; the message says nothing."""


def channel(workspace: UUID) -> str:
    """The bus channel that carries a workspace's events."""
    return f"live:{workspace}"


def encode_event(event: Event) -> str:
    """The `event` frame of `atelier.v1`, as compact JSON. Raises TypeError where `data` is not JSON."""
    frame = {
        "type": "event",
        "seq": event.seq,
        "kind": str(event.kind),
        "at": event.at.isoformat(),
        "data": event.data,
    }
    return json.dumps(frame, separators=(",", ":"), ensure_ascii=False, default=_plain)


def encode_message(events: Sequence[Event]) -> bytes:
    """What is published for the events of one commit and workspace: a JSON array of their frames, in order."""
    return f"[{','.join(map(encode_event, events))}]".encode()


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not JSON")
