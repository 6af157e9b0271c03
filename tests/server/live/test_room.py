"""A room against late, early, repeated and lost news, and against readings of the database."""

from __future__ import annotations

from server.core.events import Position
from server.infra.memory.clock import MemoryClock
from server.live.news import Batch
from server.live.past import KEPT_BYTES, KEPT_COUNT
from server.live.room import Known, Room
from server.live.session import Catchup, Replay, Reset
from tests.server.live.events import frame, frames, reading


class Tab:
    """Writes down what its room says."""

    def __init__(self) -> None:
        self.heard: list[int] = []
        self.restarts: list[int] = []

    def deliver(self, batch: Batch) -> None:
        self.heard += [frame.seq for frame in batch.frames]

    def mention(self, batch: Batch) -> None: ...

    def restart(self, epoch: str, seq: int, reset: Batch) -> None:
        self.restarts.append(seq)


def room_at(top: int, since: int | None = None) -> tuple[Room, Tab]:
    room, tab = Room(MemoryClock()), Tab()
    room.listeners.add(tab)
    room.learn(reading(top if since is None else since, top), room.known)
    return room, tab


def replayed(answer: object) -> list[int]:
    assert isinstance(answer, Replay)
    return [frame.seq for frame in answer.frames]


def test_news_in_order_are_passed_on() -> None:
    room, tab = room_at(3)
    room.hear("e1", frames([4, 5]))
    room.hear("e1", frames([6]))
    assert tab.heard == [4, 5, 6]
    assert not room.behind


def test_early_news_wait_and_repeats_are_dropped() -> None:
    room, tab = room_at(3)
    room.hear("e1", frames([5]))
    assert tab.heard == []
    assert room.behind
    room.hear("e1", frames([3, 4, 4]))
    room.hear("e1", frames([4, 5]))
    assert tab.heard == [4, 5]
    assert not room.behind


def test_a_gap_is_filled_from_the_database_and_early_news_follow() -> None:
    room, tab = room_at(3)
    room.hear("e1", frames([6]))
    known = room.known
    room.hear("e1", frames([8]))
    room.learn(reading(3, 6), known)
    assert tab.heard == [4, 5, 6]
    assert room.behind, "8 was published while the database was read"


def test_early_news_that_the_database_never_had_are_dropped() -> None:
    room, tab = room_at(3)
    room.hear("e1", frames([9]))
    known = room.known
    room.learn(reading(3, 5), known)
    assert tab.heard == [4, 5]
    assert not room.behind
    room.hear("e1", frames([6, 7, 8, 9]))
    assert tab.heard == [4, 5, 6, 7, 8, 9]


def test_news_before_the_first_reading_are_kept() -> None:
    room, tab = Room(MemoryClock()), Tab()
    room.listeners.add(tab)
    known = room.known
    room.hear("e1", frames([4, 5, 6]))
    assert not room.behind
    room.learn(reading(2, 5), known)
    assert tab.heard == [6]
    assert room.top == 6


def test_another_epoch_restarts_everybody() -> None:
    room, tab = room_at(9, since=0)
    room.hear("e1", frames([11]))
    room.learn(reading(1, 4, epoch="e2"), room.known)
    assert tab.restarts == [4]
    assert tab.heard == []
    assert room.answer("e2", 2, None) == Replay("e2", 2, frames([3, 4]))
    room.hear("e2", frames([5]))
    assert tab.heard == [5]


def test_news_of_another_history_are_dropped_and_the_database_is_asked() -> None:
    room, tab = room_at(3)
    known = room.known
    room.hear("e0", frames([4]))
    room.learn(reading(3, 3), known)
    assert room.behind, "that reading began before the doubt"
    room.learn(reading(3, 3), room.known)
    assert not room.behind
    assert (tab.heard, tab.restarts) == ([], [])
    room.hear("e1", frames([4]))
    assert tab.heard == [4]


def test_early_news_of_another_history_than_the_first_reading_are_dropped() -> None:
    room, tab = Room(MemoryClock()), Tab()
    room.listeners.add(tab)
    room.hear("e0", frames([1]))
    room.learn(reading(0, 0), room.known)
    assert (room.top, tab.heard) == (0, [])
    assert room.behind, "it may have been the reading that was old"


def test_before_the_first_reading_neither_of_two_histories_is_believed() -> None:
    room, tab = Room(MemoryClock()), Tab()
    room.listeners.add(tab)
    known = room.known
    room.hear("e0", frames([4, 5]))
    room.hear("e1", frames([5]))
    room.learn(reading(0, 4), known)
    assert (room.top, tab.heard) == (5, [5])
    assert room.behind


def test_a_history_that_went_back_restarts_everybody() -> None:
    room, tab = room_at(9)
    room.compare(Position("e1", 7), room.known)
    assert room.behind
    room.learn(reading(7, 7), room.known)
    assert tab.restarts == [7]
    assert not room.behind


def test_a_reading_older_than_the_news_is_no_step_back() -> None:
    room, tab = room_at(3)
    known = room.known
    room.hear("e1", frames([4, 5]))
    room.learn(reading(3, 4), known)
    room.compare(Position("e1", 4), Known(3, 3))
    assert tab.heard == [4, 5]
    assert tab.restarts == []
    assert not room.behind


def test_pruned_events_restart_everybody() -> None:
    room, tab = room_at(3)
    room.compare(Position("e1", 9), room.known)
    assert room.behind
    room.learn(reading(6, 9), room.known)
    assert tab.restarts == [9]
    assert tab.heard == []


def test_comparing_finds_what_was_never_published() -> None:
    room, tab = room_at(3)
    room.compare(Position("e1", 4), room.known)
    assert room.behind
    room.learn(reading(3, 4), room.known)
    assert tab.heard == [4]
    room.compare(Position("e2", 4), room.known)
    assert room.behind


def test_returning_tabs_are_answered_from_memory() -> None:
    room, _ = room_at(9, since=4)
    assert replayed(room.answer("e1", 6, None)) == [7, 8, 9]
    assert replayed(room.answer("e1", 4, None)) == [5, 6, 7, 8, 9]
    assert replayed(room.answer("e1", 9, None)) == []
    assert room.answer(None, None, None) == Reset("e1", 9)
    assert room.answer(None, 7, None) == Reset("e1", 9), "a number says nothing without its epoch"


def test_the_database_is_read_before_a_tab_is_reset() -> None:
    room, _ = room_at(9, since=4)
    assert room.answer("e1", 3, None) is None
    assert room.answer("e1", 12, None) is None
    assert room.answer("e0", 9, None) is None
    assert Room(MemoryClock()).answer("e1", 3, None) is None
    fresh = reading(9, 9)
    assert room.answer("e1", 12, fresh) == Reset("e1", 9)
    assert room.answer("e0", 9, fresh) == Reset("e1", 9)
    assert room.answer("e1", 3, fresh) is None, "this reading does not go back far enough"


def test_a_reading_is_joined_with_what_is_kept() -> None:
    room, _ = room_at(9, since=6)
    older, known = reading(2, 9), room.known
    room.hear("e1", frames([10]))
    assert replayed(room.answer("e1", 2, older)) == [3, 4, 5, 6, 7, 8, 9, 10]
    room.learn(older, known)
    assert replayed(room.answer("e1", 2, None)) == [3, 4, 5, 6, 7, 8, 9, 10], "and kept for the next tab"


def test_far_behind_is_a_reset_without_a_reading() -> None:
    room, _ = room_at(KEPT_COUNT + 50)
    assert room.answer("e1", 49, None) == Reset("e1", KEPT_COUNT + 50)
    assert room.answer("e1", 50, None) is None


def test_what_is_kept_is_bounded_by_count() -> None:
    room, _ = room_at(0)
    for seq in range(1, KEPT_COUNT + 101):
        room.hear("e1", frames([seq]))
    assert len(replayed(room.answer("e1", 100, None))) == KEPT_COUNT
    assert room.answer("e1", 99, None) == Reset("e1", KEPT_COUNT + 100)
    room.learn(reading(90, KEPT_COUNT + 100), room.known)
    assert len(replayed(room.answer("e1", 100, None))) == KEPT_COUNT


def test_what_is_kept_and_replayed_is_bounded_by_size() -> None:
    room, _ = room_at(0)
    quarter = KEPT_BYTES // 4
    for seq in range(1, 7):
        room.hear("e1", [frame(seq, padding=quarter)])
    assert replayed(room.answer("e1", 3, None)) == [4, 5, 6]
    assert room.answer("e1", 2, None) is None
    assert room.answer("e1", 2, reading(2, 6, padding=quarter)) == Reset("e1", 6)


def test_a_flood_of_early_news_is_let_go_and_read() -> None:
    room, tab = room_at(0)
    room.hear("e1", frames(range(2, KEPT_COUNT + 10)))
    assert room.behind
    room.learn(reading(0, 900), room.known)
    assert tab.heard == list(range(1, 901))


def test_who_was_slow_is_told_the_latest_of_each() -> None:
    room, _ = room_at(3)
    room.hear(
        "e1", [frame(4, key=b"a"), frame(5, key=b"b"), frame(6, key=b"a"), frame(7, key=b"c"), frame(8, key=b"b")]
    )
    assert missed(room, 3) == (8, [6, 7, 8])
    assert missed(room, 6) == (8, [7, 8])
    assert missed(room, 8) == (8, [])


def test_who_was_slow_for_too_long_or_in_another_history_starts_afresh() -> None:
    room, _ = room_at(3)
    room.hear("e1", frames(range(4, 5 + KEPT_COUNT)))
    assert isinstance(room.missed("e1", 4), Catchup)
    assert room.missed("e1", 2) == Reset("e1", room.top)
    assert room.missed("e0", 4) == Reset("e1", room.top)


def missed(room: Room, since: int) -> tuple[int, list[int]]:
    past = room.missed("e1", since)
    assert isinstance(past, Catchup)
    return past.to, [frame.seq for frame in past.latest]
