"""All peers by the names that `--peers` takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from urllib.parse import urlsplit

from tests.bench.live.contestant import Contestant
from tests.bench.live.peers.centrifugo import Centrifugo
from tests.bench.live.peers.node import SocketIo, node
from tests.bench.live.peers.packages import python_packages
from tests.bench.live.peers.plain import PlainPeer, ours
from tests.bench.live.stage import Stage
from tests.running import ROOT


async def picows(stage: Stage) -> tuple[Sequence[str], Mapping[str, str]]:
    """With a library that the product does not have."""
    library = await python_packages(stage.folder, "picows")
    command, _ = await ours("picows_server", stage)
    return command, {"PYTHONPATH": f"{library}:{ROOT}"}


async def reference(joined: bool, stage: Stage) -> tuple[Sequence[str], Mapping[str, str]]:
    """Compiled already."""
    return (str(stage.programs.reference), "{port}", urlsplit(stage.redis_url).path, str(int(joined))), {}


TWO_FILES = 7_500
"""Where each socket needs a connection to Redis, too, open files end first."""

PEERS: dict[str, Contestant] = {
    "naive": PlainPeer("Starlette, a subscription a socket", partial(ours, "naive_server"), most=TWO_FILES),
    "websockets": PlainPeer("websockets, broadcast", partial(ours, "websockets_server")),
    "picows": PlainPeer("picows", picows),
    "ws": PlainPeer("Node, ws", partial(node, "ws_server.mjs")),
    "socket.io": SocketIo(),
    "centrifugo": Centrifugo(),
    "c": PlainPeer("C, one write a message", partial(reference, False)),
    "c-joined": PlainPeer("C, one write for all of a read", partial(reference, True)),
}
