"""Commits events through the product's own unit of work, and has its outbox publish them.

`python -m tests.bench.live.committer FILE`, a workspace's id a line in FILE, DATABASE_URL and REDIS_URL set. The line
`run RATE COUNT EVENTS` on standard input commits COUNT times, EVENTS each, for one workspace after another, or until
`stop`; then it answers with a line of JSON. `warm` opens every connection and commits once over each, so that no start
of a process is measured. Each event carries, as `data.t`, the moment just after its commit.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import uvloop

from server.collector import keep_collector_quiet
from server.core.events import Change, Event, EventKind
from server.core.ports import Unit
from server.core.stores import Wake
from server.infra.bus import RedisBus
from server.infra.database import PostgresDatabase
from server.infra.outbox import Outbox
from server.infra.queue import ArqQueue
from tests.bench.live.events import whole_image

AT_ONCE = 8
"""Transactions under way."""


class Committer:
    """Commits for one workspace after another."""

    def __init__(self, database_url: str, redis_url: str, workspaces: Sequence[UUID]) -> None:
        self._bus, self._queue = RedisBus(redis_url), ArqQueue(redis_url)
        self.outbox = Outbox(self._bus, self._queue)
        self._database = PostgresDatabase(database_url, AT_ONCE, self._announce)
        self._workspaces = workspaces
        self._next = 0
        self._places = asyncio.Semaphore(AT_ONCE)
        self._stopped = False
        self._connected = False

    async def warm(self) -> dict[str, int]:
        """Open every connection for the run that follows, and commit an event over each."""
        await self._connect()
        for _ in range(AT_ONCE):
            await self._places.acquire()
        await asyncio.gather(*(self._commit(1) for _ in range(AT_ONCE)))
        return {"committed": AT_ONCE}

    async def run(self, rate: float, count: int, events: int) -> dict[str, Any]:
        """Commit `count` times, `rate` a second, or until it is stopped, over connections that end with it.

        `latest` is by how many seconds one began late; `dropped` counts what the outbox never published.
        """
        self._stopped = False
        await self._connect()
        begun, latest, committed = time.monotonic(), 0.0, 0
        async with asyncio.TaskGroup() as tasks:
            while committed < count and not self._stopped:
                due = begun + committed / rate
                await asyncio.sleep(due - time.monotonic())
                await self._places.acquire()
                latest = max(latest, time.monotonic() - due)
                tasks.create_task(self._commit(events))
                committed += 1
        took = time.monotonic() - begun
        await self._database.disconnect()
        self._connected = False
        return {"committed": committed, "took": took, "latest": latest, "dropped": self.outbox.dropped}

    def stop(self) -> None:
        """End a run early."""
        self._stopped = True

    async def _connect(self) -> None:
        if not self._connected:
            await self._database.connect()
            self._connected = True

    async def _commit(self, events: int) -> None:
        workspace = self._workspaces[self._next % len(self._workspaces)]
        self._next += 1
        images = [whole_image() for _ in range(events)]

        async def work(unit: Unit) -> None:
            # For those who read it from PostgreSQL: there is nothing that tells when the commit was.
            now = time.monotonic_ns()
            for image in images:
                unit.tell(Change(workspace, EventKind.IMAGE_CHANGED, {"t": now, **image}))

        try:
            await self._database.transact(work)
        finally:
            self._places.release()

    def _announce(self, events: Sequence[Event], wakes: Sequence[Wake], stirred: bool) -> None:
        """Called as soon as the commit is known to be done."""
        now = time.monotonic_ns()
        self.outbox.put([replace(event, data={**event.data, "t": now}) for event in events], wakes, stirred)


async def main(path: Path) -> None:
    """Until standard input ends."""
    workspaces = [UUID(line) for line in path.read_text().split()]  # noqa: ASYNC240
    committer = Committer(os.environ["DATABASE_URL"], os.environ["REDIS_URL"], workspaces)
    await committer.outbox.start()
    # As the processes do that commit in the product.
    keep_collector_quiet()
    print("{}", flush=True)

    async def run(rate: float, count: int, events: int) -> None:
        print(json.dumps(await committer.run(rate, count, events)), flush=True)

    async with asyncio.TaskGroup() as runs:
        while words := (await asyncio.to_thread(sys.stdin.readline)).split():
            if words[0] == "run":
                runs.create_task(run(float(words[1]), int(words[2]), int(words[3])))
            elif words[0] == "warm":
                print(json.dumps(await committer.warm()), flush=True)
            else:
                committer.stop()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(Path(sys.argv[1])))
