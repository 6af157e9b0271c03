"""Serves the simulator with uvicorn, says where, and stops it cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Generator

import uvicorn

from .app import create_app
from .settings import Settings
from .simulation import Simulation

# Answers that are held back on purpose end at once when the server stops; anything else gets this many seconds.
LAST_WORDS = 3


class CannotListen(Exception):
    """The address cannot be listened on; the message says why."""


def serve(host: str, port: int, settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT; raises CannotListen."""
    listening = _listening(host, port)
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        ws="none",
        lifespan="on",
        timeout_graceful_shutdown=LAST_WORDS,
    )
    server = _Server(config)

    async def run() -> None:
        def stop() -> None:
            simulation: Simulation | None = getattr(app.state, "simulation", None)
            if simulation is not None:
                simulation.closing.set()
            server.should_exit = True

        for name in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(name, stop)
        await server.serve([listening])

    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(run())


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listening in sockets or ():
            host, port = listening.getsockname()[:2]
            print(f"simulator listening on http://{f'[{host}]' if ':' in host else host}:{port}", flush=True)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        # uvicorn would raise the signal again after a clean stop, and so end the process by it.
        yield


def _listening(host: str, port: int) -> socket.socket:
    listening = None
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.set_inheritable(False)
        return listening
    except (OSError, OverflowError) as error:
        if listening is not None:
            listening.close()
        raise CannotListen(f"cannot listen on {host}:{port}: {error}") from error
