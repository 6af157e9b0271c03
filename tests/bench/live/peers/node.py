"""Peers that run on Node: `ws`, and socket.io, whose messages travel in a packing of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from uuid import UUID

from tests.bench.live.contestant import request
from tests.bench.live.load import Tab
from tests.bench.live.peers.packages import node_packages
from tests.bench.live.peers.plain import PlainPeer
from tests.bench.live.scene import Scene, Seat
from tests.bench.live.stage import Stage

EVENT = 2


async def node(server: str, stage: Stage) -> tuple[Sequence[str], Mapping[str, str]]:
    """A server of the folder of packages."""
    folder, environment = await node_packages(stage.folder)
    return ("node", str(folder / server), "{port}", "{redis}"), environment


class SocketIo(PlainPeer):
    """As its own emitter, the publisher writes to the adapter's channel."""

    dialog = (
        "dialog",
        'rule answer 42["ready"',
        'rule message 42["event"',
        "rule ignore 40",
        "rule reply 0 40",
        "rule reply 2 3",
        # The event is a string within JSON, so its quotes are escaped.
        'mark \\"t\\":',
    )

    def __init__(self) -> None:
        super().__init__("socket.io, Redis adapter", partial(node, "socketio_server.mjs"))

    def tab(self, scene: Scene, seat: Seat) -> Tab:
        """The room stands in the query."""
        return request(f"/socket.io/?EIO=4&transport=websocket&room={scene.rooms[seat.room]}"), b""

    def wrap(self, room: UUID, epoch: str, key: str, frame: bytes) -> tuple[str, bytes]:
        """MessagePack of who published, the packet, and to whom it goes."""
        packet = {"type": EVENT, "data": ["event", frame.decode()], "nsp": "/"}
        options = {"rooms": [str(room)], "except": [], "flags": {}}
        return f"socket.io#/#{room}#", pack(["bench", packet, options])


def pack(value: object) -> bytes:
    """MessagePack, as far as it is needed here."""
    if isinstance(value, str):
        text = value.encode()
        return b"\xda" + len(text).to_bytes(2, "big") + text
    if isinstance(value, int):
        return bytes([value])
    if isinstance(value, list):
        return bytes([0x90 | len(value)]) + b"".join(map(pack, value))
    assert isinstance(value, dict)
    return bytes([0x80 | len(value)]) + b"".join(pack(key) + pack(one) for key, one in value.items())
