"""The library `picows`, on uvloop; one subscription."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Collection

import uvloop
from picows import WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server  # type: ignore[import-not-found]

from tests.bench.live.peers.subscription import Rooms

ENTERING: set[asyncio.Task[None]] = set()


def send(sockets: Collection[WSTransport], message: bytes) -> None:
    """To all of a room."""
    for socket in sockets:
        socket.send(WSMsgType.TEXT, message)


class Listener(WSListener):  # type: ignore[misc]
    """One socket."""

    def __init__(self, rooms: Rooms[WSTransport], channel: str) -> None:
        self._rooms, self._channel = rooms, channel

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Enter the room."""
        task = asyncio.create_task(self._enter(transport))
        ENTERING.add(task)
        task.add_done_callback(ENTERING.discard)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Leave it."""
        self._rooms.leave(self._channel, transport)

    async def _enter(self, transport: WSTransport) -> None:
        await self._rooms.enter(self._channel, transport)
        transport.send(WSMsgType.TEXT, b'{"type":"ready"}')


async def main(port: int, redis_url: str) -> None:
    """Serve until killed."""
    rooms: Rooms[WSTransport] = Rooms(redis_url, send)

    def listener(request: WSUpgradeRequest) -> Listener:
        return Listener(rooms, request.path.decode().lstrip("/"))

    server = await ws_create_server(listener, "127.0.0.1", port, backlog=4096)
    async with server:
        await rooms.follow()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(int(sys.argv[1]), sys.argv[2]))
