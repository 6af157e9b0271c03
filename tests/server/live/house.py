"""A hub behind a real uvicorn, run in each of the ways it may be run, and somebody who may look."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from starlette.routing import Route, WebSocketRoute
from websockets import Subprotocol, connect

from server.core.account import Viewer
from server.core.ports import Unavailable
from server.infra.database import PostgresDatabase
from server.infra.memory.bus import MemoryBus
from server.infra.memory.clock import MemoryClock
from server.live.endpoint import SUBPROTOCOL, LiveEndpoint
from server.live.hub import Hub
from server.live.protocol import AWAKE, OPTIONS, OURS
from server.live.sse import EventsEndpoint
from server.live.times import LiveTimes
from server.usecases import sign_in
from tests.server.live.peers import PATIENCE
from tests.server.live.people import Person, change

DOORS: dict[str, dict[str, Any]] = {
    "ours": OURS,
    "long": AWAKE,
    "awake": AWAKE,
    "stock": {"ws": "websockets-sansio", **OPTIONS},
}
"""How uvicorn is run: with the short way in; with the long way, as behind a proxy; where none sleeps; as it comes."""
TIMES = LiveTimes(check=3600, beat=3600, recheck=3600, probe=3600)


class House:
    """A hub behind a listening server, and somebody with a session and a key."""

    def __init__(self, database: PostgresDatabase, person: Person, port: int) -> None:
        self.database, self.person, self.port = database, person, port
        self.bus = MemoryBus()
        self.hub = Hub(database, self.bus, MemoryClock(), TIMES)
        self.database_away = False

    async def identify(self, connection: HTTPConnection) -> Viewer | None:
        return await self.answers(connection)

    async def answers(self, connection: HTTPConnection) -> Viewer | None:
        if self.database_away:
            raise Unavailable("away")
        scheme, _, key = connection.headers.get("authorization", "").partition(" ")
        cookie = connection.cookies.get("atelier_session")
        return await sign_in.identify(self.database, cookie, key if scheme.lower() == "bearer" else None)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def open(self, **options: Any) -> connect:
        """A browser's handshake, unless `options` say otherwise."""
        headers = {"Cookie": f"atelier_session={self.person.token}", "Origin": self.origin}
        headers = {**headers, **options.pop("headers", {})}
        settings: dict[str, Any] = {
            "subprotocols": [Subprotocol(SUBPROTOCOL)],
            "additional_headers": {name: value for name, value in headers.items() if value is not None},
            "compression": None,
            "proxy": None,
        }
        return connect(f"ws://127.0.0.1:{self.port}/api/live", **{**settings, **options})

    async def change(self, count: int = 1) -> int:
        return await change(self.database, self.bus, self.person.workspace, count)


@asynccontextmanager
async def serving(
    database: PostgresDatabase, person: Person, door: str, times: LiveTimes = TIMES, **options: Any
) -> AsyncIterator[House]:
    listener = socket.create_server(("127.0.0.1", 0))
    house = House(database, person, listener.getsockname()[1])
    house.hub = Hub(database, house.bus, MemoryClock(), times, sleepy=door != "awake")
    await house.hub.start()
    endpoint = LiveEndpoint(lambda _: house.hub, house.identify, ["https://pictures.example"])
    events = EventsEndpoint(lambda _: house.hub, house.identify, ["https://pictures.example"])
    config = uvicorn.Config(
        Starlette(routes=[WebSocketRoute("/api/live", endpoint), Route("/api/live/events", events)]),
        lifespan="off",
        log_config=None,
        timeout_graceful_shutdown=2,
        **{**DOORS[door], **options},
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve([listener]))
    try:
        yield house
    finally:
        await house.hub.aclose()
        server.should_exit = True
        async with asyncio.timeout(PATIENCE):
            await running
