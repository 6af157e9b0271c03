"""The web process: uvicorn over the application, leaving in order."""

from __future__ import annotations

import asyncio
import logging
import socket
from types import FrameType

import uvicorn

from server.app import create_app
from server.collector import keep_collector_quiet
from server.live.hub import Hub
from server.live.protocol import AWAKE, OURS
from server.settings import Settings

LOG = logging.getLogger(__name__)
DRAIN_WINDOW = 2.0
GRACEFUL = 10


class WebServer(uvicorn.Server):
    """uvicorn closes every socket at once when told to stop; this says goodbye first."""

    def __init__(self, settings: Settings) -> None:
        self._app = create_app(settings)
        super().__init__(
            uvicorn.Config(
                self._app,
                host=settings.host,
                port=settings.port,
                **(OURS if settings.live_sleep else AWAKE),
                timeout_graceful_shutdown=GRACEFUL,
                access_log=False,
                log_config=None,
                server_header=False,
                proxy_headers=True,
            )
        )
        self._draining: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Whatever is there now stays for good."""
        await super().startup(sockets)
        keep_collector_quiet()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Unready, goodbye, and only then the end; a second signal ends at once."""
        if self._draining is not None or not self.started:
            super().handle_exit(sig, frame)
            return
        self._draining = asyncio.get_running_loop().create_task(self._drain(sig, frame))

    async def _drain(self, sig: int, frame: FrameType | None) -> None:
        self._app.state.parts.leaving.set()
        hub: Hub = self._app.state.hub
        try:
            async with asyncio.timeout(DRAIN_WINDOW * 2 + 2):
                await hub.drain(DRAIN_WINDOW)
        except TimeoutError:
            LOG.warning("some sockets did not close in time")
        finally:
            super().handle_exit(sig, frame)


def serve(settings: Settings, listening: socket.socket | None = None) -> None:
    """Serve until told to stop. `listening` is a socket that is bound already."""
    server = WebServer(settings)
    server.run(sockets=[listening] if listening else None)
    if not server.started:
        raise SystemExit(3)
