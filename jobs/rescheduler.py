"""Gathers polls that taught nothing new, and writes them together: one transaction for many."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from uuid import UUID

from server.core import facts as f
from server.core.image import Image
from server.core.ports import Database
from server.usecases.move_image import Rules
from server.usecases.reschedule_polls import reschedule_polls

GATHER = 0.02
"""Seconds that the first of a batch waits for company."""
MOST = 100


class Rescheduler:
    """One a process."""

    def __init__(self, database: Database, rules: Rules) -> None:
        self._database = database
        self._rules = rules
        self._open: _Batch | None = None

    async def write(self, image: Image, fact: f.Fact) -> bool:
        """Write when to ask again; False where there was more to write, or the row has moved on.

        Raises `Unavailable`.
        """
        batch = self._open = self._open or _Batch(self)
        batch.polls.append((image, fact))
        if len(batch.polls) >= MOST:
            batch.full.set()
            self._open = None
        # The batch is everybody's: one who is told to stop must not stop it.
        return image.id in await asyncio.shield(batch.written)

    async def _write(self, batch: _Batch) -> set[UUID]:
        with suppress(TimeoutError):
            async with asyncio.timeout(GATHER):
                await batch.full.wait()
        if self._open is batch:
            self._open = None
        return await reschedule_polls(self._database, batch.polls, self._rules)


class _Batch:
    def __init__(self, writer: Rescheduler) -> None:
        self.polls: list[tuple[Image, f.Fact]] = []
        self.full = asyncio.Event()
        self.written = asyncio.create_task(writer._write(self))
