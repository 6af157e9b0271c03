"""A socket's queue: bounded, in order, and let go when the peer is gone."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from server.live.close_codes import CloseCode
from server.live.news import Batch, plain_frame
from server.live.session import Join, Phase, Reset
from server.live.socket import QUEUE_BYTES, Socket
from tests.server.live.events import NOW, frame, frames
from tests.server.live.peers import eventually, viewer_of


class Wire:
    """What was written; it blocks while `open` is cleared, and breaks with `error`."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.closes: list[int] = []
        self.aborted = False
        self.open = asyncio.Event()
        self.open.set()
        self.error: Exception | None = None

    async def send(self, text: str) -> None:
        await self.open.wait()
        if self.error:
            raise self.error
        self.texts.append(text)

    async def close(self, code: int, reason: str) -> None:
        await self.open.wait()
        self.closes.append(code)

    def abort(self) -> None:
        self.aborted = True


def joined() -> tuple[Socket, Wire]:
    wire = Wire()
    socket = Socket(viewer_of(uuid4(), uuid4(), uuid4()), wire.send, wire.close, wire.abort)
    assert isinstance(socket.session.receive('{"type":"hello"}', 0.0), Join)
    socket.welcome(Reset("e", 0), NOW)
    return socket, wire


async def test_frames_leave_in_order_and_before_the_close() -> None:
    socket, wire = joined()
    socket.deliver(Batch(frames([1, 2])))
    socket.remark(plain_frame("beat"))
    socket.end(CloseCode.RESTARTING, "bye", plain_frame("goodbye"))
    socket.deliver(Batch(frames([3])))
    socket.end(CloseCode.POLICY, "again")
    await eventually(lambda: bool(wire.closes))
    assert wire.texts[1:] == [frame(1).text, frame(2).text, "beat", "goodbye"]
    assert wire.closes == [CloseCode.RESTARTING]
    assert socket.queued == 0


async def test_the_same_text_goes_to_everybody() -> None:
    batch = Batch(frames([1]))
    (one, first), (two, second) = joined(), joined()
    one.deliver(batch)
    two.deliver(batch)
    await eventually(lambda: len(first.texts) == len(second.texts) == 2)
    assert first.texts[1] is second.texts[1] is batch.frames[0].text


async def test_a_full_queue_ends_it() -> None:
    socket, wire = joined()
    await eventually(lambda: len(wire.texts) == 1)
    wire.open.clear()
    for seq in range(1, 20):
        socket.deliver(Batch([frame(seq, padding=QUEUE_BYTES // 8)]))
        assert socket.queued <= QUEUE_BYTES
    assert socket.session.phase is Phase.ENDED
    assert socket.queued == 0, "what it will not read costs nothing any more"
    wire.open.set()
    await eventually(lambda: wire.closes == [CloseCode.TOO_SLOW])


async def test_a_stalled_reader_is_cut_once_and_a_slow_one_is_not() -> None:
    socket, wire = joined()
    loop = asyncio.get_running_loop()
    socket.cut_if_stalled(loop.time() + 1)
    assert not wire.aborted, "nothing is being written yet"
    wire.open.clear()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    socket.cut_if_stalled(loop.time() - 1)
    assert not wire.aborted
    socket.cut_if_stalled(loop.time() + 1)
    assert wire.aborted
    await socket.finish()


@pytest.mark.parametrize("error", [ConnectionResetError(), RuntimeError("after the close")])
async def test_a_peer_that_is_gone_is_let_go(error: Exception) -> None:
    socket, wire = joined()
    wire.error = error
    socket.deliver(Batch(frames([1, 2])))
    await eventually(lambda: socket.session.phase is Phase.ENDED)
    socket.deliver(Batch(frames([3])))
    assert socket.queued == 0
    await socket.finish()


# Passing news


async def test_of_passing_news_a_slow_reader_gets_the_last() -> None:
    socket, wire = joined()
    await eventually(lambda: len(wire.texts) == 1)
    wire.open.clear()
    socket.deliver(Batch(frames([1])))
    for text in ("first", "second", "third"):
        socket.mention(plain_frame(text))
        socket.deliver(Batch(frames([socket.session.position + 1])))
    assert socket.queued > 0
    wire.open.set()
    await eventually(lambda: "third" in wire.texts)
    assert wire.texts[1:] == [*(frame(seq).text for seq in (1, 2, 3, 4)), "third"]
    socket.mention(plain_frame("fourth"))
    await eventually(lambda: wire.texts[-1] == "fourth")


async def test_passing_news_count_against_nobodys_budget() -> None:
    socket, wire = joined()
    wire.open.clear()
    for _ in range(3):
        socket.mention(plain_frame("x" * QUEUE_BYTES))
    assert socket.queued <= 0
    wire.open.set()
    await eventually(lambda: len(wire.texts) == 2)
    assert socket.session.phase is Phase.LIVE


async def test_passing_news_are_for_those_who_have_been_welcomed() -> None:
    wire = Wire()
    socket = Socket(viewer_of(uuid4(), uuid4(), uuid4()), wire.send, wire.close, wire.abort)
    socket.mention(plain_frame("too early"))
    socket.end(CloseCode.RESTARTING, "bye")
    socket.mention(plain_frame("too late"))
    await eventually(lambda: bool(wire.closes))
    assert wire.texts == []


async def test_a_close_does_not_wait_for_passing_news() -> None:
    socket, wire = joined()
    wire.open.clear()
    socket.mention(plain_frame("news"))
    socket.end(CloseCode.RESTARTING, "bye")
    wire.open.set()
    await eventually(lambda: bool(wire.closes))
    assert wire.texts[1:] == []
    assert len(wire.closes) == 1


async def test_after_another_history_passing_news_are_said_again() -> None:
    socket, wire = joined()
    socket.restart(3, plain_frame("reset"))
    socket.mention(plain_frame("news"))
    await eventually(lambda: len(wire.texts) == 3)
    socket.restart(9, plain_frame("reset again"))
    await eventually(lambda: len(wire.texts) == 5)
    assert wire.texts[1:] == ["reset", "news", "reset again", "news"]
