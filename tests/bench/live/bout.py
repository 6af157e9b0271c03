"""One contestant with its tabs, and what it makes of a steady rate of messages."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.bench.live.contestant import Contestant, Served
from tests.bench.live.events import templates
from tests.bench.live.load import Load, Tally, open_load
from tests.bench.live.machine import Use, used
from tests.bench.live.publisher import Publisher, open_publisher
from tests.bench.live.scene import Scene, record_tops
from tests.bench.live.stage import Stage

LATE = 0.100
"""Seconds within which 99 of 100 messages have to come."""
BEHIND = 1.0
"""Seconds that a server may lag before the publisher stops: it would only fill Redis."""
DRAIN = 15.0


@dataclass(frozen=True)
class Step:
    """What became of a rate of so many messages published a second; times in seconds."""

    rate: float
    deliveries: int
    complete: bool
    seconds: float
    p50: float
    p99: float
    use: Use

    @property
    def held(self) -> bool:
        """Whether all came, in time."""
        return self.complete and self.p99 < LATE

    @property
    def per_second(self) -> float:
        """Deliveries a second, until the last one."""
        return self.deliveries / self.seconds

    @property
    def processor(self) -> float:
        """Seconds of the server's processor for a delivery."""
        return self.use.processor / self.deliveries if self.deliveries else float("nan")


@dataclass(frozen=True)
class Bout:
    """A server with all its tabs connected."""

    stage: Stage
    scene: Scene
    served: Served
    load: Load
    publisher: Publisher
    listeners: int
    """Tabs that are expected to hear everything."""

    async def attempt(self, rate: float, seconds: float, burst: int = 1, sample: int = 1) -> Step:
        """Publish at that rate, `burst` messages at a time, and see them come."""
        tabs = self.listeners / len(self.scene.rooms)
        count = max(burst, round(rate * seconds))
        await self.load.clear(sample)
        before = self.stage.look(*self.served.pids)
        self.publisher.start(rate, burst, count)
        in_time = await self._watch(rate * tabs, count / rate)
        published = await self.publisher.finish(DRAIN)
        wanted = round(published.count * tabs)
        tally = await self.load.until(lambda tally: tally["messages"] >= wanted, BEHIND if in_time else DRAIN)
        after = self.stage.look(*self.served.pids)
        await record_tops(self.stage.database_url, self.scene)
        return _step(rate, tally, in_time and tally["messages"] >= wanted, used(before, after))

    async def _watch(self, per_second: float, seconds: float) -> bool:
        """Whether the server kept up; where it does not, the publisher stops."""
        begun = time.monotonic()
        while (passed := time.monotonic() - begun) < seconds:
            await asyncio.sleep(min(0.2, max(0.0, seconds - passed)))
            due = (time.monotonic() - begun - BEHIND) * per_second
            if due > 0 and (await self.load.tally())["messages"] < due:
                self.publisher.stop()
                return False
        return True


def _step(rate: float, tally: Tally, complete: bool, use: Use) -> Step:
    waits = tally.latency
    return Step(rate, tally["messages"], complete, use.seconds, waits.quantile(0.5), waits.quantile(0.99), use)


@asynccontextmanager
async def open_bout(
    stage: Stage, contestant: Contestant, scene: Scene, size: int, entities: int = 1, listeners: int | None = None
) -> AsyncIterator[Bout]:
    """Start the server, connect `listeners` tabs, all unless told, and have messages of `size` bytes ready."""
    made = templates(scene.epochs, size, contestant.wrap, entities)
    async with (
        contestant.serve(stage) as served,
        open_load(stage.programs.load) as load,
        open_publisher(stage.programs.publish, stage.redis_url, made, scene.tops) as publisher,
    ):
        await load.add(served.port, contestant.dialog, (contestant.tab(scene, seat) for seat in scene.seats))
        here = load.tabs if listeners is None else listeners
        await load.open(count=here)
        yield Bout(stage, scene, served, load, publisher, here)
