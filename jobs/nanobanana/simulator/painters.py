"""The painters: processes of their own, so that no picture delays an answer."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait

from .painting.commission import Commission

LONGEST_PAINTING = 120.0
MOST_PAINTERS = 2


class PainterFailed(Exception):
    """A picture could not be painted in time, or its painter died twice."""


class Painters:
    """Up to two processes that paint. Open, paint as often as you like, close."""

    def __init__(self) -> None:
        self._pool = _pool()

    def warm_up(self) -> None:
        """Starts the processes, so that the first picture does not wait for them."""
        for _ in range(MOST_PAINTERS):
            self._pool.submit(_ready)

    async def paint(self, commission: Commission) -> bytes:
        """The bytes of the picture; raises UnreadableInput or PainterFailed."""
        for _ in range(2):
            pool = self._pool
            try:
                async with asyncio.timeout(LONGEST_PAINTING):
                    return await asyncio.get_running_loop().run_in_executor(pool, _painted, commission)
            except BrokenProcessPool:
                # Every painting under way fails at once: only the first to notice replaces the pool.
                if pool is self._pool:
                    self._pool = _pool()
            except TimeoutError as error:
                raise PainterFailed("The painting took too long.") from error
        raise PainterFailed("The painter died.")

    def close(self) -> None:
        """Lets the processes finish what they hold and go; blocks for a second or so."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _pool() -> ProcessPoolExecutor:
    workers = min(MOST_PAINTERS, os.cpu_count() or 1)
    # Forked processes would hold the server's sockets open.
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=_enter)


def _enter() -> None:
    """Painters give way to everything else, leave Ctrl-C to the server, and go when the server is gone."""
    os.nice(5)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    threading.Thread(target=_leave_with_the_server, daemon=True).start()


def _leave_with_the_server() -> None:
    server = multiprocessing.parent_process()
    if server is not None:
        wait([server.sentinel])
        os._exit(0)


def _ready() -> None:
    from .painting import painter  # noqa: F401


def _painted(commission: Commission) -> bytes:
    # Imported here, so that only the painters load the imaging library.
    from .painting.painter import paint

    return paint(commission)
