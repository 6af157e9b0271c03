"""The frames that the live door writes itself, as text; `frames.py` says what they mean."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from server.core.stream_frames import Frame


def replay_frame(epoch: str, since: int, frames: Sequence[Frame], now: datetime) -> Frame:
    """Every event above `since`; `frames` are consecutive, and may be none."""
    return _past("replay", epoch, since, frames[-1].seq if frames else since, frames, now)


def catchup_frame(epoch: str, since: int, to: int, latest: Sequence[Frame], now: datetime) -> Frame:
    """The latest event of each entity that changed above `since`, in order; the reader is at `to` with it."""
    return _past("catchup", epoch, since, to, latest, now)


def reset_text(epoch: str, seq: int, now: datetime) -> str:
    """Start afresh; the stream goes on after `seq`."""
    return _compact({"type": "reset", "epoch": epoch, "seq": seq, "now": now.isoformat()})


def beat_text(seq: int, now: datetime) -> str:
    """A sign of life with the top of the stream."""
    return _compact({"type": "beat", "seq": seq, "now": now.isoformat()})


def queue_text(queue: Mapping[str, Any]) -> str:
    """How the queue stands; `queue` is the shape `Queue` of the API."""
    return _compact({"type": "queue", **queue})


def goodbye_text(retry_after: float, reason: str) -> str:
    """The server is about to close; `retry_after` is in seconds."""
    return _compact({"type": "goodbye", "retry_after_ms": round(retry_after * 1000), "reason": reason})


def _past(kind: str, epoch: str, since: int, to: int, frames: Sequence[Frame], now: datetime) -> Frame:
    head = _compact({"type": kind, "epoch": epoch, "from": since + 1, "to": to, "now": now.isoformat()})
    events = b",".join([frame.payload for frame in frames])
    return Frame(to, b"", b'%s,"events":[%s]}' % (head[:-1].encode(), events))


def _compact(frame: dict[str, Any]) -> str:
    return json.dumps(frame, separators=(",", ":"))
