"""The door on a real uvicorn, with a real WebSocket client: by the short way in, by the long one, and on stock."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import os
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from starlette.requests import HTTPConnection
from websockets import ClientConnection, ConnectionClosed, InvalidStatus, Subprotocol
from websockets.frames import Opcode

from server.core.account import Viewer
from server.infra.database import PostgresDatabase
from server.live.client_frames import MAX_MESSAGE
from server.live.close_codes import CloseCode
from server.live.endpoint import SUBPROTOCOL
from server.live.frames import SERVER_FRAME
from server.live.hub import MAX_SOCKETS
from server.usecases import sign_in
from server.usecases.check_viewers import tell_ended
from tests.server.live.house import TIMES, House, serving
from tests.server.live.peers import PATIENCE, eventually
from tests.server.live.people import Person, new_person


@pytest.fixture
async def person(database: PostgresDatabase) -> Person:
    return await new_person(database)


@pytest.fixture(params=["ours", "long", "stock"])
def door(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def house(database: PostgresDatabase, person: Person, door: str) -> AsyncIterator[House]:
    async with serving(database, person, door) as opened:
        yield opened


async def hear(tab: ClientConnection, passing: bool = False) -> dict[str, Any]:
    """The next frame of the stream; with `passing` the next of those beside it."""
    while True:
        async with asyncio.timeout(PATIENCE):
            frame = json.loads(await tab.recv())
        SERVER_FRAME.validate_python(frame)
        if (frame["type"] == "queue") == passing:
            return dict(frame)


async def closing(tab: ClientConnection) -> int:
    """The close code, after whatever else was sent."""
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(ConnectionClosed):
            while True:
                await tab.recv()
    assert tab.close_code is not None
    return tab.close_code


async def refusal(house: House, **options: Any) -> tuple[int, str]:
    with pytest.raises(InvalidStatus) as refused:
        async with house.open(**options):
            pass
    response = refused.value.response
    assert response.headers["Content-Type"] == "application/problem+json"
    problem = json.loads(response.body)
    assert problem["status"] == response.status_code
    return response.status_code, problem["code"]


async def test_from_hello_to_event(house: House) -> None:
    async with house.open() as tab, house.open() as other:
        assert tab.subprotocol == SUBPROTOCOL
        assert tab.protocol.extensions == []
        for connection in (tab, other):
            await connection.send('{"type":"hello"}')
            assert (await hear(connection))["type"] == "reset"
        top = await house.change()
        for connection in (tab, other):
            event = await hear(connection)
            assert (event["type"], event["seq"], event["data"]["name"]) == ("event", top, "A name, café ☕")


async def test_a_tab_that_returns_resumes(house: House) -> None:
    async with house.open() as tab:
        await tab.send('{"type":"hello"}')
        start = await hear(tab)
    top = await house.change(3)
    async with house.open() as tab:
        await tab.send(json.dumps({"type": "hello", "epoch": start["epoch"], "since": start["seq"]}))
        replay = await hear(tab)
        assert (replay["type"], replay["to"], len(replay["events"])) == ("replay", top, top - start["seq"])


async def test_a_key_needs_no_origin(house: House) -> None:
    bearer = {"Cookie": None, "Origin": None, "Authorization": f"Bearer {house.person.key}"}
    async with house.open(headers=bearer) as tab:
        await tab.send(json.dumps({"type": "hello", "workspace": str(house.person.workspace)}))
        assert (await hear(tab))["type"] == "reset"


async def test_the_published_address_is_an_origin(house: House) -> None:
    async with house.open(headers={"Origin": "https://pictures.example"}) as tab:
        assert tab.subprotocol == SUBPROTOCOL


async def test_a_proxy_with_a_password_of_its_own_changes_nothing(house: House) -> None:
    async with house.open(headers={"Authorization": "Basic eDp5"}) as tab:
        assert tab.subprotocol == SUBPROTOCOL
    assert await refusal(house, headers={"Authorization": "Basic eDp5", "Origin": "http://evil.example"}) == (
        403,
        "forbidden_origin",
    )


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Origin": "http://evil.example"}, "forbidden_origin"),
        ({"Origin": "null"}, "forbidden_origin"),
        ({"Origin": None}, "forbidden_origin"),
        ({"Cookie": None}, "not_signed_in"),
        ({"Cookie": "atelier_session=guessed"}, "not_signed_in"),
        ({"Cookie": None, "Authorization": "Bearer guessed"}, "not_signed_in"),
        ({"Authorization": "Bearer guessed", "Origin": "http://evil.example"}, "not_signed_in"),
        ({"Authorization": "Bearer ", "Origin": "http://evil.example"}, "forbidden_origin"),
    ],
)
async def test_strangers_are_refused_before_the_handshake(
    house: House, headers: dict[str, str | None], code: str
) -> None:
    assert await refusal(house, headers=headers) == (403, code)
    assert house.hub.sockets == []


async def test_a_refusal_is_no_error_of_ours(
    database: PostgresDatabase, person: Person, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(database, person, "ours") as house:
        await refusal(house, headers={"Cookie": None})
    assert [record.message for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_an_ended_session_is_refused(house: House) -> None:
    await sign_in.close_session(house.database, house.person.by_session)
    assert await refusal(house) == (403, "not_signed_in")


async def test_a_cookie_is_not_let_in_behind_a_bearer_header(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def careless(connection: HTTPConnection) -> Viewer | None:
        return await sign_in.identify(house.database, connection.cookies.get("atelier_session"), None)

    monkeypatch.setattr(house, "answers", careless)
    assert await refusal(house, headers={"Authorization": "Bearer x", "Origin": "http://evil.example"}) == (
        403,
        "not_signed_in",
    )


async def test_the_subprotocol_is_required(house: House) -> None:
    assert await refusal(house, subprotocols=None) == (400, "invalid_request")
    assert await refusal(house, subprotocols=[Subprotocol("atelier.v2")]) == (400, "invalid_request")
    async with house.open(subprotocols=[Subprotocol("atelier.v2"), Subprotocol(SUBPROTOCOL)]) as tab:
        assert tab.subprotocol == SUBPROTOCOL


async def test_the_database_away_is_503(house: House) -> None:
    house.database_away = True
    assert await refusal(house) == (503, "unavailable")


async def test_a_server_that_leaves_says_goodbye(house: House) -> None:
    async with house.open() as tab, house.open() as silent:
        await tab.send('{"type":"hello"}')
        await hear(tab)
        leaving = asyncio.create_task(house.hub.drain(0.2))
        goodbye = await hear(tab)
        assert (goodbye["type"], goodbye["retry_after_ms"]) == ("goodbye", 200)
        assert await refusal(house) == (503, "unavailable")
        assert await closing(tab) == CloseCode.RESTARTING
        assert await closing(silent) == CloseCode.RESTARTING
        await leaving
    assert house.hub.sockets == []


async def test_no_hello_in_time(database: PostgresDatabase, person: Person, door: str) -> None:
    async with serving(database, person, door, replace(TIMES, hello=0.05)) as house, house.open() as tab:
        assert await closing(tab) == CloseCode.HELLO_TIMEOUT


@pytest.mark.parametrize("said", ["hi", "{}", '{"type":"hello","since":-3}', b"\x00\x01"])
async def test_anything_but_a_hello(house: House, said: str | bytes) -> None:
    async with house.open() as tab:
        await tab.send(said)
        assert await closing(tab) == CloseCode.BAD_FRAME
        assert len(tab.close_reason or "") > 5


async def test_frames_may_be_64_kib_and_no_more(house: House) -> None:
    async with house.open() as tab:
        hello = '{"type":"hello","pad":"%s"}'
        await tab.send(hello % ("x" * (MAX_MESSAGE - len(hello) + 2)))
        assert (await hear(tab))["type"] == "reset"
    async with house.open() as tab:
        await tab.send("x" * (MAX_MESSAGE + 1))
        assert await closing(tab) == CloseCode.TOO_BIG


async def test_invalid_utf8(house: House) -> None:
    async with house.open() as tab:
        await tab.send(b'{"type":"\xff"}', text=True)
        assert await closing(tab) == 1007


async def test_a_hello_in_fragments(house: House) -> None:
    async with house.open() as tab:
        await tab.send(iter(['{"type":', '"hello', '"}']))
        assert (await hear(tab))["type"] == "reset"


async def test_a_flood_of_frames(house: House) -> None:
    async with house.open() as tab:
        await tab.send('{"type":"hello"}')
        try:
            for _ in range(1_000):
                await tab.send('{"type":"wave"}')
        except ConnectionClosed:
            pass
        assert await closing(tab) == CloseCode.POLICY


async def test_a_flood_of_pings(database: PostgresDatabase, person: Person) -> None:
    async with serving(database, person, "ours") as house, house.open() as tab:
        for _ in range(5):
            async with asyncio.timeout(PATIENCE):
                await (await tab.ping())
        try:
            for _ in range(100):
                await tab.ping()
        except ConnectionClosed:
            pass
        assert await closing(tab) == CloseCode.POLICY
        await eventually(lambda: house.hub.sockets == [])


async def test_the_newest_of_too_many_sockets(house: House) -> None:
    tabs = [await house.open() for _ in range(MAX_SOCKETS)]
    async with house.open() as extra:
        assert await closing(extra) == CloseCode.TOO_MANY_SOCKETS
    await tabs[0].send('{"type":"hello"}')
    assert (await hear(tabs[0]))["type"] == "reset"
    await asyncio.gather(*(tab.close() for tab in tabs))


async def test_signing_out_closes_the_sockets(house: House) -> None:
    async with house.open() as tab:
        await tab.send('{"type":"hello"}')
        await hear(tab)
        await sign_in.close_session(house.database, house.person.by_session)
        assert house.person.by_session.session is not None
        await tell_ended(house.bus, house.person.by_session.session)
        async with asyncio.timeout(2):
            assert await closing(tab) == CloseCode.NOT_SIGNED_IN


async def test_a_peer_that_never_reads_is_cut_and_nobody_else_waits(
    database: PostgresDatabase, person: Person, door: str
) -> None:
    async with serving(database, person, door, replace(TIMES, stall=0.3)) as house, house.open() as tab:
        await tab.send('{"type":"hello"}')
        await hear(tab)
        stuck = await asyncio.to_thread(_deaf_peer, house)
        await eventually(lambda: len(house.hub.sockets) == 2 and _joined(house) == 2)
        sent = 0
        while len(house.hub.sockets) == 2:
            top = await house.change(200)
            while (await hear(tab))["seq"] != top:
                pass
            sent += 1
            assert sent < 100, "it was never cut"
        assert tab.close_code is None
        stuck.close()


def _joined(house: House) -> int:
    return len([s for s in house.hub.sockets if s.session.position])


def _deaf_peer(house: House) -> socket.socket:
    """A client that says hello and then reads nothing."""
    peer = socket.socket()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 * 1024)
    peer.connect(("127.0.0.1", house.port))
    key = base64.b64encode(os.urandom(16)).decode()
    peer.sendall(
        f"GET /api/live HTTP/1.1\r\nHost: 127.0.0.1:{house.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: {SUBPROTOCOL}\r\n"
        f"Authorization: Bearer {house.person.key}\r\n\r\n".encode()
    )
    peer.settimeout(PATIENCE)
    assert b" 101 " in peer.recv(4096)
    hello = b'{"type":"hello"}'
    peer.sendall(bytes([0x80 | Opcode.TEXT, 0x80 | len(hello), 0, 0, 0, 0]) + hello)
    return peer


async def test_a_peer_that_answers_no_ping_is_cut(database: PostgresDatabase, person: Person, door: str) -> None:
    times = replace(TIMES, ping=0.1)
    async with serving(database, person, door, times, ws_ping_interval=0.1, ws_ping_timeout=0.1) as house:
        stuck = await asyncio.to_thread(_deaf_peer, house)
        await eventually(lambda: _joined(house) == 1)
        await eventually(lambda: house.hub.sockets == [])
        stuck.close()


async def test_a_peer_that_vanishes_is_forgotten(house: House) -> None:
    tab = await house.open()
    await tab.send('{"type":"hello"}')
    await hear(tab)
    tab.transport.abort()
    await eventually(lambda: house.hub.sockets == [])
    await house.change()
