"""The short way into a house with people in it: whoever comes by it sleeps and hears, and nothing of it is left."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from server.infra.database import PostgresDatabase
from server.live.doorway import Doorway
from server.live.dormant import Dormant
from server.live.protocol import LiveHttp
from tests.server.live.autobahn_cases import PONG, ping, text
from tests.server.live.house import serving
from tests.server.live.peers import PATIENCE
from tests.server.live.people import new_person
from tests.server.live.raw_client import HELLO, RawClient, handshake


@asynccontextmanager
async def tab(database: PostgresDatabase, say: Callable[[RawClient, bytes], Awaitable[Any]]) -> AsyncIterator[Any]:
    """A house, and a client that shook hands in its own way."""
    async with serving(database, await new_person(database), "ours") as house:
        client = await RawClient.dial(house.port)
        await say(client, handshake(house.port, house.person.key, "/api/live"))
        assert (await client.hear_head()).startswith(b"HTTP/1.1 101 ")
        await client.greet()
        yield house, client
        client.end()


async def at_once(client: RawClient, data: bytes) -> None:
    await client.say(data)


async def in_pieces(client: RawClient, data: bytes) -> None:
    await client.say(data, 100)


async def second(client: RawClient, data: bytes) -> None:
    await client.say(b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n")
    head = await client.hear_head()
    assert head.startswith(b"HTTP/1.1 404 "), head
    await client.hear_bytes(int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
    await client.say(data)


@pytest.mark.parametrize("say", [at_once, in_pieces, second])
async def test_however_one_comes_in_one_sleeps_and_hears(
    database: PostgresDatabase, say: Callable[[RawClient, bytes], Awaitable[Any]]
) -> None:
    async with tab(database, say) as (house, client):
        (sitting,) = house.hub.sockets
        assert isinstance(sitting.line, Dormant)
        top = await house.change()
        assert (await client.word())["seq"] == top


async def test_a_client_that_does_not_wait_is_heard(
    database: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(database, await new_person(database), "ours") as house:
        asked, may_go_on = asyncio.Event(), asyncio.Event()
        answers = house.answers

        async def slowly(connection: Any) -> Any:
            asked.set()
            await may_go_on.wait()
            return await answers(connection)

        monkeypatch.setattr(house, "answers", slowly)
        client = await RawClient.dial(house.port)
        await client.say(handshake(house.port, house.person.key, "/api/live"))
        await asyncio.wait_for(asked.wait(), PATIENCE)
        await client.say(text(HELLO.encode()) + ping(b"a"))
        may_go_on.set()
        assert (await client.hear_head()).startswith(b"HTTP/1.1 101 ")
        assert await client.hear() == (PONG, b"a")
        assert (await client.word())["type"] == "reset"
        client.end()


def kept() -> list[Doorway | LiveHttp]:
    # By their type: of a weak proxy, which other tests leave about, anything else may be gone.
    return [thing for thing in gc.get_objects() if type(thing) in (Doorway, LiveHttp)]


async def test_nothing_of_it_is_left_behind_a_socket_that_sleeps(database: PostgresDatabase) -> None:
    others = kept()
    # Without the collector: it comes round seldom, and a storm would wait for it in memory.
    gc.disable()
    try:
        async with tab(database, at_once):
            assert [thing for thing in kept() if not any(thing is other for other in others)] == []
    finally:
        gc.enable()
