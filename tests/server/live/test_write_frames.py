"""What the door writes itself is what `frames.py` describes."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from server.core.events import Event, EventKind
from server.core.facts import Halt
from server.core.fair_queue import QueueState
from server.core.pause import Pause
from server.core.projection import public_queue
from server.core.stream_frames import encode_event
from server.live import frames
from server.live.write_frames import beat_text, goodbye_text, queue_text, replay_frame, reset_text

NOW = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_every_frame_has_its_shape() -> None:
    removed = {"id": str(uuid4()), "version": 3}
    events = [encode_event(Event(uuid4(), seq, EventKind.IMAGE_REMOVED, removed, NOW)) for seq in (5, 6)]
    replay = frames.SERVER_FRAME.validate_json(replay_frame("e", 4, events, NOW).payload)
    assert isinstance(replay, frames.Replay)
    assert (replay.epoch, replay.first, replay.to, replay.now) == ("e", 5, 6, NOW)
    assert [event.seq for event in replay.events] == [5, 6]
    nothing = frames.SERVER_FRAME.validate_json(replay_frame('"', 4, [], NOW).payload)
    assert isinstance(nothing, frames.Replay)
    assert (nothing.epoch, nothing.first, nothing.to, nothing.events) == ('"', 5, 4, [])
    expected = frames.Reset(type="reset", epoch="e", seq=4, now=NOW)
    assert frames.SERVER_FRAME.validate_json(reset_text("e", 4, NOW)) == expected
    assert frames.SERVER_FRAME.validate_json(beat_text(4, NOW)) == frames.Beat(type="beat", seq=4, now=NOW)
    queue = public_queue(QueueState(True, 2, 1, {uuid4(): 1}), Pause(until=NOW, reason=Halt.RATE_LIMITED), NOW)
    told = frames.SERVER_FRAME.validate_json(queue_text(queue))
    assert isinstance(told, frames.QueueFrame)
    assert told.model_dump(mode="json") == {"type": "queue", **queue}
    farewell = frames.Goodbye(type="goodbye", retry_after_ms=1_500, reason="restarting")
    assert frames.SERVER_FRAME.validate_json(goodbye_text(1.5, "restarting")) == farewell
