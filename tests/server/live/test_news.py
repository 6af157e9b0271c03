"""Frames keep their publisher's text, whether they come from the bus or from the database."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from server.core.events import Event, EventKind
from server.core.stream_frames import encode_event, encode_message
from server.live.news import Batch, frame_of, split_news

AT = datetime(2025, 1, 1, tzinfo=UTC)
DATA = {"id": "1", "version": 2, "name": 'a "quoted" ], [ café ☕ \\ {}', "n": [1, [2.5, None, True]]}
EVENTS = [Event(uuid4(), seq, EventKind.IMAGE_CHANGED, DATA, AT) for seq in (7, 8, 9)]


def test_news_are_split_into_the_same_frames() -> None:
    assert split_news(encode_message(EVENTS)) == [frame_of(event) for event in EVENTS]
    assert split_news(encode_message(EVENTS[:1]))[0].text.encode() == encode_event(EVENTS[0]).payload


def test_sizes_are_bytes_not_characters() -> None:
    frame = frame_of(EVENTS[0])
    assert frame.size == len(frame.text.encode()) > len(frame.text)
    batch = Batch(split_news(encode_message(EVENTS)))
    assert (batch.first, batch.last, batch.size) == (7, 9, 3 * frame.size)


@pytest.mark.parametrize(
    "message",
    [b"", b"\xff", b"[]", b"1:2:k\n{", b"0:2:k\n{}"],
)
def test_anything_else_is_a_value_error(message: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        split_news(message)


def test_frames_are_json() -> None:
    assert json.loads(frame_of(EVENTS[0]).text)["data"] == DATA
