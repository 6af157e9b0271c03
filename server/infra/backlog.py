"""What a subscription has heard and nobody has read yet: bounded, and honest about what it let go."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

News = tuple[str, bytes] | None
"""A channel and a message, or None: something may have been missed here."""

CAPACITY = 16 * 1024 * 1024


class Backlog:
    """A queue of news that never holds more than `capacity` bytes: past that it is emptied into one None."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._size = 0
        self._news: deque[News] = deque()
        self._arrived = asyncio.Event()
        self._closed = False

    def push(self, channel: str, message: bytes) -> None:
        """Add a message."""
        if self._size + len(message) > self._capacity:
            self._news.clear()
            self._size = 0
            self.gap()
            return
        self._size += len(message)
        self._news.append((channel, message))
        self._arrived.set()

    def gap(self) -> None:
        """Mark that news may have been missed here."""
        self._news.append(None)
        self._arrived.set()

    def close(self) -> None:
        """End the reading."""
        self._closed = True
        self._arrived.set()

    async def read(self) -> AsyncIterator[News]:
        """The news in order, until it is closed; for one reader."""
        while not self._closed:
            while self._news:
                news = self._news.popleft()
                self._size -= len(news[1]) if news else 0
                yield news
            self._arrived.clear()
            if not self._closed:
                await self._arrived.wait()
