"""Who publishes: a program in C that fills in templates and writes them to Redis at a steady rate."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from urllib.parse import urlsplit

from tests.bench.live.events import Template
from tests.bench.live.talking import Talking, talking


@dataclass(frozen=True)
class Published:
    """How many messages, in how many seconds, and how late the latest was against its time."""

    count: int
    seconds: float
    latest: float


class Publisher:
    """`tops` holds the last number of each room, and is kept up to date."""

    def __init__(self, program: Talking, templates: Sequence[Template], tops: list[int]) -> None:
        self._program = program
        self._templates = templates
        self._tops = tops
        self._next = 0

    def start(self, rate: float, burst: int, count: int) -> None:
        """Begin to publish `count` messages, `rate` a second, `burst` of them at a time."""
        self._program.say(f"run {rate:.3f} {burst} {count}")

    def stop(self) -> None:
        """End a run early."""
        self._program.say("stop")

    async def finish(self, limit: float) -> Published:
        """What was published. Raises TimeoutError after `limit` seconds."""
        told = await self._program.hear(limit)
        self._count(told["published"])
        return Published(told["published"], told["took"] / 1e9, told["latest"] / 1e9)

    def _count(self, published: int) -> None:
        """The templates take turns, from run to run."""
        rounds, rest = divmod(published, len(self._templates))
        for place, template in enumerate(self._templates):
            turn = (place - self._next) % len(self._templates)
            self._tops[template.room] += rounds + (turn < rest)
        self._next = (self._next + published) % len(self._templates)


@asynccontextmanager
async def open_publisher(
    program: Path, redis_url: str, templates: Sequence[Template], tops: list[int]
) -> AsyncIterator[Publisher]:
    """Run it until the block ends. Numbers go on from `tops`."""
    with NamedTemporaryFile() as file:
        for template in templates:
            file.write(template.record(tops[template.room]))
        file.flush()
        async with talking(str(program), urlsplit(redis_url).path, file.name) as running:
            await running.hear()
            yield Publisher(running, templates, tops)
