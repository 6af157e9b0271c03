"""An event on the wire."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import MappingProxyType
from uuid import UUID

import pytest

from server.core.events import Event, EventKind
from server.core.stream_frames import channel, encode_event, encode_message

WORKSPACE = UUID("019a0000-0000-7000-8000-000000000001")


def event(seq: int, **data: object) -> Event:
    return Event(WORKSPACE, seq, EventKind.IMAGE_CHANGED, data, datetime(2026, 3, 1, 12, 0, 0, 5, tzinfo=UTC))


def test_a_frame_is_compact_and_whole() -> None:
    assert encode_event(event(7, id="x", name="é “quoted”\n")) == (
        '{"type":"event","seq":7,"kind":"image.changed","at":"2026-03-01T12:00:00.000005+00:00",'
        '"data":{"id":"x","name":"é “quoted”\\n"}}'
    )


def test_a_message_is_an_array_of_frames_in_order() -> None:
    events = [event(number, id=str(number)) for number in (3, 4, 5)]
    assert json.loads(encode_message(events)) == [json.loads(encode_event(each)) for each in events]
    assert encode_message([]) == b"[]"


def test_mappings_of_any_kind_are_objects_and_nothing_else_slips_through() -> None:
    frame = json.loads(encode_event(event(1, metadata=MappingProxyType({"a": MappingProxyType({})}))))
    assert frame["data"] == {"metadata": {"a": {}}}
    with pytest.raises(TypeError, match="UUID is not JSON"):
        encode_event(event(1, id=WORKSPACE))


def test_each_workspace_has_a_channel() -> None:
    assert channel(WORKSPACE) == "live:019a0000-0000-7000-8000-000000000001"
