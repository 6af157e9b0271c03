"""The packing of socket.io's messages."""

from __future__ import annotations

from uuid import UUID

from tests.bench.live.events import SEQ, SMALL, TIME, event_frame
from tests.bench.live.peers.node import SocketIo, pack

ROOM = UUID(int=7)


def test_it_is_messagepack() -> None:
    assert pack("ab") == b"\xda\x00\x02ab"
    assert pack([1, {"a": []}]) == b"\x92\x01\x81\xda\x00\x01a\x90"


def test_the_places_of_number_and_time_stay_where_they_can_be_filled() -> None:
    channel, message = SocketIo().wrap(ROOM, "e1", *event_frame(SMALL))
    assert channel == f"socket.io#/#{ROOM}#"
    assert message.count(SEQ) == message.count(TIME) == 1
