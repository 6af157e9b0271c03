"""The frames that the live door writes itself, as text; `frames.py` says what they mean."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from server.live.news import Frame


def replay_text(epoch: str, since: int, frames: Sequence[Frame], now: datetime) -> str:
    """Every event above `since`; `frames` are consecutive, and may be none."""
    to = frames[-1].seq if frames else since
    head = _compact({"type": "replay", "epoch": epoch, "from": since + 1, "to": to, "now": now.isoformat()})
    return f'{head[:-1]},"events":[{",".join(frame.text for frame in frames)}]}}'


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


def _compact(frame: dict[str, Any]) -> str:
    return json.dumps(frame, separators=(",", ":"))
