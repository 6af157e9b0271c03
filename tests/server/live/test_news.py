"""What is written together, as the bytes that a browser takes apart again."""

from __future__ import annotations

import pytest
from websockets.client import ClientProtocol
from websockets.frames import Frame as WebSocketFrame
from websockets.frames import Opcode
from websockets.protocol import OPEN
from websockets.uri import parse_uri

from server.core.stream_frames import Frame
from server.live.news import Batch, alone


def taken_apart(wire: bytes) -> list[bytes]:
    """What a client's parser, which is not ours, makes of it."""
    client = ClientProtocol(parse_uri("ws://localhost/"), state=OPEN, max_size=None)
    client.receive_data(wire)
    assert client.parser_exc is None
    events = client.events_received()
    assert all(isinstance(event, WebSocketFrame) and event.opcode is Opcode.TEXT and event.fin for event in events)
    return [bytes(event.data) for event in events if isinstance(event, WebSocketFrame)]


@pytest.mark.parametrize("length", [1, 125, 126, 127, 65535, 65536, 70_000])
def test_frames_of_every_length_arrive_as_they_are(length: int) -> None:
    payload = b"x" * length
    batch = Batch([Frame(1, b"k", payload)])
    assert taken_apart(batch.wire) == [payload]
    assert len(batch.wire) == batch.size


def test_a_batch_is_one_write_of_several_frames() -> None:
    frames = [Frame(seq, b"k", b"y" * (100 * seq)) for seq in (7, 8, 9)]
    batch = Batch(frames)
    assert taken_apart(batch.wire) == [frame.payload for frame in frames]
    assert batch.wire is batch.wire
    assert (batch.first, batch.last, batch.size) == (7, 9, 2_400 + 3 * 4)
    assert len(batch.wire) == batch.size


def test_what_is_beside_the_stream_has_no_number() -> None:
    batch = alone("café ☕")
    assert (batch.first, batch.last, batch.size) == (0, 0, 2 + 9)
    assert taken_apart(batch.wire) == ["café ☕".encode()]
