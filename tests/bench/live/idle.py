"""What an idle tab costs: the memory of the server's process with ten thousand of them, less that without."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.bench.live.atelier import NEVER, Atelier
from tests.bench.live.contestant import Contestant
from tests.bench.live.load import open_load
from tests.bench.live.machine import proportional_set
from tests.bench.live.scene import seat
from tests.bench.live.stage import Stage
from tests.bench.live.table import Column, Values

WARM = 100
CALM = 6.0
"""Seconds after the last one came: passing news are told, and what the storm left is let go."""
SHARED = 5


@dataclass(frozen=True)
class Idle:
    """So many tabs that say and hear nothing, in one room and in rooms of five."""

    tabs: int = 10_000
    columns = (Column("tabs", "tabs"), Column("kib", "KiB a tab", ".1f"), Column("mib", "MiB of the process", ".0f"))

    @property
    def title(self) -> str:
        """With the number of tabs."""
        return f"Memory of {self.tabs:,} idle tabs"

    @property
    def note(self) -> str:
        """What is compared."""
        return (
            f"PSS of the server's process {CALM:g} s after all are answered, less what it was after {WARM} tabs came "
            "and went. The kernel's own memory is not in it."
        )

    def contestants(self, peers: Sequence[Contestant]) -> Sequence[Contestant]:
        """Everybody."""
        return [Atelier(LIVE_CHECK=NEVER), *peers]

    async def measure(self, stage: Stage, contestant: Contestant) -> Mapping[str, Values]:
        """Each spread on a server of its own."""
        tabs = min(self.tabs, contestant.most)
        one, many = ("one room", 1), (f"rooms of {SHARED}", tabs // SHARED)
        return {row: await self._weigh(stage, contestant, rooms, tabs) for row, rooms in (one, many)}

    async def _weigh(self, stage: Stage, contestant: Contestant, rooms: int, tabs: int) -> Values:
        scene = await seat(stage.database_url, rooms, tabs)
        async with contestant.serve(stage) as served, open_load(stage.programs.load) as load:
            await load.add(served.port, contestant.dialog, (contestant.tab(scene, one) for one in scene.seats))
            await load.open(count=min(WARM, tabs))
            await load.close()
            await asyncio.sleep(CALM)
            before = proportional_set(served.pids)
            await load.open(patience=120.0)
            await asyncio.sleep(CALM)
            after = proportional_set(served.pids)
        return {"kib": (after - before) / 1024 / tabs, "tabs": tabs, "mib": after / 2**20}
