"""What is kept of a stream, and that the garbage collector has nothing to walk."""

from __future__ import annotations

import gc

from hypothesis import given
from hypothesis import strategies as st

from server.core.stream_frames import Frame
from server.live.news import wire_size
from server.live.past import KEPT_BYTES, KEPT_COUNT, Past
from tests.server.live.events import frames

SIZES = st.lists(st.sampled_from([1, 200, 70_000, KEPT_BYTES // 3, KEPT_BYTES + 1]), max_size=12)


@given(top=st.integers(0, 5), batches=st.lists(SIZES, max_size=5), before=SIZES)
def test_it_is_the_end_of_the_stream_as_far_as_there_is_room(
    top: int, batches: list[list[int]], before: list[int]
) -> None:
    past, told = Past(), list[Frame]()
    past.begin(top + len(before))
    for sizes in batches:
        more = [Frame(past.top + 1 + place, b"k", b"x" * size) for place, size in enumerate(sizes)]
        past.add(more)
        told += more
    kept = past.above(past.start - 1)
    assert kept == told[len(told) - len(kept) :]
    assert past.top == top + len(before) + len(told)
    assert sum(wire_size(frame.payload) for frame in kept) <= KEPT_BYTES
    gone = told[: len(told) - len(kept)]
    assert not gone or sum(wire_size(frame.payload) for frame in [gone[-1], *kept]) > KEPT_BYTES
    for size in before:
        older = Frame(past.start - 1, b"o", b"x" * size)
        room = sum(wire_size(frame.payload) for frame in kept) + wire_size(older.payload) <= KEPT_BYTES
        assert past.add_before(older) == room
        kept = [older, *kept] if room else kept
        assert past.above(past.start - 1) == kept


def test_there_is_an_end_to_it() -> None:
    past = Past()
    past.add(frames(range(1, KEPT_COUNT + 11)))
    assert (past.start, past.top) == (11, KEPT_COUNT + 10)
    assert not past.add_before(frames([10])[0])
    assert [frame.seq for frame in past.above(KEPT_COUNT + 8)] == [KEPT_COUNT + 9, KEPT_COUNT + 10]
    past.begin(3)
    assert (past.start, past.above(3)) == (4, [])


def test_the_collector_has_nothing_to_walk() -> None:
    past = Past()
    gc.collect()
    before = len(gc.get_objects())
    past.add(frames(range(1, KEPT_COUNT + 1)))
    gc.collect()
    assert len(gc.get_objects()) - before < KEPT_COUNT // 10
