"""What is published: frames of an exact size, with places for number and time."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest

from server.core.stream_frames import decode_message
from tests.bench.live.atelier import Atelier
from tests.bench.live.events import SEQ, SMALL, TIME, WHOLE, event_frame, templates


def filled(frame: bytes) -> bytes:
    return frame.replace(SEQ, b"1000000001").replace(TIME, b"   600000000000")


@pytest.mark.parametrize("size", [SMALL, 200, WHOLE])
def test_a_frame_has_the_size_that_is_asked_for(size: int) -> None:
    _, frame = event_frame(size)
    assert len(frame) == size
    event = json.loads(filled(frame))
    assert event["seq"] == 1_000_000_001
    assert event["data"]["t"] == 600_000_000_000


def test_the_product_understands_the_message() -> None:
    room = uuid4()
    channel, message = Atelier().wrap(room, "e1", *event_frame(SMALL))
    assert channel == f"live:{room}"
    epoch, (frame,) = decode_message(filled(message))
    assert epoch == "e1"
    assert frame.seq == json.loads(frame.payload)["seq"] == 1_000_000_001


def test_a_record_tells_where_its_places_are() -> None:
    (template,) = templates({uuid4(): "e1"}, SMALL, Atelier().wrap)
    head, _, text = template.record(7).partition(b"\n")
    size, seqs, first, second, time, room, seq = map(int, head.split())
    assert (size, seqs, room, seq) == (len(text), 2, 0, 7)
    assert text[first:].startswith(SEQ) and text[second:].startswith(SEQ) and first < second
    assert text[time:].startswith(TIME)
