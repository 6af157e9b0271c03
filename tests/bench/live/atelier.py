"""The product itself: `atelier web`, with its sessions, its hub, its back-pressure and its beats."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import httpx

from server.api.identity import COOKIE
from server.core.stream_frames import channel
from server.infra.program import Program
from tests.bench.live.contestant import ANY, Served, request
from tests.bench.live.events import SEQ
from tests.bench.live.load import Tab
from tests.bench.live.scene import Scene, Seat
from tests.bench.live.stage import Stage
from tests.running import FRESH, ROOT
from tests.studio import free_port

NEVER = "86400"
"""Seconds between two checks against PostgreSQL, where what is published was not committed."""


class Atelier:
    """`settings` are those of the environment."""

    dialog = ("dialog atelier",)
    resumes = True
    most = ANY

    def __init__(self, name: str = "Atelier", **settings: str) -> None:
        self.name = name
        self._settings = settings

    async def prepare(self, stage: Stage) -> None:
        """Nothing is missing."""

    @asynccontextmanager
    async def serve(self, stage: Stage, port: int | None = None) -> AsyncIterator[Served]:
        """The web process alone: nothing here makes pictures. On a port of its own unless told."""
        port = port or free_port()
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=5, limits=FRESH) as http:

            async def ready() -> bool:
                try:
                    return (await http.get("/readyz")).status_code == 200
                except httpx.TransportError:
                    return False

            async with stage.server(self._program(stage, port), ready) as process:
                yield Served((process.pid,), port)

    def tab(self, scene: Scene, seat: Seat) -> Tab:
        """A browser's: with the cookie, so with the Origin."""
        cookie, origin = f"Cookie: {COOKIE}={seat.token}", "Origin: http://127.0.0.1"
        hello = {"type": "hello", "workspace": str(scene.rooms[seat.room])}
        head = request("/api/live", cookie, origin, "Sec-WebSocket-Protocol: atelier.v1")
        return head, json.dumps(hello, separators=(",", ":")).encode()

    def wrap(self, room: UUID, epoch: str, key: str, frame: bytes) -> tuple[str, bytes]:
        """As the outbox publishes the one event of a commit."""
        return channel(room), b"%b %b:%d:%b\n%b" % (epoch.encode(), SEQ, len(frame), key.encode(), frame)

    def _program(self, stage: Stage, port: int) -> Program:
        environment = {
            **os.environ,
            "ATELIER_DATA": str(stage.folder / "var"),
            "DATABASE_URL": stage.database_url,
            "REDIS_URL": stage.redis_url,
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "LOG_JSON": "1",
            **self._settings,
        }
        return Program("web", (sys.executable, "-m", "server.cli", "web"), environment, Path(ROOT))
