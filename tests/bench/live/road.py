"""The whole road: from a commit in PostgreSQL, through the outbox, Redis and the hub, to the tab."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from tempfile import NamedTemporaryFile

from tests.bench.live.atelier import Atelier
from tests.bench.live.contestant import Contestant, Served
from tests.bench.live.load import Load, Tally, open_load
from tests.bench.live.machine import Use, used
from tests.bench.live.scene import Scene, seat
from tests.bench.live.stage import Stage
from tests.bench.live.table import Column, Values
from tests.bench.live.talking import Talking, talking

RATE, SECONDS = 500, 10.0
TOGETHER = 5
"""Events of one commit, where there are several."""


@dataclass(frozen=True)
class Road:
    """So many tabs, spread evenly."""

    tabs: int = 5_000
    rooms: int = 2_000
    columns = (
        Column("p50", "p50 ms", ".2f"),
        Column("p99", "p99 ms", ".2f"),
        Column("rate", "events/s"),
        Column("lost", "lost"),
        Column("repeated", "repeated"),
        Column("latest", "latest commit began late, ms", ".1f"),
        Column("other_core", "other core busy", ".0%"),
        Column("strangers", "others on its core", ".0%"),
    )

    @property
    def title(self) -> str:
        """From where to where."""
        return "From the commit to the tab"

    @property
    def note(self) -> str:
        """How it is done."""
        return (
            f"{RATE} events a second through the product's own unit of work and outbox, by a process beside "
            f"PostgreSQL, each a whole image for one of {self.rooms:,} rooms with {self.tabs:,} tabs; from just "
            "after the commit."
        )

    def contestants(self, peers: Sequence[Contestant]) -> Sequence[Contestant]:
        """Only the product commits."""
        return [Atelier()]

    async def measure(self, stage: Stage, contestant: Contestant) -> Mapping[str, Values]:
        """Each number of events a commit, over connections that have committed before."""
        scene = await seat(stage.database_url, self.rooms, self.tabs)
        async with (
            contestant.serve(stage) as served,
            open_load(stage.programs.load) as load,
            committing(stage, scene) as committer,
        ):
            await load.add(served.port, contestant.dialog, (contestant.tab(scene, one) for one in scene.seats))
            await load.open()
            return {
                f"{events} a commit": await self._stretch(stage, served, load, committer, events)
                for events in (1, TOGETHER)
            }

    async def _stretch(self, stage: Stage, served: Served, load: Load, committer: Talking, events: int) -> Values:
        await load.clear()
        await _warm(load, committer, self.tabs // self.rooms)
        await load.clear()
        before = stage.look(*served.pids)
        words = f"run {RATE / events} {RATE * SECONDS / events:.0f} {events}"
        done = await committer.ask(words, limit=SECONDS * 5)
        use = used(before, stage.look(*served.pids))
        wanted = done["committed"] * events * self.tabs // self.rooms
        tally = await load.until(lambda tally: tally["messages"] >= wanted, patience=5.0)
        return _values(tally, done, use, events)


async def _warm(load: Load, committer: Talking, tabs: int) -> None:
    """Commit over each connection, and wait until the tabs of the rooms have heard of it, at least so many each."""
    done = await committer.ask("warm")
    await load.until(lambda tally: tally["messages"] >= done["committed"] * tabs, patience=5.0)


def _values(tally: Tally, done: Mapping[str, float], use: Use, events: int) -> Values:
    return {
        "p50": tally.latency.quantile(0.5) * 1e3,
        "p99": tally.latency.quantile(0.99) * 1e3,
        "rate": done["committed"] * events / done["took"],
        "latest": done["latest"] * 1e3,
        "lost": tally["lost"],
        "repeated": tally["repeated"],
        "other_core": use.other_core,
        "strangers": use.strangers,
    }


@asynccontextmanager
async def committing(stage: Stage, scene: Scene) -> AsyncIterator[Talking]:
    """A process that commits for the rooms of a scene in turn."""
    environment = {**os.environ, "DATABASE_URL": stage.database_url, "REDIS_URL": stage.redis_url}
    with NamedTemporaryFile("w") as file:
        file.write("\n".join(map(str, scene.rooms)))
        file.flush()
        command = (sys.executable, "-m", "tests.bench.live.committer", file.name)
        async with talking(*command, environment=environment) as running:
            await running.hear()
            yield running
