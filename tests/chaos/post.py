"""The push service of a run: what it was handed for each device, and whether anything was being hurt just then."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from tests.chaos.history import Pushed
from tests.push_endpoint import PushService, Received, push_service

DEVICES = ("ada", "quiet")
"""Whose browsers are told; no tab of theirs says that it has shown anything."""


class Post:
    """`turn`: seconds for which whoever died or stood still keeps a push from others."""

    def __init__(self, service: PushService, turn: float) -> None:
        self.service = service
        self._turn = turn
        self._hurts: list[tuple[float, float]] = []

    @property
    def pushed(self) -> tuple[Pushed, ...]:
        """Everything that was taken, in order."""
        return tuple(map(self._pushed, self.service.received))

    def named(self, device: str, key: str) -> list[Pushed]:
        """The messages to that device that tell of an outcome."""
        return [pushed for pushed in self.pushed if pushed.device == device and key in pushed.outcomes]

    @contextmanager
    def hurt(self) -> Iterator[None]:
        """Processes die, stand still, or cannot write meanwhile: what they have sent may be sent once more."""
        began = time.monotonic()
        try:
            yield
        finally:
            self._hurts.append((began, time.monotonic() + self._turn))

    def _pushed(self, message: Received) -> Pushed:
        payload = message.payload
        excused = any(began <= message.at <= end for began, end in self._hurts)
        device = message.path.rpartition("/")[2]
        return Pushed(device, payload["tag"], message.headers["topic"], tuple(payload["outcomes"]), excused)


@asynccontextmanager
async def open_post(turn: float) -> AsyncIterator[Post]:
    """Listening on loopback."""
    async with push_service() as service:
        yield Post(service, turn)
