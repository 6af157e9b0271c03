"""The load program's own ceiling: what it takes from a server of a few lines that does nothing but write."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from tests.bench.live.contestant import ANY, Contestant, Served, request
from tests.bench.live.events import SMALL
from tests.bench.live.load import Load, Tab, open_load
from tests.bench.live.machine import pin, used
from tests.bench.live.scene import Scene, Seat
from tests.bench.live.stage import Stage
from tests.bench.live.table import Column, Values
from tests.bench.live.talking import Talking, talking

SECONDS = 3.0
JOINED = (1, 64)


class Blaster:
    """blast.c; nobody publishes to it."""

    name = "C that only writes"
    dialog = ("dialog", "rule message {")
    resumes = False
    most = ANY

    async def prepare(self, stage: Stage) -> None:
        """It is compiled already."""

    @asynccontextmanager
    async def serve(self, stage: Stage) -> AsyncIterator[Served]:
        """Not this way: it is told to write."""
        raise NotImplementedError
        yield

    def tab(self, scene: Scene, seat: Seat) -> Tab:
        """It reads no request."""
        return request("/"), b""

    def wrap(self, room: UUID, epoch: str, key: str, frame: bytes) -> tuple[str, bytes]:
        """Nothing is published."""
        raise NotImplementedError


@dataclass(frozen=True)
class Ceiling:
    """So many tabs that are written to."""

    tabs: int = 1_000
    columns = (
        Column("per_second", "messages/s"),
        Column("processor", "µs of the other core a message", ".3f"),
        Column("other_core", "other core busy", ".0%"),
    )

    @property
    def title(self) -> str:
        """With the number of tabs."""
        return f"The load program itself, {self.tabs:,} tabs"

    @property
    def note(self) -> str:
        """Why it is measured."""
        return (
            f"Frames of {SMALL} bytes, so many joined in one write, as fast as they are taken. No figure that "
            "comes near these is the server's own."
        )

    def contestants(self, peers: Sequence[Contestant]) -> Sequence[Contestant]:
        """None of them."""
        return [Blaster()]

    async def measure(self, stage: Stage, contestant: Contestant) -> Mapping[str, Values]:
        """Each number of frames in one write."""
        async with (
            talking(str(stage.programs.blast), str(self.tabs)) as blaster,
            open_load(stage.programs.load) as load,
        ):
            pin(blaster.pid, stage.cores.server)
            port = (await blaster.hear())["port"]
            await load.add(port, contestant.dialog, [(request("/"), b"")] * self.tabs)
            await load.open()
            return {f"{joined} in one write": await _blast(stage, blaster, load, joined) for joined in JOINED}


async def _blast(stage: Stage, blaster: Talking, load: Load, joined: int) -> Values:
    await load.clear()
    first, before = await load.tally(), stage.look(blaster.pid)
    written = await blaster.ask(f"go {joined} {SMALL} {SECONDS}", limit=SECONDS + 10)
    last = await load.until(lambda tally: tally["messages"] >= written["written"], patience=10)
    use = used(before, stage.look(blaster.pid))
    return {
        "per_second": last["messages"] / use.seconds,
        "processor": (last["processor"] - first["processor"]) / 1e3 / last["messages"],
        "other_core": use.other_core,
    }
