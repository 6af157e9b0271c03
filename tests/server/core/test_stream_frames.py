"""An event on the wire."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import MappingProxyType
from uuid import UUID

import pytest

from server.core.events import Event, EventKind
from server.core.stream_frames import Frame, channel, decode_message, encode_event, encode_message

WORKSPACE = UUID("019a0000-0000-7000-8000-000000000001")
NAME = 'a "quoted" ], [ café ☕ \\ {}\n'


def event(seq: int, kind: EventKind = EventKind.IMAGE_CHANGED, **data: object) -> Event:
    return Event(WORKSPACE, seq, kind, data, datetime(2026, 3, 1, 12, 0, 0, 5, tzinfo=UTC), "e1")


def test_a_frame_is_compact_and_whole() -> None:
    assert encode_event(event(7, id="x", name="é “quoted”\n")) == Frame(
        7,
        b"image/x",
        (
            '{"type":"event","seq":7,"kind":"image.changed","at":"2026-03-01T12:00:00.000005+00:00",'
            '"data":{"id":"x","name":"é “quoted”\\n"}}'
        ).encode(),
    )


@pytest.mark.parametrize(
    ("kind", "data", "key"),
    [
        (EventKind.IMAGE_CHANGED, {"id": "1"}, b"image/1"),
        (EventKind.IMAGE_REMOVED, {"id": "1"}, b"image/1"),
        (EventKind.PROJECT_CHANGED, {"id": "1"}, b"project/1"),
        (EventKind.PROJECT_REMOVED, {"id": "1"}, b"project/1"),
        (EventKind.READ_MARK_CHANGED, {"account": "a", "project": "1"}, b"read_mark/a/1"),
    ],
)
def test_the_key_says_what_an_event_tells_of(kind: EventKind, data: dict[str, object], key: bytes) -> None:
    assert encode_event(event(1, kind, **data)).key == key


def test_a_message_brings_back_its_frames_in_order() -> None:
    events = [event(number, id=str(number), name=NAME) for number in (9, 10, 11)]
    for some in (events, events[:1]):
        assert decode_message(encode_message(some)) == ("e1", [encode_event(each) for each in some])


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\xff",
        b"[]",
        b'[{"seq":1}]',
        b"\n",
        b"e1\n{}",
        b"1:2:k\n{}",
        b" 1:2:k\n{}",
        b"e1 1\n{}",
        b"e1 1:2\n{}",
        b"e1 1:2:k",
        b"e1 1:2:k\n{",
        b"e1 1:2:k\n{} ",
        b"e1 0:2:k\n{}",
        b"e1 -1:2:k\n{}",
        b"e1 x:2:k\n{}",
        b"e1 1:0:k\n",
        b"e1 1:2:k 2:0:k\n{}",
        b"e1 1:2:k  2:2:k\n{}{}",
        b"\xff 1:2:k\n{}",
    ],
)
def test_anything_else_is_a_value_error(message: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        decode_message(message)


def test_mappings_of_any_kind_are_objects_and_nothing_else_slips_through() -> None:
    frame = json.loads(encode_event(event(1, id="x", metadata=MappingProxyType({"a": MappingProxyType({})}))).payload)
    assert frame["data"] == {"id": "x", "metadata": {"a": {}}}
    with pytest.raises(TypeError, match="UUID is not JSON"):
        encode_event(event(1, id=WORKSPACE))


def test_each_workspace_has_a_channel() -> None:
    assert channel(WORKSPACE) == "live:019a0000-0000-7000-8000-000000000001"
