"""What clients send, taken apart: by ourselves and by the library's parser, however the bytes are cut."""

from __future__ import annotations

import secrets
import tracemalloc
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from server.live.client_frames import (
    MAX_MESSAGE,
    Broken,
    Burst,
    Goodbye,
    Message,
    Ping,
    Said,
    Scrap,
    take_plain,
    unfinished,
)


def said_by_client(opcode: Opcode, data: bytes = b"", fin: bool = True) -> bytes:
    """A client's frame, masked, as the library writes it."""
    return Frame(opcode, data, fin).serialize(mask=True)


def close(code: int, reason: bytes = b"") -> bytes:
    return said_by_client(Opcode.CLOSE, code.to_bytes(2, "big") + reason)


TEXTS = ["", "é" * 60, "x" * 125, "x" * 126, "x" * 65_535]


@cache
def text(said: str) -> bytes:
    """The same bytes each time: the library takes another mask for each."""
    return said_by_client(Opcode.TEXT, said.encode())


def heard(pieces: Iterable[bytes]) -> list[Said]:
    burst = Burst()
    return [word for piece in pieces for word in burst.feed(piece)]


def cut(data: bytes, places: Sequence[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[start:end] for start, end in pairwise(edges)]


STORY = (
    said_by_client(Opcode.TEXT, b'{"type":', fin=False)
    + said_by_client(Opcode.PING, b"between")
    + said_by_client(Opcode.CONT, '"é"}'.encode())
    + said_by_client(Opcode.PONG, b"\x00")
    + said_by_client(Opcode.BINARY, b"\x00" * 200)
    + said_by_client(Opcode.TEXT, b"y" * MAX_MESSAGE)
)


@given(st.lists(st.integers(0, len(STORY)), max_size=6))
def test_a_burst_understands_the_same_however_it_is_cut(places: list[int]) -> None:
    burst = Burst()
    words: list[Said] = []
    for piece in cut(STORY, places):
        words += burst.feed(piece)
    assert [word for word in words[:5] if word != Scrap()] == [
        Ping(b"between"),
        Message('{"type":"é"}'),
        Message(b"\x00" * 200),
    ]
    assert words.count(Scrap()) == 2, "the first part of a message, and a pong"
    assert len(words) == 6
    assert burst.over


def test_a_burst_is_over_only_when_all_is_said() -> None:
    burst = Burst()
    whole = said_by_client(Opcode.TEXT, b"hello")
    *first, last = cut(whole, range(len(whole)))
    for piece in first:
        list(burst.feed(piece))
        assert not burst.over
    assert list(burst.feed(last)) == [Message("hello")]
    assert burst.over
    list(burst.feed(said_by_client(Opcode.TEXT, b"a", fin=False)))
    assert not burst.over, "a message in fragments goes on"
    list(burst.feed(said_by_client(Opcode.CONT, b"b")))
    assert burst.over


def test_fragments_of_nothing_take_no_room() -> None:
    burst = Burst()
    list(burst.feed(said_by_client(Opcode.TEXT, b"hel", fin=False)))
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        nothing = said_by_client(Opcode.CONT, b"", fin=False)
        for _ in range(20_000):
            list(burst.feed(nothing))
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 16 * 1024
    assert list(burst.feed(said_by_client(Opcode.CONT, b"lo"))) == [Message("hello")]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (said_by_client(Opcode.TEXT, b"x" * (MAX_MESSAGE + 1)), 1009),
        (said_by_client(Opcode.TEXT, b"x" * MAX_MESSAGE, fin=False) + said_by_client(Opcode.CONT, b"y"), 1009),
        (b"\x81\xff" + (2**62).to_bytes(8, "big"), 1009),
        (said_by_client(Opcode.TEXT, b"\xff\xfe"), 1007),
        (Frame(Opcode.TEXT, b"unmasked").serialize(mask=False), 1002),
        (said_by_client(Opcode.CONT, b"of nothing"), 1002),
        (b"\x83\x80\x00\x00\x00\x00", 1002),
        (b"\xc1\x80\x00\x00\x00\x00", 1002),
        (b"\x89\xfe\x00\x7e" + b"\x00" * 130, 1002),
        (b"\x09\x80\x00\x00\x00\x00", 1002),
        (close(1005), 1002),
        (said_by_client(Opcode.CLOSE, b"\x03"), 1002),
        (close(1000, b"\xff"), 1007),
    ],
    # Masks are drawn at random, and would be part of the names.
    ids=range(13),
)
def test_what_breaks_the_protocol_has_its_code(data: bytes, code: int) -> None:
    words = heard([data])
    broken = words[-1]
    assert isinstance(broken, Broken)
    assert broken.code == code


def test_a_close_tells_its_code() -> None:
    assert heard([close(1001, b"going")]) == [Goodbye(1001)]
    assert heard([said_by_client(Opcode.CLOSE)]) == [Goodbye(1005)]


def test_plain_frames_are_read_without_a_parser() -> None:
    data = said_by_client(Opcode.PONG) + said_by_client(Opcode.PING, b"ab") + said_by_client(Opcode.PONG, b"x" * 125)
    said = [Scrap(), Ping(b"ab"), Scrap()]
    assert take_plain(data) == (said, b"")
    assert take_plain(data + close(1000)) == ([*said, Goodbye(1000)], b"")
    assert take_plain(data + b"".join(map(text, TEXTS))) == ([*said, *map(Message, TEXTS)], b"")
    begun = said_by_client(Opcode.TEXT, b"he", fin=False)
    assert take_plain(text("hello") + begun) == ([Message("hello")], begun)


@pytest.mark.parametrize("end", range(1, 140), ids=str)
def test_a_text_that_is_not_whole_is_left_alone(end: int) -> None:
    assert take_plain(text("x" * 132)[:end]) == ([], text("x" * 132)[:end])


def test_of_a_flood_of_control_frames_nothing_is_copied_again_and_again() -> None:
    class Counted(bytes):
        copied = 0

        def __getitem__(self, place: Any) -> Any:
            some = super().__getitem__(place)
            if isinstance(some, bytes):
                Counted.copied += len(some)
            return some

    flood = Counted(said_by_client(Opcode.PONG) * 10_000)
    assert take_plain(flood) == ([Scrap()] * 10_000, b"")
    assert Counted.copied <= len(flood)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x8a",
        said_by_client(Opcode.PING, b"ab")[:-1],
        b"\x8a\x00",
        b"\xca\x80\x00\x00\x00\x00",
        b"\x8a\xfe\x00\x7e" + b"\x00" * 130,
        said_by_client(Opcode.CLOSE, b"\x03"),
        close(1005),
        said_by_client(Opcode.TEXT, b"\xff"),
        said_by_client(Opcode.TEXT, b"x" * 65_536),
        b"\x81\xfe\x00\x05" + b"\x00" * 9,
        b"\xc1\x80" + b"\x00" * 4,
    ],
    ids=range(12),
)
def test_what_is_cut_or_ill_made_is_left_to_the_parser(data: bytes) -> None:
    assert take_plain(data) == ([], data)


@given(st.lists(st.tuples(st.sampled_from([Opcode.TEXT, Opcode.PONG]), st.integers(0, 300)), max_size=5), st.data())
def test_the_edge_between_frames_is_found(frames: list[tuple[Opcode, int]], data: st.DataObject) -> None:
    whole = [
        said_by_client(op, secrets.token_bytes(min(size, 125) if op is Opcode.PONG else size)) for op, size in frames
    ]
    stream = b"".join(whole)
    end = data.draw(st.integers(0, len(stream)))
    begun, edge = 0, 0
    for frame in whole:
        if edge + len(frame) > end:
            break
        edge += len(frame)
        begun = edge
    assert unfinished(stream[:end]) == stream[begun:end]
