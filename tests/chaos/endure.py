"""A long time without Redis, under load: pictures are still asked for, submitted, polled, completed and told."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from statistics import median

from tests.chaos.checker import Complaint, Harm
from tests.chaos.house import House
from tests.chaos.people import NoAnswer
from tests.chaos.run import CALM_PATIENCE
from tests.chaos.stage import Broken, Stage, expect, open_stage

MINUTE = 60.0
BETWEEN = 5.0
ANSWER = 2.0
"""The longest that a request may wait for Redis, in seconds (F10)."""


@dataclass
class Endured:
    """What came of it: the seconds each picture took from the request to the other tab, and what was wrong."""

    took: list[float] = field(default_factory=list)
    slowest_request: float = 0.0
    complaints: list[Complaint] = field(default_factory=list)

    def __str__(self) -> str:
        if not self.took:
            return "no picture was made"
        return (
            f"{len(self.took)} pictures asked for one by one, seen in a tab after {median(self.took):.1f} s "
            f"(worst {max(self.took):.1f} s); slowest request {self.slowest_request:.2f} s"
        )


async def endure(house: House, seed: int, minutes: float) -> Endured:
    """Take Redis away for so long, and look every minute whether all is well. Tells what it sees as it goes."""
    clock = asyncio.get_running_loop().time
    endured = Endured()
    async with open_stage(house, seed) as stage:
        await stage.paints(patience=60)
        stage.quiet.slowest = 0.0
        async with house.kept_down("valkey"):
            began = clock()
            for minute in range(1, round(minutes) + 1):
                await _paint_until(stage, endured, began + minute * MINUTE)
                endured.complaints += await stage.witness.check(8.0)
                print(f"minute {minute:3}: {await _counts(stage)}; {endured}", flush=True)
        endured.slowest_request = stage.quiet.slowest
        if endured.slowest_request > ANSWER + 1:
            endured.complaints.append(Complaint(Harm.BROKEN, f"a request took {endured.slowest_request:.1f} s"))
        await stage.rest()
        endured.complaints += await stage.witness.check(CALM_PATIENCE, calm=True)
    return endured


async def _paint_until(stage: Stage, endured: Endured, end: float) -> None:
    """One picture after another, each through to a tab; the others work meanwhile."""
    clock = asyncio.get_running_loop().time
    while clock() < end:
        began = clock()
        try:
            asking = await stage.quiet.ask("duration:0.2")
            await stage.completes(asking, patience=2 * stage.patience)
            await _seen(stage, str(asking.ids[0]))
            endured.took.append(clock() - began)
        except (Broken, NoAnswer) as error:
            endured.complaints.append(Complaint(Harm.STUCK, str(error)))
        endured.slowest_request = max(endured.slowest_request, stage.quiet.slowest)
        await asyncio.sleep(BETWEEN)


async def _seen(stage: Stage, id: str) -> None:
    tab = stage.tabs["quiet"]
    end = asyncio.get_running_loop().time() + stage.house.times.live_check + 12
    while tab.images.get(id, {}).get("status") != "completed":
        expect(asyncio.get_running_loop().time() < end, f"the tab was not told of {id}")
        await asyncio.sleep(0.1)


async def _counts(stage: Stage) -> str:
    found = await stage.house.fetch(
        "SELECT count(*) AS all, count(*) FILTER (WHERE status = 'completed') AS completed, "
        "count(*) FILTER (WHERE finished_at IS NULL) AS unfinished FROM image"
    )
    return f"{found[0]['all']} images, {found[0]['completed']} completed, {found[0]['unfinished']} under way"
