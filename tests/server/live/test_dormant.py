"""A socket that sleeps, on a real connection, on both event loops that it may find itself on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, cast
from uuid import uuid4

import pytest
import uvloop
from websockets.frames import Opcode

from server.live import dormant as module
from server.live.close_codes import CloseCode
from server.live.dormant import PING_RATE, SCRAP_RATE, Dormant
from server.live.frames import Hello
from server.live.news import Batch
from server.live.session import Join, Reset
from server.live.socket import Socket
from tests.server.live.events import NOW, frame, frames
from tests.server.live.peers import PATIENCE, eventually, viewer_of
from tests.server.live.test_client_frames import close, said_by_client

PONG = b"\x8a\x00"


class Nobody:
    """In place of the line before."""

    paused = False
    waiting = 0

    def write(self, batch: Batch) -> None: ...

    def close(self, code: int, reason: str) -> None: ...

    def abort(self) -> None: ...


class Scene:
    """A sleeping socket that has said hello, and the other end of its connection."""

    def __init__(self) -> None:
        self.connections: set[Any] = set()
        self.slow: set[Socket] = set()
        self.lost: list[Socket] = []
        self.ended = asyncio.Event()
        self.socket = Socket(viewer_of(uuid4(), uuid4(), uuid4()), Nobody(), self.slow)
        assert isinstance(self.socket.session.receive('{"type":"hello"}', 0.0), Join)
        self.socket.welcome(Reset("e", 0), NOW)
        self.dormant = Dormant(self.connections, self)
        self.dormant.reader, self.socket.line = self.socket, self.dormant
        self.reader: asyncio.StreamReader
        self.writer: asyncio.StreamWriter

    def begin_to_join(self, socket: Socket, hello: Hello) -> None:
        raise AssertionError("it has said hello before")

    def leave(self, socket: Socket) -> None:
        self.lost.append(socket)
        self.ended.set()

    def say(self, data: bytes) -> None:
        self.writer.write(data)

    async def hear(self, size: int) -> bytes:
        async with asyncio.timeout(PATIENCE):
            return await self.reader.readexactly(size)

    async def hear_close(self) -> tuple[int, str]:
        """The code and reason of the next frame, which must be a close."""
        head = await self.hear(2)
        assert head[0] == 0x88
        payload = await self.hear(head[1])
        return int.from_bytes(payload[:2], "big"), payload[2:].decode()

    async def hear_end(self) -> None:
        async with asyncio.timeout(PATIENCE):
            with suppress(ConnectionError):
                assert await self.reader.read() == b""
            await self.ended.wait()
        assert self.lost == [self.socket]
        assert self.connections == set()


class First(asyncio.Protocol):
    """The protocol that a connection had before."""

    def __init__(self, dormant: Dormant, made: asyncio.Event) -> None:
        self.dormant, self.made = dormant, made

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are of no class that asyncio knows.
        self.dormant.begin(cast(asyncio.Transport, transport))
        self.made.set()


@asynccontextmanager
async def asleep() -> AsyncIterator[Scene]:
    scene, made = Scene(), asyncio.Event()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: First(scene.dormant, made), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    scene.reader, scene.writer = await asyncio.open_connection("127.0.0.1", port)
    await made.wait()
    try:
        yield scene
    finally:
        scene.writer.close()
        scene.dormant.abort()
        server.close()


Play = Callable[[Scene], Awaitable[None]]
LOOPS = [asyncio.new_event_loop, uvloop.new_event_loop]


@pytest.fixture(params=LOOPS, ids=["asyncio", "uvloop"])
def play(request: pytest.FixtureRequest) -> Callable[[Play], None]:
    """Plays a scene on a loop of its own."""

    async def whole(act: Play) -> None:
        async with asleep() as scene:
            await act(scene)

    def run(act: Play) -> None:
        with asyncio.Runner(loop_factory=request.param) as runner:
            runner.run(whole(act))

    return run


def test_news_are_one_write_of_frames(play: Callable[[Play], None]) -> None:
    async def act(scene: Scene) -> None:
        batch = Batch(frames([1, 2, 3]))
        scene.socket.deliver(batch)
        assert await scene.hear(batch.size) == batch.wire
        assert scene.connections == {scene.dormant}

    play(act)


def test_pings_are_answered_and_wake_nothing(play: Callable[[Play], None]) -> None:
    async def act(scene: Scene) -> None:
        scene.say(said_by_client(Opcode.PING, b"abc") + said_by_client(Opcode.PONG) + said_by_client(Opcode.PING))
        assert await scene.hear(5 + 2) == b"\x8a\x03abc" + PONG

    play(act)


def test_what_is_said_wakes_a_parser_which_is_let_go_again(play: Callable[[Play], None]) -> None:
    async def act(scene: Scene) -> None:
        wave = said_by_client(Opcode.TEXT, b'{"type":"wave"}')
        scene.say(wave[:7])
        await eventually(lambda: scene.dormant._burst is not None)
        scene.say(wave[7:] + said_by_client(Opcode.PING))
        assert await scene.hear(2) == PONG
        assert scene.dormant._burst is None
        assert not scene.socket.gone

    play(act)


def test_a_second_hello_is_refused_as_ever(play: Callable[[Play], None]) -> None:
    async def act(scene: Scene) -> None:
        scene.say(said_by_client(Opcode.TEXT, b'{"type":"hello"}'))
        assert await scene.hear_close() == (CloseCode.BAD_FRAME, "a second hello")
        scene.socket.deliver(Batch(frames([1])))
        scene.say(close(CloseCode.BAD_FRAME))
        await scene.hear_end()

    play(act)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (said_by_client(Opcode.TEXT, b"\xff"), 1007),
        (said_by_client(Opcode.TEXT, b"x" * 65_537), 1009),
        (b"\x81\x05hello", 1002),
    ],
    ids=["utf-8", "size", "mask"],
)
def test_what_breaks_the_protocol_is_closed_in_order(play: Callable[[Play], None], data: bytes, code: int) -> None:
    async def act(scene: Scene) -> None:
        scene.say(data)
        assert (await scene.hear_close())[0] == code
        assert scene.socket.gone
        async with asyncio.timeout(module.CLOSE_TIMEOUT / 2):
            assert await scene.reader.read() == b"", "nobody is to wait for an answer that will not be understood"
        scene.say(b"whatever may follow")
        scene.writer.write_eof()
        await scene.hear_end()

    play(act)


def test_a_flood_of_pings_is_refused(play: Callable[[Play], None]) -> None:
    async def act(scene: Scene) -> None:
        scene.say(said_by_client(Opcode.PING) * 3 * PING_RATE.limit)
        while (head := await scene.hear(2)) == PONG:
            pass
        code = int.from_bytes((await scene.hear(head[1]))[:2], "big")
        assert (head[0], code) == (0x88, CloseCode.POLICY)
        scene.say(close(CloseCode.POLICY))
        await scene.hear_end()

    play(act)


@pytest.mark.parametrize(
    ("first", "more"),
    [
        (said_by_client(Opcode.PONG), said_by_client(Opcode.PONG)),
        (said_by_client(Opcode.TEXT, fin=False), said_by_client(Opcode.CONT, fin=False)),
    ],
    ids=["pongs", "parts"],
)
def test_a_flood_of_what_needs_no_answer_is_refused(play: Callable[[Play], None], first: bytes, more: bytes) -> None:
    async def act(scene: Scene) -> None:
        scene.say(first + more * 3 * SCRAP_RATE.limit)
        assert await scene.hear_close() == (CloseCode.POLICY, "too many frames")

    play(act)


@pytest.mark.parametrize("code", [1000, 1001, 4000])
def test_a_clients_close_is_answered_with_its_code(play: Callable[[Play], None], code: int) -> None:
    async def act(scene: Scene) -> None:
        scene.say(close(code, b"bye"))
        assert (await scene.hear_close())[0] == code
        await scene.hear_end()

    play(act)


def test_a_close_without_a_code_is_answered_without_one(play: Callable[[Play], None]) -> None:
    async def act(scene: Scene) -> None:
        scene.say(said_by_client(Opcode.CLOSE))
        assert await scene.hear(2) == b"\x88\x00"
        await scene.hear_end()

    play(act)


def test_our_close_follows_what_was_written_and_ends_with_the_peers_answer(play: Callable[[Play], None]) -> None:
    async def act(scene: Scene) -> None:
        batch = Batch(frames([1]))
        scene.socket.deliver(batch)
        scene.socket.end(CloseCode.RESTARTING, "restarting")
        scene.socket.deliver(Batch(frames([2])))
        scene.dormant.close(CloseCode.POLICY, "again")
        assert await scene.hear(batch.size) == batch.wire
        assert await scene.hear_close() == (CloseCode.RESTARTING, "restarting")
        scene.say(said_by_client(Opcode.PING) + close(CloseCode.RESTARTING))
        await scene.hear_end()

    play(act)


def test_a_peer_that_does_not_answer_our_close_is_cut(
    play: Callable[[Play], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CLOSE_TIMEOUT", 0.05)

    async def act(scene: Scene) -> None:
        scene.socket.end(CloseCode.RESTARTING, "restarting")
        await scene.hear_close()
        await scene.hear_end()

    play(act)


def test_who_answers_no_ping_is_cut_at_the_next(play: Callable[[Play], None]) -> None:
    async def act(scene: Scene) -> None:
        for _ in range(3):
            scene.dormant.ping()
            assert await scene.hear(2) == b"\x89\x00"
            scene.say(said_by_client(Opcode.PONG))
            await eventually(lambda: scene.dormant._heard)
        scene.dormant.ping()
        scene.dormant.ping()
        await asyncio.wait_for(scene.ended.wait(), PATIENCE)
        assert scene.lost == [scene.socket]

    play(act)


def test_who_does_not_read_is_known_to_be_slow_until_it_does(play: Callable[[Play], None]) -> None:
    async def act(scene: Scene) -> None:
        size, seq = 0, 0
        while not scene.slow:
            seq += 1
            batch = Batch([frame(seq, padding=50_000)])
            scene.socket.deliver(batch)
            size += batch.size
        assert scene.dormant.paused
        assert scene.dormant.waiting > module.WRITE_BUFFER
        scene.dormant.ping()
        await scene.hear(size)
        await eventually(lambda: not scene.slow)
        assert not scene.dormant.paused
        assert scene.dormant.waiting == 0

    play(act)


def test_the_servers_end_is_a_close_too(play: Callable[[Play], None]) -> None:
    async def act(scene: Scene) -> None:
        scene.dormant.shutdown()
        assert (await scene.hear_close())[0] == CloseCode.RESTARTING
        await scene.hear_end()

    play(act)


def test_a_peer_that_vanishes_is_forgotten(play: Callable[[Play], None]) -> None:
    async def act(scene: Scene) -> None:
        scene.writer.transport.abort()
        await asyncio.wait_for(scene.ended.wait(), PATIENCE)
        scene.socket.deliver(Batch(frames([1])))
        assert scene.lost == [scene.socket]
        assert scene.connections == set()

    play(act)
