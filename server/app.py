"""The web process's application: routes and middleware in one expression."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from server.api import problems
from server.api.identity import credentials_of
from server.api.operation import routes
from server.api.page import page_routes
from server.api.routes import OPERATIONS
from server.core.account import Viewer
from server.core.errors import Refusal
from server.core.ports import Unavailable
from server.live.doorway import LIVE_PATH
from server.live.endpoint import LiveEndpoint
from server.live.hub import Hub
from server.live.sse import EventsEndpoint
from server.live.times import LiveTimes
from server.live.together import Together
from server.settings import Settings
from server.usecases.sign_in import Credentials, identify_all
from server.wiring import open_dependencies

LOG = logging.getLogger(__name__)
SMALL = 1_000
"""Bytes; what is smaller travels as it is."""
COMPRESSION = 5
"""Beyond this level a list of pictures takes twice the time and hardly shrinks."""
KNOCKING = 500
"""People looked up in one query."""


class App(Starlette):
    """Starlette's, but that `live` answers the WebSockets at its door itself: in a storm of tabs the way through
    middleware and routes that have no business with them takes a twentieth of the time.
    """

    def __init__(self, live: ASGIApp, **options: Any) -> None:
        super().__init__(**options)
        self._live = live

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        if scope["type"] == "websocket" and scope["path"] == LIVE_PATH:
            scope["app"] = self
            await self._live(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def create_app(settings: Settings) -> Starlette:
    """The ASGI application; its lifespan opens and closes everything it stands on."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with open_dependencies(settings) as parts:
            times = LiveTimes(beat=settings.live_beat, check=settings.live_check)
            hub = Hub(parts.database, parts.bus, parts.clock, times, settings.live_sleep)
            await hub.start()
            parts.live_health = lambda: str(hub.hearing)
            app.state.parts, app.state.hub = parts, hub
            app.state.porter = Together(lambda shown: identify_all(parts.database, shown), KNOCKING)
            try:
                yield
            finally:
                await hub.aclose()

    origins = [settings.public_url] if settings.public_url else []
    return App(
        LiveEndpoint(_hub_of, _viewer_of, origins),
        lifespan=lifespan,
        routes=[
            Route(f"{LIVE_PATH}/events", EventsEndpoint(_hub_of, _viewer_of, origins), methods=["GET"]),
            *routes(OPERATIONS),
            *page_routes(),
        ],
        # Pictures, archives and streams it leaves as they are.
        middleware=[Middleware(GZipMiddleware, minimum_size=SMALL, compresslevel=COMPRESSION)],
        exception_handlers={
            Refusal: problems.on_refusal,
            Unavailable: problems.on_unavailable,
            HTTPException: problems.on_http_error,
            ClientDisconnect: problems.on_disconnect,
            Exception: problems.on_bug,
        },
    )


def _hub_of(connection: HTTPConnection) -> Hub:
    hub: Hub = connection.app.state.hub
    return hub


async def _viewer_of(connection: HTTPConnection) -> Viewer | None:
    """Who knocks at the live stream's doors: after a restart all tabs come at once, and are looked up together."""
    porter: Together[Credentials, Viewer | None] = connection.app.state.porter
    shown = credentials_of(connection)
    return await porter.answer(shown)
