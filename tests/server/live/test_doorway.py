"""The short way in: what may take it, what becomes of a client that does not wait or goes, and what is left of it."""

from __future__ import annotations

import asyncio
import inspect
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.auto import AutoHTTPProtocol
from uvicorn.server import ServerState
from websockets.utils import accept_key

from server.live.client_frames import MAX_MESSAGE
from server.live.doorway import Doorway, read_handshake
from server.live.endpoint import SUBPROTOCOL
from server.live.protocol import OURS, LiveHttp
from tests.server.live.peers import PATIENCE, eventually
from tests.server.live.raw_client import RawClient, handshake

LOOK = (
    f"uvicorn {uvicorn.__version__} is not what LiveHttp in server/live/protocol.py was written for: read how its "
    "server.py makes the protocol of a connection, and what httptools_impl.py does with one, and mend both."
)
KNOCK = handshake(80, "key", "/api/live")


SAME = {
    b"Upgrade: websocket": b"UPGRADE:WebSocket",
    b"Connection: Upgrade": b"connection: keep-alive , upgrade",
    b"Host: 127.0.0.1:80": b"Host: x\r\nSec-WebSocket-Protocol: other",
}
"""What may be written in another way."""


class Refused(Exception):
    """For an application that fails."""


class Stage:
    """An application that does what a test does for it, and the other end of its connection."""

    def __init__(self) -> None:
        self.asked, self.answer = asyncio.Event(), asyncio.Event()
        self.scope: Scope
        self.send: Send
        self.doorway: Doorway
        self.act: Callable[[Stage], Awaitable[None]] | None = None
        self.server: uvicorn.Server
        self.port: int
        self.client: RawClient

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert (await receive())["type"] == "websocket.connect"
        self.scope, self.send, self.doorway = scope, send, receive.__self__  # type: ignore[attr-defined]
        self.asked.set()
        await self.answer.wait()
        if self.act is not None:
            await self.act(self)

    async def is_asked(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await self.asked.wait()

    async def is_clear(self) -> None:
        """Nothing of any connection is left in the server's hands."""
        state = self.server.server_state
        await eventually(lambda: not state.connections and not state.tasks)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    made = Stage()
    listener = socket.create_server(("127.0.0.1", 0))
    made.port = listener.getsockname()[1]
    config = uvicorn.Config(made, lifespan="off", log_config=None, timeout_graceful_shutdown=2, **OURS)
    made.server = uvicorn.Server(config)
    running = asyncio.create_task(made.server.serve([listener]))
    made.client = await RawClient.dial(made.port)
    try:
        yield made
    finally:
        made.client.end()
        made.answer.set()
        made.server.should_exit = True
        await asyncio.wait_for(running, PATIENCE)


def test_a_whole_handshake_for_the_live_stream_takes_it() -> None:
    key = KNOCK.split(b"Sec-WebSocket-Key: ")[1].split(b"\r\n")[0]
    read = read_handshake(KNOCK)
    assert read is not None
    assert (read.query, read.accept) == (b"", accept_key(key.decode()))
    assert (b"sec-websocket-key", key) in read.headers
    asked = read_handshake(KNOCK.replace(b"/api/live", b"/api/live?a=%C3%A9"))
    assert asked is not None
    assert asked.query == b"a=%C3%A9"
    for plain, other in SAME.items():
        assert read_handshake(KNOCK.replace(plain, other)) is not None, other


@pytest.mark.parametrize(
    "data",
    [
        KNOCK[:-1],
        KNOCK + b"\x81",
        KNOCK + KNOCK,
        b"\r\n" + KNOCK,
        KNOCK.replace(b"/api/live", b"/api/live/events"),
        KNOCK.replace(b"/api/live", b"/api/live?\xff"),
        KNOCK.replace(b"GET", b"POST"),
        KNOCK.replace(b"HTTP/1.1", b"HTTP/1.0"),
        KNOCK.replace(b"Upgrade: websocket", b"Upgrade: h2c"),
        KNOCK.replace(b"Upgrade: websocket", b"Upgrade: websocket\r\nUpgrade: websocket"),
        KNOCK.replace(b"Upgrade: websocket", b"Upgrade: websocket\r\nno header"),
        KNOCK.replace(b"Upgrade: websocket", b"Upgrade: websocket\r\n folded: line"),
        KNOCK.replace(b"Connection: Upgrade", b"Connection: close"),
        KNOCK.replace(b"Sec-WebSocket-Version: 13", b"Sec-WebSocket-Version: 8"),
        KNOCK.replace(b"Sec-WebSocket-Key", b"Sec-WebSocket-Kay"),
        KNOCK.replace(b"Sec-WebSocket-Key: ", b"Sec-WebSocket-Key: abcd"),
        KNOCK.replace(b"==\r\n", b"=\xe9\r\n"),
        KNOCK.replace(b"==\r\n", b"= \r\n"),
        KNOCK.replace(b"==\r\n", b"A=\r\n"),
        KNOCK.replace(b"\r\n\r\n", b"\r\nContent-Length: 5\r\n\r\n"),
        KNOCK.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n"),
        b"GET /api/live HTTP/1.1\r\nUpgrade: websocket\r\n\r\n",
        b"GET /api/live HTTP/1.1\r\n\r\n",
        b"",
    ],
    ids=range(24),
)
def test_whatever_else_comes_is_left_to_uvicorn(data: bytes) -> None:
    assert read_handshake(data) is None


async def test_the_application_sees_what_uvicorn_would_show_it(stage: Stage) -> None:
    await stage.client.say(KNOCK.replace(b"/api/live", b"/api/live?a=1"))
    await stage.is_asked()
    scope = stage.scope
    assert (scope["type"], scope["path"], scope["query_string"]) == ("websocket", "/api/live", b"a=1")
    assert (scope["scheme"], scope["root_path"], scope["subprotocols"]) == ("ws", "", [SUBPROTOCOL])
    assert scope["client"][0] == "127.0.0.1"
    assert scope["server"] == ("127.0.0.1", stage.port)
    assert (b"authorization", b"Bearer key") in scope["headers"]
    assert all(name == name.lower() for name, _ in scope["headers"])


async def test_headers_are_bytes_whatever_they_say(stage: Stage) -> None:
    await stage.client.say(KNOCK.replace(b"\r\n\r\n", b"\r\nX-Name: \xc3\xa9\r\n\r\n"))
    await stage.is_asked()
    assert (b"x-name", b"\xc3\xa9") in stage.scope["headers"]


async def test_a_proxy_that_speaks_tls_is_believed(stage: Stage) -> None:
    await stage.client.say(KNOCK.replace(b"\r\n\r\n", b"\r\nX-Forwarded-Proto: https\r\n\r\n"))
    await stage.is_asked()
    assert stage.scope["scheme"] == "wss"


async def test_a_client_that_goes_before_its_answer_is_forgotten(stage: Stage) -> None:
    async def act(stage: Stage) -> None:
        await stage.send({"type": "websocket.accept"})
        raise AssertionError("nobody is there")

    stage.act = act
    await stage.client.say(KNOCK)
    await stage.is_asked()
    stage.client.end()
    await eventually(lambda: not stage.server.server_state.connections)
    stage.answer.set()
    await stage.is_clear()


async def test_a_client_that_talks_on_before_its_answer_is_cut(stage: Stage) -> None:
    await stage.client.say(KNOCK)
    await stage.is_asked()
    await stage.client.say(b"x" * (MAX_MESSAGE + 1))
    await stage.client.until_ended()
    stage.answer.set()
    await stage.is_clear()


async def fail(stage: Stage) -> None:
    raise Refused


async def say_nothing(stage: Stage) -> None: ...


async def speak_too_soon(stage: Stage) -> None:
    await stage.send({"type": "websocket.send", "text": "hello"})


async def answer_in_pieces(stage: Stage) -> None:
    await stage.send({"type": "websocket.http.response.start", "status": 403, "headers": []})
    await stage.send({"type": "websocket.http.response.body", "body": b"no", "more_body": True})


async def told_at_the_door(stage: Stage, act: Callable[[Stage], Awaitable[None]]) -> bytes:
    """The head of what who knocks is answered; then the connection has ended."""
    stage.act = act
    stage.answer.set()
    await stage.client.say(KNOCK)
    head = await stage.client.hear_head()
    await stage.client.until_ended()
    return head


@pytest.mark.parametrize("act", [fail, say_nothing, speak_too_soon, answer_in_pieces])
async def test_an_application_that_gives_no_answer_is_an_error_of_the_servers(
    stage: Stage, act: Callable[[Stage], Awaitable[None]]
) -> None:
    assert (await told_at_the_door(stage, act)).startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    await stage.is_clear()


async def test_who_is_let_in_and_left_standing_is_not_kept(stage: Stage) -> None:
    async def act(stage: Stage) -> None:
        await stage.send({"type": "websocket.accept"})

    assert (await told_at_the_door(stage, act)).startswith(b"HTTP/1.1 101 ")
    await stage.is_clear()


async def test_a_connection_that_the_application_lost_is_an_error_too(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    async def act(stage: Stage) -> None:
        raise ConnectionResetError("of its database")

    assert (await told_at_the_door(stage, act)).startswith(b"HTTP/1.1 500 ")
    assert "of its database" in caplog.text


async def test_the_end_of_the_server_is_the_end_of_a_handshake(stage: Stage) -> None:
    await stage.client.say(KNOCK)
    await stage.is_asked()
    stage.doorway.shutdown()
    await stage.client.until_ended()
    stage.answer.set()
    await stage.is_clear()


async def test_whoever_is_handed_a_full_connection_is_told(stage: Stage) -> None:
    told: list[str] = []

    class Heir(asyncio.Protocol):
        def begin(self, transport: asyncio.Transport) -> None:
            transport.set_protocol(self)
            told.append("begin")

        def pause_writing(self) -> None:
            told.append("full")

        def data_received(self, data: bytes) -> None:
            told.append(data.decode())

    await stage.client.say(KNOCK)
    await stage.is_asked()
    await stage.client.say(b"early")
    await eventually(lambda: stage.doorway._early == b"early")
    stage.doorway.pause_writing()
    stage.doorway.hand_over(Heir())
    assert told == ["begin", "full", "early"]
    assert stage.server.server_state.connections == set()


def test_uvicorn_makes_its_protocols_as_it_did() -> None:
    made = list(inspect.signature(AutoHTTPProtocol.__init__).parameters)
    assert made == ["self", "config", "server_state", "app_state", "_loop"], LOOK
    assert list(inspect.signature(LiveHttp.__init__).parameters) == made, LOOK
    assert {"connection_made", "data_received", "shutdown"} <= set(vars(AutoHTTPProtocol)), LOOK
    state = ServerState()
    assert (state.connections, state.tasks) == (set(), set()), LOOK


async def test_a_connection_that_says_nothing_is_let_go(stage: Stage) -> None:
    await eventually(lambda: len(stage.server.server_state.connections) == 1)
    stage.client.end()
    await stage.is_clear()


async def test_the_end_of_the_server_is_the_end_of_who_says_nothing(stage: Stage) -> None:
    await eventually(lambda: len(stage.server.server_state.connections) == 1)
    (first,) = stage.server.server_state.connections
    first.shutdown()
    await stage.client.until_ended()
    await stage.is_clear()
