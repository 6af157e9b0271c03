"""What we use of uvicorn's insides is as it was, and a connection is given away whole or not at all."""

from __future__ import annotations

import ast
import asyncio
import gc
import inspect
import socket
import textwrap
import weakref
from asyncio import Event, Queue
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
import uvloop
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.server import ServerProtocol

from server.infra.database import PostgresDatabase
from server.live import endpoint
from server.live.dormant import Dormant
from server.live.endpoint import SUBPROTOCOL
from server.live.protocol import OPTIONS, LiveProtocol, give_away
from server.live.queued_line import QueuedLine
from tests.server.live.autobahn_cases import CONT, PONG, TEXT, close, message, ping, said, text
from tests.server.live.house import House, serving
from tests.server.live.peers import PATIENCE, eventually
from tests.server.live.people import new_person
from tests.server.live.raw_client import HELLO, RawClient

LOOK = (
    f"uvicorn {uvicorn.__version__} is not what server/live/protocol.py was written for. Read its "
    "websockets_sansio_impl.py beside LiveProtocol, give_away above all: is anything of a connection kept "
    "that would be lost, or that would still reach the transport, when it is given away? Then mend this list."
)
USED: dict[str, type] = {
    "transport": object,
    "loop": asyncio.AbstractEventLoop,
    "conn": ServerProtocol,
    "connections": set,
    "tasks": set,
    "queue": Queue,
    "frames": list,
    "writable": Event,
    "read_paused": bool,
    "handshake_initiated": bool,
    "handshake_complete": bool,
    "close_sent": bool,
    "disconnected": bool,
    "close_timeout": float,
    "close_timer": type(None),
    "ping_timer": asyncio.TimerHandle,
    "pong_timer": type(None),
}
"""What we read or write of a connection that is open and at rest, and its types."""
KNOWN = {
    *("config", "app", "logger", "root_path", "asgi_version", "app_state", "default_headers", "server", "client"),
    *("scheme", "initial_response", "ping_interval", "ping_timeout", "pending_ping_payload", "ping_sent_at"),
    *("last_ping_rtt", "curr_msg_data_type", "request", "response", "scope"),
}
"""What else a connection keeps: nothing of it is missed when it is given away."""
CALLED = {
    "connection_lost": ["exc"],
    "data_received": ["data"],
    "handle_cont": ["event"],
    "handle_ping": [],
    "keepalive_timeout": [],
    "receive": [],
    "run_asgi": [],
    "send": ["message"],
    "stop_keepalive": [],
}
"""The methods that we call or stand in for, or rely on being called, and their parameters."""


class Heir(asyncio.Protocol):
    """Whoever gets a connection: it says so, and then says back what it hears."""

    def __init__(self, connections: set[Any]) -> None:
        self.connections = connections
        self.paused = False
        self.transport: asyncio.Transport

    def begin(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        transport.set_protocol(self)
        transport.write(b"mine")

    def pause_writing(self) -> None:
        self.paused = True

    def data_received(self, data: bytes) -> None:
        self.transport.write(data)


class Stage:
    """An application that accepts and then does what a test does for it, until `over`."""

    def __init__(self) -> None:
        self.accepted, self.over = asyncio.Event(), asyncio.Event()
        self.error: Exception | None = None
        self.receive: Callable[[], Awaitable[Any]]
        self.send: Callable[[Any], Awaitable[None]]
        self.heirs: list[Heir] = []
        self.client: RawClient
        self.server: uvicorn.Server

    @property
    def protocol(self) -> Any:
        return self.receive.__self__  # type: ignore[attr-defined]

    def give_away(self) -> bool:
        def heir(connections: set[Any]) -> Heir:
            self.heirs.append(Heir(connections))
            return self.heirs[-1]

        return give_away(self.receive, heir)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        self.receive, self.send = receive, send
        await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL})
        self.accepted.set()
        await self.over.wait()
        if self.error:
            raise self.error

    async def listen(self) -> Any:
        """The next message of the client's, as an application gets it."""
        async with asyncio.timeout(PATIENCE):
            return await self.receive()


@asynccontextmanager
async def stage(ws: Any = LiveProtocol) -> AsyncIterator[Stage]:
    made = Stage()
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(made, ws=ws, lifespan="off", log_config=None, timeout_graceful_shutdown=2, **OPTIONS)
    made.server = uvicorn.Server(config)
    running = asyncio.create_task(made.server.serve([listener]))
    try:
        made.client = await RawClient.connect(listener.getsockname()[1], "")
        await asyncio.wait_for(made.accepted.wait(), PATIENCE)
        yield made
        made.client.end()
    finally:
        made.over.set()
        made.server.should_exit = True
        await asyncio.wait_for(running, PATIENCE)


@pytest.fixture
async def scene() -> AsyncIterator[Stage]:
    async with stage() as made:
        yield made


async def test_a_connection_of_uvicorns_is_made_of_what_we_know(scene: Stage) -> None:
    kept = vars(scene.protocol)
    for name, kind in USED.items():
        assert isinstance(kept.get(name, ...), kind), f"{name}: {kept.get(name, 'is gone')!r}. {LOOK}"
    assert set(kept) == set(USED) | KNOWN | {"_arrival", "_begun"} & set(kept), LOOK
    assert kept["connections"] == scene.server.server_state.connections == {scene.protocol}, LOOK
    assert kept["tasks"] == scene.server.server_state.tasks, LOOK
    assert kept["transport"].get_protocol() is scene.protocol, LOOK


def test_uvicorns_methods_are_called_as_they_were() -> None:
    for name, parameters in CALLED.items():
        method = getattr(WebSocketsSansIOProtocol, name, None)
        assert method is not None, f"{name} is gone. {LOOK}"
        assert list(inspect.signature(method).parameters)[1:] == parameters, f"{name}: {LOOK}"


def test_uvicorn_reaches_the_transport_through_itself_only() -> None:
    """What holds it by another name would go on using it after it was given away."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(WebSocketsSansIOProtocol)))
    holders = {
        function.name
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and node.id == "transport"
    }
    assert holders == {"connection_made"}, LOOK
    lent = [
        ast.unparse(call)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and any("self.transport" in ast.unparse(argument) for argument in call.args)
        and not ast.unparse(call.func).startswith("self.transport")
    ]
    assert lent == ["self.loop.call_later(self.close_timeout, self.transport.close)"], LOOK


async def test_whoever_gets_a_connection_has_it_to_itself(scene: Stage) -> None:
    old = scene.protocol
    assert scene.give_away()
    (heir,) = scene.heirs
    assert heir.connections is scene.server.server_state.connections
    assert heir.connections == set(), "its place is the heir's to take"
    assert not heir.paused
    scene.over.set()
    await eventually(lambda: not old.tasks)
    assert await scene.client.hear_bytes(4) == b"mine"
    await scene.client.say(b"whatever")
    assert await scene.client.hear_bytes(8) == b"whatever"
    assert old.ping_timer is None


async def test_an_application_that_fails_afterwards_does_not_take_it_back(scene: Stage) -> None:
    assert scene.give_away()
    scene.error = RuntimeError("too late")
    tasks = scene.protocol.tasks
    scene.over.set()
    await eventually(lambda: not tasks)
    await scene.client.say(b"whatever")
    assert await scene.client.hear_bytes(12) == b"minewhatever"


async def test_a_full_transport_is_told_of(scene: Stage) -> None:
    await scene.send({"type": "websocket.send", "bytes": bytes(16 * 1024 * 1024)})
    assert scene.give_away()
    assert scene.heirs[0].paused


async def test_a_message_in_the_queue_is_not_left_behind(scene: Stage) -> None:
    await scene.client.say(text(b"one") + text(b"two"))
    await eventually(lambda: scene.protocol.queue.qsize() == 2)
    assert not scene.give_away()
    assert (await scene.listen())["text"] == "one"
    assert not scene.give_away()
    assert (await scene.listen())["text"] == "two"
    assert scene.give_away()


@pytest.mark.parametrize("size", [1, 3, 6, 9])
async def test_an_unfinished_frame_is_not_left_behind(scene: Stage, size: int) -> None:
    frame = text(b"hello")
    await scene.client.say(frame[:size])
    await eventually(lambda: scene.protocol._begun == frame[:size])
    assert not scene.give_away()
    await scene.client.say(frame[size:])
    assert (await scene.listen())["text"] == "hello"
    assert scene.give_away()


async def test_an_unfinished_message_is_not_left_behind(scene: Stage) -> None:
    await scene.client.say(said(TEXT, b"hel"))
    await eventually(lambda: bool(scene.protocol.frames))
    assert not scene.give_away()
    await scene.client.say(said(0x80 | CONT, b"lo"))
    assert (await scene.listen())["text"] == "hello"
    assert scene.give_away()


async def test_an_unread_message_keeps_it(scene: Stage) -> None:
    """Reading is paused while a message waits; whoever gets the connection would never hear anything."""
    await scene.client.say(text(b"hello"))
    await eventually(lambda: bool(scene.protocol.read_paused))
    assert not scene.give_away()


async def test_fragments_of_nothing_are_not_kept(scene: Stage) -> None:
    await scene.client.say(said(TEXT, b"hel") + said(CONT) * 1_000 + ping(b"after them"))
    heard = await scene.client.hear()
    assert heard is not None and (heard.opcode, heard.data) == (PONG, b"after them")
    assert len(scene.protocol.frames) == 1
    await scene.client.say(said(0x80 | CONT))
    assert (await scene.listen())["text"] == "hel"


async def test_a_close_that_we_began_is_carried_through(scene: Stage) -> None:
    await scene.send({"type": "websocket.close", "code": 4000})
    assert not scene.give_away()
    heard = await scene.client.hear()
    assert heard is not None and heard.code == 4000
    await scene.client.answer_close(4000)
    await scene.client.until_ended()


async def test_a_close_that_the_client_began_is_carried_through(scene: Stage) -> None:
    await scene.client.say(close())
    heard = await scene.client.hear()
    assert heard is not None and heard.code == 1000
    assert not scene.give_away()
    await scene.client.until_ended()


async def test_a_connection_that_is_lost_is_nobodys(scene: Stage) -> None:
    scene.client.end()
    assert (await scene.listen())["type"] == "websocket.disconnect"
    assert not scene.give_away()


async def test_a_server_that_we_do_not_know_keeps_its_connections() -> None:
    async with stage(ws="websockets-sansio") as scene:
        assert not scene.give_away()
        await scene.client.say(text(b"hello"))
        assert (await scene.listen())["text"] == "hello"
    assert not give_away(object(), Heir)


class Library:
    """What uvicorn and `websockets` made for the one connection that was given away."""

    def __init__(self, receive: Any) -> None:
        protocol = receive.__self__
        self.objects = [weakref.ref(protocol), weakref.ref(protocol.conn), weakref.ref(protocol.queue)]
        self.tasks, self.connections = protocol.tasks, protocol.connections


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_nothing_of_the_library_is_left_of_a_socket_that_sleeps(
    database_url: str, loop: Callable[[], asyncio.AbstractEventLoop], monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Library] = []

    def watched(receive: object, heir: Any) -> bool:
        given.append(Library(receive))
        return give_away(receive, heir)

    monkeypatch.setattr(endpoint, "give_away", watched)

    async def act(house: House) -> None:
        client = await RawClient.connect(house.port, house.person.key)
        await client.greet()
        (library,), (sleeper,) = given, house.hub.sockets
        dormant = sleeper.line
        assert isinstance(dormant, Dormant)
        assert dormant.transport.get_protocol() is dormant
        assert library.connections == {dormant}
        await eventually(lambda: not library.tasks)
        gc.collect()
        assert [kept() for kept in library.objects] == [None, None, None], LOOK
        await client.say(ping(b"still there?"))
        assert await client.hear() == (PONG, b"still there?")
        client.end()

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(_in_house(database_url, act))


async def _in_house(database_url: str, act: Callable[[House], Awaitable[None]]) -> None:
    database = PostgresDatabase(database_url, pool=3)
    await database.connect()
    try:
        async with serving(database, await new_person(database), "long") as house:
            await act(house)
    finally:
        await database.disconnect()


GREETING = text(HELLO.encode())
HURRIED = {
    "half a message behind it": (text(message())[:9], text(message())[9:], []),
    "half a ping behind it": (ping(b"a")[:3], ping(b"a")[3:], [(PONG, b"a")]),
    "a message behind it": (text(message()), b"", []),
}
"""What comes with the hello, what comes later, and how that is answered."""


@pytest.mark.parametrize("hurried", HURRIED)
async def test_a_client_that_hurries_stays_awake_and_is_served(database: PostgresDatabase, hurried: str) -> None:
    first, rest, answers = HURRIED[hurried]
    async with serving(database, await new_person(database), "long") as house:
        client = await RawClient.connect(house.port, house.person.key)
        await client.say(GREETING + first)
        assert (await client.word())["type"] == "reset"
        assert isinstance(house.hub.sockets[0].line, QueuedLine)
        await client.say(rest + ping(b"still there?"))
        for answer in [*answers, (PONG, b"still there?")]:
            assert await client.hear_beside_news() == answer
        top = await house.change()
        assert (await client.word())["seq"] == top
        client.end()
        await eventually(lambda: house.hub.sockets == [])


async def test_a_hello_in_pieces_is_followed_by_sleep(database: PostgresDatabase) -> None:
    async with serving(database, await new_person(database), "long") as house:
        client = await RawClient.connect(house.port, house.person.key)
        await client.say(GREETING, 5)
        assert (await client.word())["type"] == "reset"
        assert isinstance(house.hub.sockets[0].line, Dormant)
        await client.say(ping(b"still there?"))
        assert await client.hear_beside_news() == (PONG, b"still there?")
        client.end()


async def test_where_nothing_is_to_sleep_nothing_does(database: PostgresDatabase) -> None:
    async with serving(database, await new_person(database), "awake") as house:
        client = await RawClient.connect(house.port, house.person.key)
        await client.greet()
        (socket,) = house.hub.sockets
        assert isinstance(socket.line, QueuedLine)
        top = await house.change()
        assert (await client.word())["seq"] == top
        client.end()
