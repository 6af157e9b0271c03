"""Wake-ups held in a list, for tests to look at and take."""

from __future__ import annotations

from datetime import UTC, datetime

from server.core.stores import Wake


class MemoryQueue:
    """The port `Queue`. `held` are the wakes in due order, those without a time first."""

    def __init__(self) -> None:
        self._wakes: list[Wake] = []

    @property
    def held(self) -> list[Wake]:
        """Everything that was enqueued and not yet taken, in due order."""
        return sorted(self._wakes, key=_due)

    async def enqueue(self, wake: Wake) -> None:
        """Hold the wake."""
        self._wakes.append(wake)

    def take(self, now: datetime | None = None) -> list[Wake]:
        """Remove and return what is due at `now`, in due order; without `now`, everything."""
        due = [wake for wake in self.held if now is None or _due(wake) <= now]
        self._wakes = [wake for wake in self.held if now is not None and _due(wake) > now]
        return due


def _due(wake: Wake) -> datetime:
    return wake.at or datetime.min.replace(tzinfo=UTC)
