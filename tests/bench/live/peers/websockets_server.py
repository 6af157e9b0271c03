"""The library `websockets` with its own `broadcast`, on uvloop, without compression; one subscription."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Collection

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve

from tests.bench.live.peers.subscription import Rooms


def send(sockets: Collection[ServerConnection], message: bytes) -> None:
    """To all of a room."""
    broadcast(sockets, message.decode())


async def main(port: int, redis_url: str) -> None:
    """Serve until killed."""
    rooms: Rooms[ServerConnection] = Rooms(redis_url, send)

    async def handle(socket: ServerConnection) -> None:
        assert socket.request is not None
        channel = socket.request.path.lstrip("/")
        await rooms.enter(channel, socket)
        await socket.send('{"type":"ready"}')
        await socket.wait_closed()
        rooms.leave(channel, socket)

    async with serve(handle, "127.0.0.1", port, compression=None, backlog=4096):
        await rooms.follow()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(int(sys.argv[1]), sys.argv[2]))
