"""Fan-out: how many deliveries a second one core bears into one room, until one message in a hundred is 100 ms late."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.bench.live.atelier import NEVER, Atelier
from tests.bench.live.bout import Bout, Step, open_bout
from tests.bench.live.contestant import Contestant
from tests.bench.live.events import SMALL
from tests.bench.live.scene import seat
from tests.bench.live.search import highest
from tests.bench.live.stage import Stage
from tests.bench.live.table import Column, Values

SECONDS = 2.0
JOINED = 64
SAMPLE = 7
"""One message in so many is looked at for its time: the load program must not be the slower one."""


@dataclass(frozen=True)
class Kind:
    """Messages of `size` bytes, `burst` at a time; the search begins at `start` deliveries a second."""

    row: str
    size: int
    burst: int
    start: float


KINDS = (
    Kind("each alone", SMALL, 1, 40_000),
    Kind(f"{JOINED} at a time", SMALL, JOINED, 80_000),
)
STEP_COLUMNS = (
    Column("per_second", "deliveries/s"),
    Column("processor", "µs of its core a delivery", ".2f"),
    Column("p50", "p50 ms", ".1f"),
    Column("p99", "p99 ms", ".1f"),
    Column("other_core", "other core busy", ".0%"),
    Column("strangers", "others on its core", ".0%"),
)


@dataclass(frozen=True)
class FanOut:
    """`tabs` in one room."""

    tabs: int
    kinds: tuple[Kind, ...] = KINDS
    columns = STEP_COLUMNS

    @property
    def title(self) -> str:
        """With the number of tabs."""
        return f"Fan-out to {self.tabs:,} tabs of one room"

    @property
    def note(self) -> str:
        """What was published, and what was not."""
        return (
            f"The highest rate of frames of {SMALL} bytes, published straight to Redis, at which all come, 99 in 100 "
            "of them within 100 ms. The numbers are real, the commits behind them are not (`LIVE_CHECK` is a day)."
        )

    def contestants(self, peers: Sequence[Contestant]) -> Sequence[Contestant]:
        """Everybody."""
        return [Atelier(LIVE_CHECK=NEVER), *peers]

    async def measure(self, stage: Stage, contestant: Contestant) -> Mapping[str, Values]:
        """Each kind on a server of its own."""
        scene = await seat(stage.database_url, 1, self.tabs)
        found: dict[str, Values] = {}
        for kind in self.kinds:
            async with open_bout(stage, contestant, scene, kind.size) as bout:
                best = await _highest(bout, kind)
                found[kind.row] = step_values(best)
        return found


async def _highest(bout: Bout, kind: Kind) -> Step | None:
    async def attempt(rate: float) -> Step:
        return await bout.attempt(rate, SECONDS, kind.burst, SAMPLE)

    return await highest(attempt, kind.start / bout.load.tabs)


def step_values(step: Step | None) -> Values:
    """The columns of a rate."""
    if step is None:
        return {"per_second": 0.0}
    return {
        "rate": step.rate,
        "per_second": step.per_second,
        "processor": step.processor * 1e6,
        "p50": step.p50 * 1e3,
        "p99": step.p99 * 1e3,
        "other_core": step.use.other_core,
        "strangers": step.use.strangers,
    }
