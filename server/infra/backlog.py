"""What a subscription has heard and nobody has read yet: bounded, and honest about what it let go."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from server.core.ports import News

CAPACITY = 16 * 1024 * 1024


class Backlog:
    """A queue of news that never holds more than `capacity` bytes: past that it is emptied into one None."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._size = 0
        self._news: deque[tuple[News, int]] = deque()
        self._arrived = asyncio.Event()
        self._closed = False

    def push(self, messages: list[tuple[str, bytes]]) -> None:
        """Add what was heard at once, channels and messages; nothing is no news."""
        size = sum([len(message) for _, message in messages])
        if self._size + size > self._capacity:
            self._news.clear()
            self._size = 0
            self.gap()
        elif messages:
            self._add(messages, size)

    def gap(self) -> None:
        """Mark that news may have been missed here."""
        self._add(None, 0)

    def close(self) -> None:
        """End the reading."""
        self._closed = True
        self._arrived.set()

    async def read(self) -> AsyncIterator[News]:
        """The news in order, as they were pushed, until it is closed; for one reader."""
        while not self._closed:
            while self._news:
                news, size = self._news.popleft()
                self._size -= size
                yield news
            self._arrived.clear()
            if not self._closed:
                await self._arrived.wait()

    def _add(self, news: News, size: int) -> None:
        self._size += size
        self._news.append((news, size))
        self._arrived.set()
