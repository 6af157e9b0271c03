"""How Centrifugo's broker is spoken to."""

from __future__ import annotations

from uuid import UUID

from tests.bench.live.peers.centrifugo import Centrifugo

ROOM = UUID(int=7)


def test_a_message_is_protobuf_with_the_data_alone() -> None:
    channel, message = Centrifugo().wrap(ROOM, "e1", "image/1", b"x" * 300)
    assert channel == f"centrifugo.client.live_{ROOM}"
    assert message == b"\x22\xac\x02" + b"x" * 300
