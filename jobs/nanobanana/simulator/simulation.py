"""Everything the simulator holds while it runs: one value, made at its start, that every endpoint is handed."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass, replace

import httpx

from .choices import Choice, in_prompt
from .generation import Generation
from .painters import Painters
from .settings import Outage, Settings
from .tasks import Book, Clock

MOST_VISITS = 20_000


@dataclass
class Visit:
    """One request to the provider; `at` is epoch seconds, `status` None where nothing was answered (yet)."""

    at: float
    method: str
    path: str
    prompt: str | None = None
    task_id: str | None = None
    status: int | None = None
    code: int | None = None


class Simulation:
    """The settings, the book, the painters, and what is under way. `closing` is set when the server stops."""

    def __init__(self, settings: Settings) -> None:
        self._at_start = settings
        self.settings = settings
        self.closing = asyncio.Event()
        self.painters = Painters()
        # No proxy of the environment may stand between the simulator and what is usually this machine.
        self.client = httpx.AsyncClient(
            trust_env=False,
            timeout=httpx.Timeout(15),
            limits=httpx.Limits(max_connections=200),
            headers={"User-Agent": "NanoBanana-Simulator/1"},
            max_redirects=3,
        )
        self._begin()

    def _begin(self) -> None:
        self.book = Book(steady_clock())
        self.visits: deque[Visit] = deque(maxlen=MOST_VISITS)
        self.maintenance_until = 0.0
        self.generation = Generation(self.book, self.painters, self.client, lambda: self.settings.speed)

    def choose(self, prompt: str) -> tuple[Choice, str]:
        """The behaviours of a submit and its prompt without tags; it uses up one of the `next` submits.

        The prompt's count before the next ones', those before the standing ones. Raises UnknownBehaviour.
        """
        mine, bare = in_prompt(prompt)
        standing = self.settings.choice
        if self.settings.following > 0:
            standing = self.settings.next_choice.over(standing)
            self.settings = replace(self.settings, following=self.settings.following - 1)
        return mine.over(standing), bare

    def outage(self) -> Outage | None:
        """The outage that is on now."""
        outage = self.settings.outage
        return outage if outage is not None and self.book.now() < outage.until else None

    async def reset(self) -> None:
        """Forgets every task, picture, charge and request; the settings are those of the start."""
        await self.generation.stop()
        self.settings = self._at_start
        self._begin()

    async def close(self) -> None:
        """Stops everything under way."""
        await self.generation.stop()
        await self.client.aclose()
        await asyncio.to_thread(self.painters.close)


def steady_clock() -> Clock:
    """Epoch seconds by the clock that waits go by: what was waited for has passed, also while the machine's is set."""
    start = time.time() - time.monotonic()
    return lambda: start + time.monotonic()
