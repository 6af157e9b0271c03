"""A line over something that blocks: in order, bounded by whoever asks, and let go when the peer is gone."""

from __future__ import annotations

import asyncio

import pytest

from server.live import queued_line as module
from server.live.news import Batch, alone
from server.live.queued_line import FULL, QueuedLine
from tests.server.live.events import frame, frames
from tests.server.live.peers import eventually


class Wire:
    """What was written; it blocks while `open` is cleared, and breaks with `error`."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.closes: list[int] = []
        self.aborted = False
        self.open = asyncio.Event()
        self.open.set()
        self.error: Exception | None = None
        self.told: list[str] = []
        self.buffered = 0
        self.line = QueuedLine(self._write, self._close, self._abort, lambda: self.buffered)
        self.line.reader = self

    def slow_down(self) -> None:
        self.told.append("slow")

    def go_on(self) -> None:
        self.told.append("on")

    async def _write(self, batch: Batch) -> None:
        await self.open.wait()
        if self.error:
            raise self.error
        self.batches.append(batch)

    async def _close(self, code: int, reason: str) -> None:
        await self.open.wait()
        self.closes.append(code)

    def _abort(self) -> None:
        self.aborted = True


async def test_what_is_written_leaves_in_order_and_before_the_close() -> None:
    wire = Wire()
    batches = [Batch(frames([1, 2])), alone("beat"), Batch(frames([3]))]
    for batch in batches:
        wire.line.write(batch)
    wire.line.close(4000, "bye")
    wire.line.write(alone("too late"))
    wire.line.close(4001, "again")
    await eventually(lambda: bool(wire.closes))
    assert wire.batches == batches
    assert wire.closes == [4000]
    assert wire.line.waiting == 0


async def test_an_idle_line_has_no_task() -> None:
    wire = Wire()
    assert wire.line.idle
    wire.line.write(alone("x"))
    assert not wire.line.idle
    await eventually(lambda: wire.line.idle)
    wire.line.close(4000, "bye")
    assert not wire.line.idle


async def test_a_slow_reader_is_told_of_and_again_when_it_has_taken_all() -> None:
    wire = Wire()
    wire.open.clear()
    first = Batch([frame(1, padding=FULL // 2)])
    wire.line.write(first)
    assert (wire.line.paused, wire.told) == (False, [])
    wire.line.write(Batch([frame(2, padding=FULL // 2)]))
    wire.line.write(alone("more"))
    assert (wire.line.paused, wire.told) == (True, ["slow"])
    assert wire.line.waiting > FULL
    wire.open.set()
    await eventually(lambda: wire.told == ["slow", "on"])
    assert (wire.line.paused, wire.line.waiting) == (False, 0)


async def test_what_waits_beneath_is_waiting_too() -> None:
    wire = Wire()
    wire.buffered = 1_000
    wire.open.clear()
    batch = Batch(frames([1]))
    wire.line.write(batch)
    assert wire.line.waiting == batch.size + 1_000
    wire.open.set()
    await eventually(lambda: wire.line.idle)
    wire.buffered -= 400
    assert wire.line.waiting == 600, "the reader takes some of it, although nothing leaves the queue"


@pytest.mark.parametrize("error", [ConnectionResetError(), RuntimeError("after the close")])
async def test_a_peer_that_is_gone_is_let_go(error: Exception) -> None:
    wire = Wire()
    wire.error = error
    wire.line.write(Batch(frames([1, 2])))
    wire.line.write(alone("x"))
    await eventually(lambda: wire.line.waiting == 0)
    wire.line.write(alone("y"))
    assert wire.line.waiting == 0
    await wire.line.finish()


async def test_a_peer_that_does_not_take_our_close_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CLOSE_TIMEOUT", 0.01)
    wire = Wire()
    wire.open.clear()
    wire.line.write(alone("x"))
    wire.line.close(4000, "bye")
    await eventually(lambda: wire.aborted)
    await wire.line.finish()
    assert wire.closes == []


async def test_cutting_it_forgets_what_waited() -> None:
    wire = Wire()
    wire.open.clear()
    wire.line.write(alone("x"))
    wire.line.abort()
    assert wire.aborted
    assert wire.line.waiting == 0
    await wire.line.finish()
    assert wire.batches == []
