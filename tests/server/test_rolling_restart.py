"""Two web processes are started anew, one after the other, while people work: no tab loses or repeats anything."""

from __future__ import annotations

import asyncio
import json
import random
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from server.infra.bus import RedisBus
from server.infra.database import PostgresDatabase
from server.live.close_codes import CloseCode
from tests.server.live.peers import Stream
from tests.server.live.people import Person, change, new_person

from .programs import start
from .test_serve import BOUND, IN_ORDER, LEAVES_WITHIN, free_port, until_it_answers

TABS = 24
AWAY_AT_MOST = 5.0
"""Seconds: the window that the server names, and what it takes to come back."""


class Web:
    """One of the two, on a port of its own."""

    def __init__(self, **values: str) -> None:
        self.port = free_port()
        self._values = {**values, "PORT": str(self.port)}
        self._process: asyncio.subprocess.Process
        self._said: asyncio.Task[tuple[bytes, bytes]]

    async def start(self) -> None:
        self._process = await start("-m", "server.cli", "web", **self._values)
        self._said = asyncio.create_task(self._process.communicate())
        await until_it_answers(self._process, self.port)

    async def start_anew(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(LEAVES_WITHIN):
            assert await self._process.wait() in IN_ORDER
        await self.start()

    async def end(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
        print((await self._said)[1].decode())


class Tab:
    """Comes back by the client's rules, to whichever process its proxy finds listening."""

    def __init__(self, person: Person, ports: Sequence[int]) -> None:
        self.stream = Stream()
        self.moved = asyncio.Event()
        self.returns = 0
        self.longest = 0.0
        self._bearer = {"Authorization": f"Bearer {person.key}"}
        self._ports = ports
        self._window = 0.2
        self._left: float | None = None
        self._staying = asyncio.create_task(self._stay())
        self._staying.add_done_callback(lambda _: self.moved.set())

    async def leave(self) -> None:
        """Raises what went wrong while it stayed."""
        self._staying.cancel()
        with suppress(asyncio.CancelledError):
            await self._staying

    async def _stay(self) -> None:
        for turn in count():
            # A proxy passes over a process that does not listen, or that says it is leaving.
            with suppress(OSError, InvalidHandshake):
                await self._visit(self._ports[turn % len(self._ports)])
            await asyncio.sleep(random.random() * self._window)
            self._window = 0.2

    async def _visit(self, port: int) -> None:
        url, protocols = f"ws://127.0.0.1:{port}/api/live", [Subprotocol("atelier.v1")]
        async with connect(url, subprotocols=protocols, additional_headers=self._bearer, proxy=None) as connection:
            with suppress(ConnectionClosed):
                await connection.send(self.stream.hello())
                async for text in connection:
                    self._hear(str(text))
            assert connection.close_code == CloseCode.RESTARTING, (connection.close_code, connection.close_reason)
            self._left = asyncio.get_running_loop().time()

    def _hear(self, text: str) -> None:
        if self._left is not None:
            self.returns += 1
            self.longest = max(self.longest, asyncio.get_running_loop().time() - self._left)
            self._left = None
        frame = json.loads(text)
        if frame["type"] == "goodbye":
            self._window = frame["retry_after_ms"] / 1000
        self.stream.apply(text)
        self.moved.set()

    async def until_at(self, position: int) -> None:
        async with asyncio.timeout(BOUND):
            while (self.stream.position or 0) < position and not self._staying.done():
                self.moved.clear()
                await self.moved.wait()


@asynccontextmanager
async def at_work(database: PostgresDatabase, bus: RedisBus, person: Person) -> AsyncIterator[None]:
    """Somebody changes something a hundred times a second."""

    async def work() -> None:
        while True:
            await change(database, bus, person.workspace)
            await asyncio.sleep(0.01)

    working = asyncio.create_task(work())
    yield
    assert not working.done(), "the work went on all the while"
    working.cancel()
    await asyncio.wait([working])


async def test_a_rolling_restart_loses_nothing(
    database: PostgresDatabase, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    person, bus = await new_person(database), RedisBus(redis_url)
    values = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "ATELIER_DATA": str(tmp_path), "SECRET_KEY": "s"}
    webs = [Web(**values) for _ in range(2)]
    await asyncio.gather(*(web.start() for web in webs))
    ports = [web.port for web in webs]
    tabs = [Tab(person, ports if number % 2 else ports[::-1]) for number in range(TABS)]
    try:
        await asyncio.gather(*(tab.until_at(1) for tab in tabs))
        async with at_work(database, bus, person):
            for web in webs:
                await web.start_anew()
        last = await change(database, bus, person.workspace)
        await asyncio.gather(*(tab.until_at(last) for tab in tabs))
    finally:
        left = await asyncio.gather(*(tab.leave() for tab in tabs), return_exceptions=True)
        await asyncio.gather(*(web.end() for web in webs))
        await bus.aclose()
    assert left == [None] * TABS
    for tab in tabs:
        first = tab.stream.frames[0]["seq"]
        assert tab.stream.resets == 1, "only the fresh start"
        assert tab.stream.numbers == list(range(first + 1, last + 1))
        assert 1 <= tab.returns <= 2, "no more than one return for each process"
        assert tab.longest < AWAY_AT_MOST
