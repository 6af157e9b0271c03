"""A storm: all tabs connect at once, each with a session to be looked up and a place to resume from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.bench.live.atelier import NEVER, Atelier
from tests.bench.live.contestant import Contestant
from tests.bench.live.load import FLIGHT, open_load
from tests.bench.live.machine import used
from tests.bench.live.scene import seat
from tests.bench.live.stage import Stage
from tests.bench.live.table import Column, Values


@dataclass(frozen=True)
class Storm:
    """So many tabs, in one room and in many."""

    tabs: int = 5_000
    rooms: int = 2_000
    columns = (
        Column("seconds", "seconds until all are answered", ".2f"),
        Column("processor", "ms of its core a tab", ".2f"),
        Column("strangers", "others on its core", ".0%"),
    )

    @property
    def title(self) -> str:
        """With the number of tabs."""
        return f"A storm of {self.tabs:,} tabs"

    @property
    def note(self) -> str:
        """How many come at once."""
        return (
            f"From the first connection to the last answer to a hello, {FLIGHT:,} on their way in at a time. *Fresh* "
            "tabs know nothing; those who *resume* come with their last number to a server that was just started."
        )

    def contestants(self, peers: Sequence[Contestant]) -> Sequence[Contestant]:
        """Everybody."""
        return [Atelier(LIVE_CHECK=NEVER), *peers]

    async def measure(self, stage: Stage, contestant: Contestant) -> Mapping[str, Values]:
        """Both kinds of rooms, each first fresh and then resuming."""
        found: dict[str, Values] = {}
        for rooms, row in ((1, "one room"), (self.rooms, f"{self.rooms:,} rooms")):
            scene = await seat(stage.database_url, rooms, self.tabs)
            async with open_load(stage.programs.load) as load:
                for again in ("fresh", "resume") if contestant.resumes else ("fresh",):
                    async with contestant.serve(stage) as served:
                        tabs = [] if load.tabs else [contestant.tab(scene, one) for one in scene.seats]
                        await load.add(served.port, contestant.dialog, tabs)
                        before = stage.look(*served.pids)
                        seconds = await load.open()
                        use = used(before, stage.look(*served.pids))
                        await load.close()
                    found[f"{row}, {again}"] = {
                        "seconds": seconds,
                        "processor": use.processor / self.tabs * 1e3,
                        "strangers": use.strangers,
                    }
        return found
