"""The load program: thousands of tabs in one process of its own, told what to do line by line."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from tests.bench.live.histogram import Histogram
from tests.bench.live.talking import Talking, talking

Tab = tuple[bytes, bytes]
"""The head of the request that opens a WebSocket, and the first text after it (none where it is empty)."""

FLIGHT = 1_000
"""How many may be on their way in at once: more would overflow the queue in which the kernel keeps them."""
TICK = 0.05


@dataclass(frozen=True)
class Tally:
    """What the load program has counted since it was cleared; times in nanoseconds of the monotonic clock."""

    counts: dict[str, Any]

    def __getitem__(self, name: str) -> int:
        return int(self.counts[name])

    @property
    def latency(self) -> Histogram:
        """From publishing to receiving, of the messages that were looked at."""
        return Histogram(self.counts["latency"])

    @property
    def ended(self) -> dict[str, int]:
        """Connections that ended, by close code or HTTP status; "0" without any."""
        return dict(self.counts["ended"])


class Load:
    """The tabs of one measurement."""

    def __init__(self, program: Talking) -> None:
        self._program = program
        self.tabs = 0

    async def add(self, port: int, dialog: Sequence[str], tabs: Iterable[Tab]) -> None:
        """Tabs of that server, which are not opened yet, and how to talk with it."""
        for line in (f"port {port}", *dialog):
            await self._program.ask(line)
        with NamedTemporaryFile() as file:
            for head, hello in tabs:
                file.write(b"%d %d\n%b%b" % (len(head), len(hello), head, hello))
                self.tabs += 1
            file.flush()
            await self._program.ask(f"tabs {file.name}")

    async def open(self, start: int = 0, count: int | None = None, patience: float = 60.0) -> float:
        """Connect some, all unless told. Seconds until every one of them has the answer to its hello.

        Raises RuntimeError where one does not get it in time.
        """
        wanted = self.tabs - start if count is None else count
        before = await self.tally()
        await self._program.ask(f"open {start} {wanted} {FLIGHT}")
        after = await self.until(lambda tally: tally["answers"] - before["answers"] >= wanted, patience)
        if after["answers"] - before["answers"] < wanted:
            raise RuntimeError(f"{wanted} tabs did not come in within {patience:g} s: {_without_latency(after)}")
        return (after["last_answer"] - after["first_open"]) / 1e9

    async def deafen(self, start: int, count: int) -> None:
        """Tabs that read nothing any more once they are answered. Before they are opened."""
        await self._program.ask(f"deaf {start} {count}")

    async def come_back(self, port: int) -> None:
        """Tabs whose connection ends come back by the rules of the product's page, to that port."""
        await self._program.ask(f"port {port}")
        await self._program.ask("follow 1")

    async def close(self) -> None:
        """Cut all connections; the tabs may be opened again, from where they were."""
        await self._program.ask("follow 0")
        await self._program.ask(f"close 0 {self.tabs}")

    async def clear(self, sample: int = 1) -> None:
        """Count from nothing, and look at one message in `sample` for its time."""
        await self._program.ask("clear")
        await self._program.ask(f"sample {sample}")

    async def tally(self) -> Tally:
        """The counts so far."""
        return Tally(await self._program.ask("stats"))

    async def positions(self) -> list[int]:
        """The last number of each tab, -1 for none."""
        return list(await self._program.ask("positions"))

    async def until(self, met: Callable[[Tally], bool], patience: float) -> Tally:
        """The tally once `met` holds of it, or after `patience` seconds."""
        end = time.monotonic() + patience
        tally = await self.tally()
        while not met(tally) and time.monotonic() < end:
            await asyncio.sleep(TICK)
            tally = await self.tally()
        return tally


def _without_latency(tally: Tally) -> dict[str, Any]:
    return {name: value for name, value in tally.counts.items() if name != "latency" and value}


@asynccontextmanager
async def open_load(program: Path) -> AsyncIterator[Load]:
    """Run it until the block ends."""
    async with talking(str(program)) as running:
        yield Load(running)
