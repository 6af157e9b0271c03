"""Slow readers: tabs that read nothing, beside tabs that do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.bench.live.atelier import NEVER, Atelier
from tests.bench.live.bout import Bout, open_bout
from tests.bench.live.contestant import Contestant
from tests.bench.live.events import WHOLE
from tests.bench.live.machine import open_files, proportional_set
from tests.bench.live.scene import seat
from tests.bench.live.stage import Stage
from tests.bench.live.table import Column, Values

RATE, ALONE, BESIDE = 50, 8.0, 35.0
"""Events a second, and seconds without and with those who read nothing."""
ENTITIES = 50
"""Images that the events are about: what a slow reader is told in the end is the last of each."""
LOOK = 0.25


@dataclass(frozen=True)
class Slow:
    """So many of either kind, in one room."""

    readers: int = 500
    deaf: int = 500
    columns = (
        Column("p50", "p50 ms", ".2f"),
        Column("p99", "p99 ms", ".2f"),
        Column("kib", "KiB of the server a slow one, at most", ",.0f"),
        Column("gone", "s until the last slow one is cut", ".0f"),
        Column("strangers", "others on its core", ".0%"),
    )

    @property
    def title(self) -> str:
        """With the numbers."""
        return f"{self.deaf:,} tabs that never read, beside {self.readers:,} that do"

    @property
    def note(self) -> str:
        """What is compared."""
        return (
            f"{RATE} events a second of {WHOLE:,} bytes to one room, for {ALONE:g} s without and {BESIDE:g} s with the "
            "slow ones; the times are those of the others. The memory is the process's PSS at its highest, less before."
        )

    def contestants(self, peers: Sequence[Contestant]) -> Sequence[Contestant]:
        """The product."""
        return [Atelier(LIVE_CHECK=NEVER)]

    async def measure(self, stage: Stage, contestant: Contestant) -> Mapping[str, Values]:
        """First the readers alone, then, on the same server, the others with them."""
        scene = await seat(stage.database_url, 1, self.readers + self.deaf)
        async with open_bout(stage, contestant, scene, WHOLE, ENTITIES, self.readers) as bout:
            alone = await bout.attempt(RATE, ALONE)
            files = open_files(bout.served.pids[0])
            await bout.load.deafen(self.readers, self.deaf)
            await bout.load.open(self.readers, self.deaf)
            base = proportional_set(bout.served.pids)
            watching = asyncio.create_task(self._watch(bout, files))
            beside = await bout.attempt(RATE, BESIDE)
            peak, gone = await watching
        return {
            "without": {"p50": alone.p50 * 1e3, "p99": alone.p99 * 1e3, "strangers": alone.use.strangers},
            "with": {
                "p50": beside.p50 * 1e3,
                "p99": beside.p99 * 1e3,
                "kib": (peak - base) / 1024 / self.deaf,
                "gone": gone,
                "strangers": beside.use.strangers,
            },
        }

    async def _watch(self, bout: Bout, files: int) -> tuple[int, float]:
        """The most memory, in bytes, and seconds until the last slow one was cut (NaN where one stays).

        Who reads nothing does not learn that it was cut, so the server's open files are counted: `files` without them.
        """
        begun, peak, gone = time.monotonic(), 0, float("nan")
        while time.monotonic() - begun < BESIDE:
            peak = max(peak, proportional_set(bout.served.pids))
            if gone != gone and open_files(bout.served.pids[0]) <= files:
                gone = time.monotonic() - begun
            await asyncio.sleep(LOOK)
        return peak, gone
