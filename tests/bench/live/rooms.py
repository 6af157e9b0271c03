"""Many rooms with a few tabs each: the most events a second, and how soon one is told when there are few."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.bench.live.atelier import NEVER, Atelier
from tests.bench.live.bout import Step, open_bout
from tests.bench.live.contestant import Contestant
from tests.bench.live.events import SMALL, WHOLE
from tests.bench.live.fan_out import STEP_COLUMNS, step_values
from tests.bench.live.scene import seat
from tests.bench.live.search import highest
from tests.bench.live.stage import Stage
from tests.bench.live.table import Column, Values

SECONDS = 2.0
START = 4_000
BURST = 8
"""Events that are written to Redis together, each for a room of its own."""
CALM_RATE, CALM_SECONDS = 500, 8.0


@dataclass(frozen=True)
class Rooms:
    """So many tabs, spread evenly."""

    tabs: int = 5_000
    rooms: int = 2_000
    columns = (Column("rate", "events/s"), *STEP_COLUMNS)

    @property
    def title(self) -> str:
        """With the numbers."""
        return f"{self.tabs:,} tabs in {self.rooms:,} rooms"

    @property
    def note(self) -> str:
        """What was published, and what was not."""
        return (
            f"The highest rate of events, frames of {SMALL} bytes for one room after another, {BURST} at a time, "
            f"at which all come, 99 in 100 of them within 100 ms; beside it {CALM_RATE} a second, each alone. "
            "Published straight to Redis, not committed."
        )

    def contestants(self, peers: Sequence[Contestant]) -> Sequence[Contestant]:
        """Everybody."""
        return [Atelier(LIVE_CHECK=NEVER), *peers]

    async def measure(self, stage: Stage, contestant: Contestant) -> Mapping[str, Values]:
        """The highest rate last: it may leave the server behind."""
        scene = await seat(stage.database_url, self.rooms, self.tabs)
        found: dict[str, Values] = {}
        for row, size in ((f"{CALM_RATE}/s", SMALL), (f"{CALM_RATE}/s, {WHOLE:,} bytes", WHOLE)):
            async with open_bout(stage, contestant, scene, size) as bout:
                found[row] = step_values(await bout.attempt(CALM_RATE, CALM_SECONDS))
        async with open_bout(stage, contestant, scene, SMALL) as bout:

            async def attempt(rate: float) -> Step:
                return await bout.attempt(rate, SECONDS, BURST, sample=3)

            found["highest rate"] = step_values(await highest(attempt, START))
        return found
