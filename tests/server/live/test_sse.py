"""The same stream over HTTP, on a real uvicorn."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx
import pytest

from server.infra.database import PostgresDatabase
from server.live import sse
from server.live.close_codes import CloseCode
from server.live.frames import SERVER_FRAME
from server.live.hub import MAX_SOCKETS
from server.live.news import alone
from server.usecases import sign_in
from server.usecases.check_viewers import tell_ended
from tests.server.live.events import frame
from tests.server.live.house import TIMES, House, serving
from tests.server.live.peers import PATIENCE, eventually
from tests.server.live.people import Person, new_person


class Messages:
    """What a reader of the stream gets: id, event and data of each message."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.aiter_lines()

    async def next(self) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        async with asyncio.timeout(PATIENCE):
            while line := await anext(self._lines):
                name, _, value = line.partition(": ")
                fields[name] = value
        if "data" in fields:
            fields["data"] = json.loads(fields["data"])
        return fields

    async def frame(self) -> tuple[dict[str, Any], str | None]:
        """The next frame of the stream and its place; queues are passed over."""
        while True:
            message = await self.next()
            if "data" not in message:
                continue
            assert "event" not in message, message
            SERVER_FRAME.validate_python(message["data"])
            if message["data"]["type"] != "queue":
                return message["data"], message.get("id")

    async def closing(self) -> int:
        while True:
            message = await self.next()
            if message.get("event") == "close":
                assert message["data"]["reason"]
                return int(message["data"]["code"])


@asynccontextmanager
async def listening(house: House, headers: dict[str, str] | None = None, **query: str) -> AsyncIterator[Messages]:
    """A reader with the person's cookie, as a page of ours sends it, unless told otherwise."""
    headers = {"Cookie": f"atelier_session={house.person.token}"} if headers is None else headers
    async with (
        httpx.AsyncClient(base_url=house.origin, timeout=PATIENCE) as client,
        client.stream("GET", "/api/live/events", params=query, headers=headers) as response,
    ):
        if response.status_code != 200:
            await response.aread()
        yield Messages(response)


async def refusal(house: House, headers: dict[str, str] | None = None, **query: str) -> tuple[int, str]:
    async with listening(house, headers, **query) as messages:
        assert messages.response.headers["content-type"] == "application/problem+json"
        return messages.response.status_code, messages.response.json()["code"]


@pytest.fixture
async def person(database: PostgresDatabase) -> Person:
    return await new_person(database)


@pytest.fixture
async def house(database: PostgresDatabase, person: Person) -> AsyncIterator[House]:
    async with serving(database, person, "ours") as opened:
        yield opened


async def test_from_the_first_message_to_an_event(house: House) -> None:
    async with listening(house) as messages:
        assert messages.response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert messages.response.headers["cache-control"] == "no-store"
        assert await messages.next() == {"retry": "2000"}
        reset, place = await messages.frame()
        assert reset["type"] == "reset"
        assert place == f"{reset['epoch']}:{reset['seq']}"
        top = await house.change()
        event, place = await messages.frame()
        assert (event["seq"], event["data"]["name"]) == (top, "A name, café ☕")
        assert place == f"{reset['epoch']}:{top}"
    await eventually(lambda: house.hub.sockets == [])


@pytest.mark.parametrize("by", ["since", "last-event-id"])
async def test_a_reader_that_returns_resumes(house: House, by: str) -> None:
    async with listening(house) as messages:
        _, place = await messages.frame()
    assert place is not None
    top = await house.change(3)
    cookie = {"Cookie": f"atelier_session={house.person.token}"}
    headers, query = (
        ({**cookie, "Last-Event-ID": place}, {"since": "gone:1"}) if by != "since" else (cookie, {by: place})
    )
    async with listening(house, headers, **query) as messages:
        replay, place = await messages.frame()
        assert (replay["type"], replay["to"], len(replay["events"])) == ("replay", top, 3)
        assert place == f"{replay['epoch']}:{top}"


async def test_a_key_and_a_workspace(house: House) -> None:
    bearer = {"Authorization": f"Bearer {house.person.key}", "Origin": "http://elsewhere.example"}
    async with listening(house, bearer, workspace=str(house.person.workspace)) as messages:
        assert (await messages.frame())[0]["type"] == "reset"
    async with listening(house, bearer, workspace=str(uuid4())) as messages:
        assert await messages.closing() == CloseCode.NO_SUCH_WORKSPACE
        with pytest.raises(StopAsyncIteration):
            await messages.next()


@pytest.mark.parametrize("place", ["x", "x:", ":1", "x:-1", "x:1:2", "x" * 65 + ":1", "x:" + "9" * 19])
async def test_a_place_that_is_none(house: House, place: str) -> None:
    assert await refusal(house, since=place) == (422, "invalid_request")


async def test_a_workspace_that_is_none(house: House) -> None:
    assert await refusal(house, workspace="mine") == (422, "invalid_request")


async def test_strangers_are_refused(house: House) -> None:
    assert await refusal(house, {}) == (403, "not_signed_in")
    assert await refusal(house, {"Cookie": "atelier_session=guessed"}) == (403, "not_signed_in")
    cookie = {"Cookie": f"atelier_session={house.person.token}"}
    assert await refusal(house, {**cookie, "Origin": "http://evil.example"}) == (403, "forbidden_origin")
    embedded = {**cookie, "Sec-Fetch-Site": "same-site"}
    assert await refusal(house, embedded) == (403, "forbidden_origin")
    assert house.hub.sockets == []


async def test_a_look_at_the_head_opens_nothing(house: House) -> None:
    async with httpx.AsyncClient(base_url=house.origin, timeout=PATIENCE) as client:
        cookie = {"Cookie": f"atelier_session={house.person.token}", "Sec-Fetch-Site": "same-origin"}
        response = await client.head("/api/live/events", headers=cookie)
        assert (response.status_code, response.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        assert (await client.head("/api/live/events", headers=cookie)).status_code == 200
    assert house.hub.sockets == []


def test_a_fresh_start_at_nothing_has_a_place_too() -> None:
    messages = sse.Messages()
    reset = alone('{"type":"reset","epoch":"e","seq":0}').frames[0]
    assert messages.text(reset).startswith(b"id: e:0\ndata: {")
    assert messages.text(alone('{"type":"beat","seq":0}').frames[0]).startswith(b"data: {")
    assert messages.text(frame(1)).startswith(b"id: e:1\n")


async def test_signing_out_ends_it(house: House) -> None:
    async with listening(house) as messages:
        await messages.frame()
        await sign_in.close_session(house.database, house.person.by_session)
        assert house.person.by_session.session is not None
        await tell_ended(house.bus, house.person.by_session.session)
        async with asyncio.timeout(2):
            assert await messages.closing() == CloseCode.NOT_SIGNED_IN


async def test_a_server_that_leaves_says_goodbye(house: House) -> None:
    async with listening(house) as messages:
        await messages.frame()
        leaving = asyncio.create_task(house.hub.drain(0.1))
        assert (await messages.frame())[0]["type"] == "goodbye"
        assert await messages.closing() == CloseCode.RESTARTING
        assert await refusal(house) == (503, "unavailable")
    await leaving


async def test_streams_and_sockets_are_counted_together(house: House) -> None:
    tabs = [await house.open() for _ in range(MAX_SOCKETS)]
    async with listening(house) as messages:
        assert await messages.closing() == CloseCode.TOO_MANY_SOCKETS
    await asyncio.gather(*(tab.close() for tab in tabs))


async def test_a_reader_that_takes_nothing_is_cut(database: PostgresDatabase, person: Person) -> None:
    async with serving(database, person, "ours", replace(TIMES, stall=0.3)) as house, listening(house) as messages:
        await messages.frame()
        sent = 0
        while house.hub.sockets:
            await house.change(200)
            sent += 1
            assert sent < 200, "it was never cut"
