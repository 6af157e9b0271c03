"""The guarded client against raw servers, and witnesses of what it connects to."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import Any

from server.core.destination import ANYWHERE, Destinations
from server.infra.guarded_http import Answer, Caps, GuardedHttp, Resolve, origin_of, parse
from tests import raw_server
from tests.raw_server import BOUND, RawServer, trusting

HERE = "127.0.0.1"
INSIDE = "127.0.0.2"
"""Stands for an address that is not public: tests let the policy take `HERE` for one that is."""

METADATA = "169.254.169.254"


class ConnectSpy:
    """Every address that this process connects a socket to, as the interpreter itself reports it."""

    def __init__(self) -> None:
        self.seen: list[Any] = []
        self.on = False
        # An audit hook stays for good, so there is one, and it is switched.
        sys.addaudithook(self._hear)

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        if self.on and event in ("socket.connect", "socket.sendto"):
            self.seen.append(args[1])

    @property
    def hosts(self) -> set[str]:
        """The numeric hosts among them."""
        return {str(address[0]) for address in self.seen if isinstance(address, tuple)}


_SPY = ConnectSpy()


@contextmanager
def spying() -> Iterator[ConnectSpy]:
    """The one spy, empty, while entered."""
    _SPY.seen.clear()
    _SPY.on = True
    try:
        yield _SPY
    finally:
        _SPY.on = False


def resolving(names: Mapping[str, Sequence[str]]) -> Resolve:
    """A resolver that knows these names, and numbers."""

    async def resolve(host: str, port: int) -> Sequence[str]:
        if host in names:
            return names[host]
        if host.replace(".", "").isdigit() or ":" in host:
            return [host]
        raise OSError(f"{host} has no address")

    return resolve


def only_here(address: str) -> bool:
    """The rule for addresses in these tests: a raw server's is public, nothing else is."""
    return address == HERE


@asynccontextmanager
async def asking(answer: raw_server.Answer, **options: Any) -> AsyncIterator[tuple[RawServer, GuardedHttp]]:
    """A client that trusts one raw server, over plain HTTP; `options` are those of GuardedHttp, and of Caps."""
    async with (
        RawServer(answer) as server,
        client(Destinations.listed([], origin_of(parse(server.url))), **options) as http,
    ):
        yield server, http


@asynccontextmanager
async def asking_outside(
    answer: raw_server.Answer, names: Mapping[str, Sequence[str]] | None = None, **options: Any
) -> AsyncIterator[tuple[RawServer, GuardedHttp]]:
    """A client of the open internet, which one raw server plays: `results.example` and `localhost`, with TLS."""
    known = names or {"results.example": [HERE], "localhost": [HERE]}
    options = {"resolve": resolving(known), **options}
    async with (
        RawServer(answer, tls=True) as server,
        client(replace(ANYWHERE, permits=only_here), **options) as http,
    ):
        yield server, http


@asynccontextmanager
async def client(policy: Destinations, **options: Any) -> AsyncIterator[GuardedHttp]:
    """A client whose every wait together is bounded."""
    caps = {name: options.pop(name) for name in list(options) if name in Caps.__slots__}
    http = GuardedHttp(policy, Caps(**caps), **{"tls": trusting(), **options})
    try:
        async with asyncio.timeout(BOUND):
            yield http
    finally:
        await http.aclose()


async def get_once(url: str, policy: Destinations = ANYWHERE, **options: Any) -> Answer:
    """One request of a client of its own."""
    async with client(policy, **options) as http:
        return await http.get(url)


@asynccontextmanager
async def tripwire(port: int = 0) -> AsyncIterator[RawServer]:
    """Listens at `INSIDE`, where nobody may come: at the end one connection of the test's own is all it has seen."""
    async with RawServer(raw_server.says(b"inside"), host=INSIDE, port=port) as server:
        yield server
        _, writer = await asyncio.open_connection(INSIDE, server.port)
        async with asyncio.timeout(BOUND):
            await server.arrived.wait()
        writer.close()
        # Connections are taken in order: one that had come before would have been counted before.
        assert len(server.visits) == 1
