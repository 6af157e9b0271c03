"""Nobody is told what is not theirs, with all parts real and at both doors, and by server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from websockets import ConnectionClosed

from server.infra.database import PostgresDatabase
from server.live.close_codes import CloseCode
from server.usecases.check_viewers import tell_ended
from tests.server.live.house import House, serving
from tests.server.live.peers import PATIENCE
from tests.server.live.people import Person, commit, new_person, publish, sql
from tests.server.live.test_sse import listening


class Listener:
    """A tab of somebody's on a real connection, by either door: all that it is told, and how it ends."""

    def __init__(self, reading: AsyncIterator[tuple[dict[str, Any], int | None]]) -> None:
        self.frames: list[dict[str, Any]] = []
        self.closed: int | None = None
        self._moved = asyncio.Event()
        self._task = asyncio.create_task(self._listen(reading))

    async def _listen(self, reading: AsyncIterator[tuple[dict[str, Any], int | None]]) -> None:
        async for frame, closed in reading:
            if closed is None:
                self.frames.append(frame)
            self.closed = closed
            self._moved.set()

    @property
    def names(self) -> list[str]:
        """Of the events, however they came."""
        events = [event for frame in self.frames for event in [frame, *frame.get("events", [])]]
        return [event["data"]["name"] for event in events if event["type"] == "event"]

    @property
    def place(self) -> tuple[str, int]:
        """Where it began."""
        first = next(frame for frame in self.frames if frame["type"] in ("reset", "replay"))
        return first["epoch"], first["seq"] if first["type"] == "reset" else first["to"]

    async def until(self, condition: Callable[[Listener], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition(self):
                assert not self._task.done(), self.frames
                self._moved.clear()
                await self._moved.wait()

    async def until_greeted(self) -> None:
        await self.until(lambda tab: {"queue"} < {frame["type"] for frame in tab.frames})

    async def end(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])


async def by_socket(
    door: House, key: str, workspace: UUID, place: tuple[str, int] | None = None
) -> AsyncIterator[tuple[dict[str, Any], int | None]]:
    """Every frame; and after them the close code."""
    hello: dict[str, Any] = {"type": "hello", "workspace": str(workspace)}
    if place is not None:
        hello |= {"epoch": place[0], "since": place[1]}
    async with door.open(headers={"Cookie": None, "Origin": None, "Authorization": f"Bearer {key}"}) as tab:
        await tab.send(json.dumps(hello))
        with suppress(ConnectionClosed):
            while True:
                yield json.loads(await tab.recv()), None
    yield {}, tab.close_code


async def by_stream(
    door: House, key: str, workspace: UUID, place: tuple[str, int] | None = None
) -> AsyncIterator[tuple[dict[str, Any], int | None]]:
    """The same as server-sent events."""
    since = {} if place is None else {"since": f"{place[0]}:{place[1]}"}
    bearer = {"Authorization": f"Bearer {key}"}
    async with listening(door, bearer, workspace=str(workspace), **since) as messages:
        while True:
            message = await messages.next()
            if message.get("event") == "close":
                yield {}, message["data"]["code"]
                return
            if "data" in message:
                yield message["data"], None


async def become_member(database_url: str, person: Person, workspace: UUID) -> None:
    statement = "INSERT INTO membership (account, workspace, role) VALUES ($1, $2, 'editor')"
    await sql(database_url, statement, person.account, workspace)


@pytest.mark.parametrize("kind", ["ours", "stock"])
async def test_with_all_parts_real_everybody_hears_their_own_and_nothing_else(
    database: PostgresDatabase, database_url: str, kind: str
) -> None:
    ada, bob, carol = [await new_person(database, f"{name}@atelier.example") for name in ("ada", "bob", "carol")]
    homes = {"ada's": ada.workspace, "bob's": bob.workspace, "both's": carol.workspace}
    for person in (ada, bob):
        await become_member(database_url, person, carol.workspace)
    theirs = {"ada's": [ada], "bob's": [bob], "both's": [ada, bob]}
    async with serving(database, ada, kind) as door:

        def all_ways(place: Callable[[str], tuple[str, int] | None]) -> dict[tuple[str, Person, int], Listener]:
            ways = product(homes, (ada, bob), (by_socket, by_stream))
            return {
                (name, person, number): Listener(way(door, person.key, homes[name], place(name)))
                for number, (name, person, way) in enumerate(ways)
            }

        async def tell(what: str) -> None:
            for name, home in homes.items():
                await publish(door.bus, await commit(database, home, 3, f"{name} {what}"))
                await publish(door.bus, await commit(database, home, 1, f"{name} last"))

        async def heard(tabs: dict[tuple[str, Person, int], Listener], what: str) -> None:
            for (name, person, _), tab in tabs.items():
                if person in theirs[name]:
                    await tab.until(lambda tab: bool(tab.names) and tab.names[-1].endswith("last"))
                    assert tab.names == [*[f"{name} {what}"] * 3, f"{name} last"]
                else:
                    await tab.until(lambda tab: tab.closed is not None)
                    assert (tab.closed, tab.frames) == (CloseCode.NO_SUCH_WORKSPACE, [])
                await tab.end()

        tabs = all_ways(lambda name: None)
        for (name, person, _), tab in tabs.items():
            if person in theirs[name]:
                await tab.until_greeted()
        places = {name: tab.place for (name, person, _), tab in tabs.items() if person in theirs[name]}
        await tell("event")
        await heard(tabs, "event")
        # All that was heard alive is read from the past now, which whoever has no place in it asks for in vain.
        await heard(all_ways(lambda name: places[name]), "event")


@pytest.mark.parametrize("way", [by_socket, by_stream])
@pytest.mark.parametrize("kind", ["ours", "stock"])
async def test_whose_role_is_taken_away_is_sent_away_and_told_nothing_more(
    database: PostgresDatabase, database_url: str, kind: str, way: Callable[..., Any]
) -> None:
    ada, bob = [await new_person(database, f"{name}@atelier.example") for name in ("ada", "bob")]
    await become_member(database_url, bob, ada.workspace)
    async with serving(database, ada, kind) as door:
        tabs = [Listener(way(door, person.key, ada.workspace)) for person in (ada, bob)]
        for tab in tabs:
            await tab.until_greeted()
        await publish(door.bus, await commit(database, ada.workspace, 2, "before"))
        for tab in tabs:
            await tab.until(lambda tab: len(tab.names) == 2)
        await sql(
            database_url, "DELETE FROM membership WHERE account = $1 AND workspace = $2", bob.account, ada.workspace
        )
        after = await commit(database, ada.workspace, 2, "after")
        await tell_ended(door.bus, bob.account)
        async with asyncio.timeout(2):
            await publish(door.bus, after)
            await tabs[0].until(lambda tab: len(tab.names) == 4)
            await tabs[1].until(lambda tab: tab.closed is not None)
        assert tabs[1].closed == CloseCode.NO_SUCH_WORKSPACE
        assert tabs[1].names == ["before"] * 2
        again = Listener(way(door, bob.key, ada.workspace, tabs[1].place))
        await again.until(lambda tab: tab.closed is not None)
        assert (again.closed, again.frames) == (CloseCode.NO_SUCH_WORKSPACE, [])
        for tab in [*tabs, again]:
            await tab.end()
