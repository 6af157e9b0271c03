"""The database's time, measured now and then and kept in between by this machine's steady clock."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta


class DatabaseClock:
    """The port `Clock`. `read` asks the database for `clock_timestamp()`; until the first `refresh()` it is our own."""

    def __init__(self, read: Callable[[], Awaitable[datetime]]) -> None:
        self._read = read
        self._base = datetime.now(UTC)
        self._measured = time.monotonic()

    async def refresh(self) -> None:
        """Measure again, to within half the round trip. Raises what `read` raises, and then keeps the old time."""
        asked = time.monotonic()
        theirs = await self._read()
        answered = time.monotonic()
        self._base = theirs.astimezone(UTC)
        self._measured = (asked + answered) / 2

    def now(self) -> datetime:
        """Aware, in UTC; never raises."""
        return self._base + timedelta(seconds=time.monotonic() - self._measured)
