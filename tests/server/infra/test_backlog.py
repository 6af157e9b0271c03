"""What waits for a slow reader stays bounded."""

from __future__ import annotations

from server.infra.backlog import Backlog, News


async def drain(backlog: Backlog, number: int) -> list[News]:
    reading = backlog.read()
    return [await anext(reading) for _ in range(number)]


async def test_too_much_becomes_one_gap() -> None:
    backlog = Backlog(capacity=10)
    for number in range(7):
        backlog.push("a", bytes([number]) * 3)
    assert await drain(backlog, 4) == [None, ("a", bytes([4]) * 3), ("a", bytes([5]) * 3), ("a", bytes([6]) * 3)]


async def test_what_was_read_makes_room() -> None:
    backlog = Backlog(capacity=10)
    for number in range(100):
        backlog.push("a", bytes([number]) * 8)
        assert await drain(backlog, 1) == [("a", bytes([number]) * 8)]


async def test_a_gap_keeps_what_was_heard_before() -> None:
    backlog = Backlog()
    backlog.push("a", b"1")
    backlog.gap()
    backlog.push("a", b"2")
    assert await drain(backlog, 3) == [("a", b"1"), None, ("a", b"2")]
