"""What a tab holds: its scripts' heap after the garbage is collected, and whether that grows."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, CDPSession, Page

from tests.bench.heap_snapshot import Census, take_census

MB = 1_000_000
# Until then code is compiled and caches fill.
WARM = 400
FLAT_SHARE, FLAT_BYTES = 0.05, MB


@dataclass(frozen=True)
class Sample:
    """A tab after so many live events: bytes of its heap, nodes and listeners of its documents, its process's bytes.

    `process` is None where the system does not tell. The bench's own tool keeps a copy of every answer in there, so
    what was `fetched` until then, in bytes, stands beside it.
    """

    events: int
    heap: int
    nodes: int
    listeners: int
    process: int | None
    fetched: int


@dataclass(frozen=True)
class Growth:
    """A straight line through the heap of the samples after the first `WARM` events."""

    events: int
    first: float
    slope: float

    @property
    def bytes(self) -> float:
        """How much the heap grew over the whole line."""
        return self.slope * self.events

    @property
    def share(self) -> float:
        """The same as a share of what it was."""
        return self.bytes / self.first

    @property
    def flat(self) -> bool:
        """Whether that is next to nothing."""
        return self.share < FLAT_SHARE or self.bytes < FLAT_BYTES


def growth(samples: Sequence[Sample]) -> Growth:
    """By least squares. Raises `statistics.StatisticsError` where fewer than two samples are left."""
    warm = [sample for sample in samples if sample.events >= WARM]
    slope, start = statistics.linear_regression([one.events for one in warm], [one.heap for one in warm])
    first, last = warm[0].events, warm[-1].events
    return Growth(last - first, start + slope * first, slope)


class Scales:
    """Weighs one tab."""

    def __init__(self, page: CDPSession, browser: CDPSession) -> None:
        self._page, self._browser = page, browser

    @classmethod
    async def open(cls, browser: Browser, page: Page) -> Scales:
        """For that page."""
        session = await page.context.new_cdp_session(page)
        await session.send("Performance.enable")
        return cls(session, await browser.new_browser_cdp_session())

    async def census(self) -> Census:
        """What the heap is made of."""
        return await take_census(self._page)

    async def weigh(self, events: int, fetched: int) -> Sample:
        """After the caches of drawn pictures are emptied, and the garbage of the garbage is collected too."""
        await self._page.send("Memory.simulatePressureNotification", {"level": "critical"})
        for _ in range(2):
            await self._page.send("HeapProfiler.collectGarbage")
        heap = (await self._page.send("Runtime.getHeapUsage"))["usedSize"]
        told = (await self._page.send("Performance.getMetrics"))["metrics"]
        metrics = {metric["name"]: int(metric["value"]) for metric in told}
        nodes, listeners = metrics["Nodes"], metrics["JSEventListeners"]
        return Sample(events, int(heap), nodes, listeners, await self._process(), fetched)

    async def _process(self) -> int | None:
        """The largest of the browser's processes that draw pages: the other is a spare one."""
        told = (await self._browser.send("SystemInfo.getProcessInfo"))["processInfo"]
        sizes = [_proportional_set(process["id"]) for process in told if process["type"] == "renderer"]
        return max((size for size in sizes if size is not None), default=None)


def _proportional_set(pid: int) -> int | None:
    """A process's own memory and its part of what it shares, in bytes."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), None)


def print_samples(samples: Sequence[Sample]) -> None:
    """Markdown."""
    print("| live events | heap kB | nodes | listeners | process MB | fetched MB |")
    print("| --- | --- | --- | --- | --- | --- |")
    for sample in samples:
        process = "-" if sample.process is None else f"{sample.process / MB:.0f}"
        print(
            f"| {sample.events:,} | {sample.heap / 1000:,.0f} | {sample.nodes:,} | {sample.listeners:,} "
            f"| {process} | {sample.fetched / MB:.0f} |"
        )


def print_growth(found: Growth) -> None:
    """One line."""
    print(
        f"{found.slope:+.2f} kB of heap for 1,000 events; {found.bytes / 1000:+.0f} kB ({found.share:+.1%}) over "
        f"{found.events:,} events after the first {WARM}: {'flat' if found.flat else 'NOT flat'}"
    )
