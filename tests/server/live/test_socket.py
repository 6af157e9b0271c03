"""A socket and a reader who may be slow: what is written, what is kept from it, and when it is cut."""

from __future__ import annotations

from datetime import datetime
from typing import cast
from uuid import uuid4

from server.live.close_codes import CloseCode
from server.live.news import Batch, alone
from server.live.open_room import OpenRoom
from server.live.session import Catchup, Join, Phase, Reset
from server.live.socket import QUEUE_BYTES, Socket
from tests.server.live.events import NOW, frame, frames
from tests.server.live.peers import viewer_of


class Wire:
    """A line that takes `room` bytes while nobody reads, and then calls its reader slow."""

    def __init__(self, room: int = 64 * 1024) -> None:
        self.reader: Socket | None = None
        self.paused = False
        self.waiting = 0
        self.written: list[Batch] = []
        self.closes: list[int] = []
        self.aborted = False
        self.reads = True
        self._room = room

    def write(self, batch: Batch) -> None:
        self.written.append(batch)
        if self.reads:
            return
        self.waiting += batch.size
        if not self.paused and self.waiting > self._room:
            self.paused = True
            assert self.reader is not None
            self.reader.slow_down()

    def close(self, code: int, reason: str) -> None:
        self.closes.append(code)

    def abort(self) -> None:
        self.aborted = True

    def take(self, size: int | None = None) -> None:
        """The reader takes so much, or all."""
        self.waiting = 0 if size is None else self.waiting - size
        if self.waiting == 0 and self.paused:
            self.paused, self.reads = False, True
            assert self.reader is not None
            self.reader.go_on()

    @property
    def numbers(self) -> list[int]:
        return [frame.seq for batch in self.written for frame in batch.frames]

    @property
    def texts(self) -> list[str]:
        return [frame.payload.decode() for batch in self.written for frame in batch.frames]


class Room:
    """What was missed, as a test wants it."""

    def __init__(self, past: Catchup | Reset) -> None:
        self.past = past
        self.asked: list[tuple[str, int]] = []

    def missed(self, epoch: str, since: int) -> tuple[Catchup | Reset, datetime]:
        self.asked.append((epoch, since))
        return self.past, NOW


def joined(room: Room | None = None) -> tuple[Socket, Wire, set[Socket]]:
    wire, slow = Wire(), set[Socket]()
    socket = wire.reader = Socket(viewer_of(uuid4(), uuid4(), uuid4()), wire, slow)
    socket.room = cast(OpenRoom, room)
    assert isinstance(socket.session.receive('{"type":"hello"}', 0.0), Join)
    socket.welcome(Reset("e", 0), NOW)
    wire.written.clear()
    return socket, wire, slow


def overfill(socket: Socket, wire: Wire) -> int:
    """News until the socket is told nothing more; the last number that it was told."""
    wire.reads = False
    for seq in range(1, 100):
        socket.deliver(Batch([frame(seq, padding=QUEUE_BYTES // 16)]))
        if socket.session.phase is Phase.BEHIND:
            return seq - 1
    raise AssertionError("it was never behind")


def test_frames_leave_in_order_and_before_the_close() -> None:
    socket, wire, _ = joined()
    socket.deliver(Batch(frames([1, 2])))
    socket.remark(alone("beat"))
    socket.end(CloseCode.RESTARTING, "bye", alone("goodbye"))
    socket.deliver(Batch(frames([3])))
    socket.end(CloseCode.POLICY, "again")
    assert wire.numbers == [1, 2, 0, 0]
    assert wire.texts[2:] == ["beat", "goodbye"]
    assert wire.closes == [CloseCode.RESTARTING]


def test_the_same_bytes_go_to_everybody() -> None:
    batch = Batch(frames([1]))
    (one, first, _), (two, second, _) = joined(), joined()
    one.deliver(batch)
    two.deliver(batch)
    assert first.written[0] is second.written[0] is batch


def test_what_waits_for_a_slow_reader_is_bounded() -> None:
    socket, wire, slow = joined()
    last = overfill(socket, wire)
    assert QUEUE_BYTES * 0.9 < wire.waiting <= QUEUE_BYTES
    assert slow == {socket}
    socket.deliver(Batch([frame(last + 2)]))
    socket.remark(alone("beat"))
    assert wire.numbers == list(range(1, last + 1))


def test_a_slow_reader_gets_what_it_missed_in_one_frame_when_it_reads_again() -> None:
    room = Room(Catchup(50, frames([48, 50])))
    socket, wire, slow = joined(room)
    last = overfill(socket, wire)
    wire.written.clear()
    wire.take()
    assert room.asked == [("e", last)]
    assert wire.numbers == [50]
    assert slow == set()
    socket.deliver(Batch(frames([51])))
    assert wire.numbers == [50, 51]


def test_who_missed_too_much_starts_afresh() -> None:
    socket, wire, _ = joined(Room(Reset("e", 5_000)))
    socket.mention(alone("news"))
    overfill(socket, wire)
    wire.written.clear()
    wire.take()
    assert wire.numbers == [5_000, 0]
    assert wire.texts[1] == "news", "after a reset they are said again"
    assert '"type":"reset"' in wire.texts[0]


def test_who_was_behind_while_a_history_of_the_same_name_was_set_back_starts_afresh() -> None:
    class Shorter(Room):
        def missed(self, epoch: str, since: int) -> tuple[Catchup | Reset, datetime]:
            return (Catchup(2, []) if epoch == "e" else Reset("e", 2)), NOW

    socket, wire, _ = joined(Shorter(Reset("e", 2)))
    assert overfill(socket, wire) > 2
    socket.restart("e", 2, alone("reset", 2))
    wire.written.clear()
    wire.take()
    assert '"type":"reset"' in wire.texts[0]
    socket.deliver(Batch(frames([3])))
    assert wire.numbers == [2, 3]


def test_one_who_is_only_a_little_slow_misses_nothing() -> None:
    room = Room(Catchup(0, []))
    socket, wire, slow = joined(room)
    wire.reads = False
    for seq in (1, 2, 3):
        socket.deliver(Batch([frame(seq, padding=70_000)]))
    assert slow == {socket}
    wire.take()
    socket.deliver(Batch(frames([4])))
    assert wire.numbers == [1, 2, 3, 4]
    assert room.asked == []


def test_a_reader_that_takes_nothing_is_cut_and_a_slow_one_is_not() -> None:
    socket, wire, slow = joined()
    overfill(socket, wire)
    socket.cut_if_stalled(100.0, 20.0)
    wire.take(1)
    socket.cut_if_stalled(119.0, 20.0)
    socket.cut_if_stalled(138.9, 20.0)
    assert not wire.aborted
    socket.cut_if_stalled(139.0, 20.0)
    assert wire.aborted
    assert socket.gone
    assert slow == set()


def test_what_is_written_meanwhile_is_not_taken_for_reading() -> None:
    socket, wire, _ = joined()
    wire.reads = False
    socket.deliver(Batch([frame(1, padding=70_000)]))
    socket.cut_if_stalled(100.0, 20.0)
    socket.deliver(Batch([frame(2, padding=1_000)]))
    socket.cut_if_stalled(120.0, 20.0)
    assert wire.aborted


def test_what_the_line_writes_by_itself_is_not_taken_for_reading() -> None:
    socket, wire, _ = joined()
    overfill(socket, wire)
    socket.cut_if_stalled(100.0, 20.0)
    for now in (105.0, 110.0, 115.0):
        # A pong, to a peer that pings and does not read.
        wire.waiting += 7
        socket.cut_if_stalled(now, 20.0)
    socket.cut_if_stalled(120.0, 20.0)
    assert wire.aborted


def test_a_quick_reader_is_never_cut() -> None:
    socket, wire, _ = joined()
    socket.deliver(Batch(frames([1])))
    socket.cut_if_stalled(1e9, 20.0)
    assert not wire.aborted


def test_of_passing_news_a_slow_reader_gets_the_last() -> None:
    socket, wire, _ = joined(Room(Catchup(50, frames([50]))))
    overfill(socket, wire)
    wire.written.clear()
    for text in ("first", "second", "third"):
        socket.mention(alone(text))
    assert wire.written == []
    wire.take()
    assert wire.numbers == [50, 0]
    assert wire.texts[1] == "third"


def test_passing_news_are_for_those_who_have_been_welcomed() -> None:
    wire = Wire()
    socket = Socket(viewer_of(uuid4(), uuid4(), uuid4()), wire, set())
    socket.mention(alone("too early"))
    socket.end(CloseCode.RESTARTING, "bye")
    socket.mention(alone("too late"))
    assert wire.texts == []


def test_a_close_does_not_wait_for_passing_news() -> None:
    socket, wire, _ = joined()
    overfill(socket, wire)
    wire.written.clear()
    socket.mention(alone("news"))
    socket.end(CloseCode.RESTARTING, "bye")
    assert wire.closes == [CloseCode.RESTARTING]
    wire.take()
    assert wire.written == []


def test_after_another_history_passing_news_are_said_again() -> None:
    socket, wire, _ = joined()
    socket.restart("e2", 3, alone("reset", 3))
    socket.mention(alone("news"))
    socket.restart("e3", 9, alone("reset again", 9))
    assert wire.texts == ["reset", "news", "reset again", "news"]


def test_in_doubt_nothing_is_written_and_nothing_is_lost() -> None:
    socket, wire, _ = joined()
    socket.doubt()
    socket.deliver(Batch(frames([1, 2])))
    socket.doubt()
    socket.mention(alone("queue"))
    socket.deliver(Batch(frames([3])))
    socket.trust()
    assert wire.written == [], "there is another doubt"
    socket.trust()
    assert wire.numbers == [1, 2, 0, 3]
    socket.deliver(Batch(frames([4])))
    assert wire.numbers[-1] == 4


def test_who_may_not_look_any_more_gets_nothing_of_what_was_withheld() -> None:
    socket, wire, _ = joined()
    socket.doubt()
    socket.deliver(Batch(frames([1, 2])))
    socket.end(CloseCode.NO_SUCH_WORKSPACE, "no such workspace", alone("goodbye"))
    socket.trust()
    socket.deliver(Batch(frames([3])))
    assert wire.texts == ["goodbye"]
    assert wire.closes == [CloseCode.NO_SUCH_WORKSPACE]


def test_in_doubt_also_the_answer_to_a_hello_waits() -> None:
    wire = Wire()
    socket = wire.reader = Socket(viewer_of(uuid4(), uuid4(), uuid4()), wire, set())
    assert isinstance(socket.session.receive('{"type":"hello"}', 0.0), Join)
    socket.doubt()
    socket.welcome(Reset("e", 7), NOW)
    assert wire.written == []
    socket.trust()
    assert wire.numbers == [7]


def test_a_connection_that_is_gone_is_let_go() -> None:
    socket, wire, slow = joined()
    overfill(socket, wire)
    socket.let_go()
    assert slow == set()
    assert socket.gone
    wire.written.clear()
    wire.take()
    socket.deliver(Batch(frames([90])))
    assert wire.written == []
