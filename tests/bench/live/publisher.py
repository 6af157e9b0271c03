"""Who publishes: a program in C that fills in templates and writes them to Redis at a steady rate."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from urllib.parse import urlsplit

from tests.bench.live.events import FIRST, Template
from tests.bench.live.talking import Talking, talking


@dataclass(frozen=True)
class Published:
    """How many messages, in how many seconds, and how late the latest was against its time."""

    count: int
    seconds: float
    latest: float


class Publisher:
    """Numbers go on from run to run."""

    def __init__(self, program: Talking, rooms_of: Sequence[int]) -> None:
        self._program = program
        self._rooms_of = rooms_of
        self._published = 0

    def start(self, rate: float, burst: int, count: int) -> None:
        """Begin to publish `count` messages, `rate` a second, `burst` of them at a time."""
        self._program.say(f"run {rate:.3f} {burst} {count}")

    def stop(self) -> None:
        """End a run early."""
        self._program.say("stop")

    async def finish(self, limit: float) -> Published:
        """What was published. Raises TimeoutError after `limit` seconds."""
        told = await self._program.hear(limit)
        self._published += told["published"]
        return Published(told["published"], told["took"] / 1e9, told["latest"] / 1e9)

    def tops(self) -> dict[int, int]:
        """The last number of each room."""
        rounds, rest = divmod(self._published, len(self._rooms_of))
        tops: dict[int, int] = {}
        for place, room in enumerate(self._rooms_of):
            tops[room] = tops.get(room, FIRST) + rounds + (place < rest)
        return tops


@asynccontextmanager
async def open_publisher(program: Path, redis_url: str, templates: Sequence[Template]) -> AsyncIterator[Publisher]:
    """Run it until the block ends. Every room begins after the number `FIRST`."""
    with NamedTemporaryFile() as file:
        for template in templates:
            file.write(template.record(FIRST))
        file.flush()
        async with talking(str(program), urlsplit(redis_url).path, file.name) as running:
            await running.hear()
            yield Publisher(running, [template.room for template in templates])
