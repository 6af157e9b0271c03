"""Rate limits counted in this process."""

from __future__ import annotations

import time
from collections.abc import Callable

from server.core.limits import Rate, Verdict, gcra


class MemoryLimiter:
    """The port `Limiter`. `clock` tells seconds, from wherever it likes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._start = clock()
        self._arrivals: dict[tuple[str, str], float] = {}

    async def hit(self, key: str, rate: Rate) -> Verdict:
        """Count one request of `key`, unless it is refused."""
        now = self._clock() - self._start
        verdict, arrival = gcra(rate, self._arrivals.get((rate.name, key)), now)
        self._arrivals[rate.name, key] = arrival
        return verdict
