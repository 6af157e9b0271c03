"""Peers that hand on what is published as it is: a room is the path of the request."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from uuid import UUID

from server.infra.program import Program
from tests.bench.live.contestant import ANY, Served, request
from tests.bench.live.load import Tab
from tests.bench.live.scene import Scene, Seat
from tests.bench.live.stage import Stage, listens
from tests.running import ROOT
from tests.studio import free_port

FOLDER = Path(__file__).parent
Command = Callable[[Stage], Awaitable[tuple[Sequence[str], Mapping[str, str]]]]
"""What to run, with places for `{port}` and `{redis}`, and what to add to the environment. Raises `Missing`."""


class PlainPeer:
    """A server of ours around somebody's library; it says `{"type":"ready"}` once a socket is in its room."""

    dialog: tuple[str, ...] = ("dialog", 'rule answer {"type":"ready"', "rule message {")
    resumes = False

    def __init__(self, name: str, command: Command, most: int = ANY) -> None:
        self.name = name
        self.most = most
        self._command = command

    async def prepare(self, stage: Stage) -> None:
        """Get what it needs; quick where that is done."""
        await self._command(stage)

    @asynccontextmanager
    async def serve(self, stage: Stage) -> AsyncIterator[Served]:
        """On a port of its own."""
        port = free_port()
        command, more = await self._command(stage)
        argv = [word.format(port=port, redis=stage.redis_url) for word in command]
        program = Program("peer", tuple(argv), {**os.environ, **more}, Path(ROOT))
        async with stage.server(program, partial(listens, port)) as process:
            yield Served((process.pid,), port)

    def tab(self, scene: Scene, seat: Seat) -> Tab:
        """Nobody asks who it is."""
        return request(f"/live:{scene.rooms[seat.room]}"), b""

    def wrap(self, room: UUID, epoch: str, key: str, frame: bytes) -> tuple[str, bytes]:
        """The frame alone."""
        return f"live:{room}", frame


async def ours(module: str, stage: Stage) -> tuple[Sequence[str], Mapping[str, str]]:
    """A server that needs only what the product needs, too."""
    return (sys.executable, "-m", f"tests.bench.live.peers.{module}", "{port}", "{redis}"), {}
