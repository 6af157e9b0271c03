"""A clock that moves when it is told to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class MemoryClock:
    """The port `Clock`, standing still."""

    def __init__(self, now: datetime | None = None) -> None:
        self._now = (now or datetime.now(UTC)).astimezone(UTC)

    def now(self) -> datetime:
        """Aware, in UTC."""
        return self._now

    def advance(self, duration: float) -> None:
        """Let that many seconds pass."""
        self._now += timedelta(seconds=duration)
