"""What waits for a slow reader stays bounded."""

from __future__ import annotations

from server.core.ports import News
from server.infra.backlog import Backlog


async def drain(backlog: Backlog, number: int) -> list[News]:
    reading = backlog.read()
    return [await anext(reading) for _ in range(number)]


def heard(number: int, size: int) -> list[tuple[str, bytes]]:
    return [("a", bytes([number]) * size)]


async def test_too_much_becomes_one_gap() -> None:
    backlog = Backlog(capacity=10)
    for number in range(7):
        backlog.push(heard(number, 3))
    assert await drain(backlog, 4) == [None, heard(4, 3), heard(5, 3), heard(6, 3)]


async def test_too_much_at_once_is_a_gap() -> None:
    backlog = Backlog(capacity=10)
    backlog.push(heard(1, 3))
    backlog.push(heard(2, 4) + heard(3, 4))
    backlog.push(heard(4, 5) + heard(5, 5))
    assert await drain(backlog, 2) == [None, heard(4, 5) + heard(5, 5)]


async def test_what_was_read_makes_room() -> None:
    backlog = Backlog(capacity=10)
    for number in range(100):
        backlog.push(heard(number, 4) + heard(number, 4))
        assert await drain(backlog, 1) == [heard(number, 4) + heard(number, 4)]


async def test_a_gap_keeps_what_was_heard_before_and_nothing_is_no_news() -> None:
    backlog = Backlog()
    backlog.push(heard(1, 1) + heard(2, 1))
    backlog.gap()
    backlog.push([])
    backlog.push(heard(3, 1))
    assert await drain(backlog, 3) == [heard(1, 1) + heard(2, 1), None, heard(3, 1)]
