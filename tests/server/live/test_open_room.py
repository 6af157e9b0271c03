"""Who needs the database waits for one reading together, but never takes one that is older than their question."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

from server.core.ports import Unavailable
from server.core.stream_frames import Message
from server.infra.memory.clock import MemoryClock
from server.live.frames import Hello
from server.live.open_room import TAIL, OpenRoom
from server.live.room import Reading
from server.live.session import Replay, Reset, Welcome
from server.live.times import LiveTimes
from tests.server.live.events import frames, reading
from tests.server.live.peers import eventually


class Shelf:
    """Hands out readings when the test says so."""

    def __init__(self) -> None:
        self.asked: list[tuple[int | None, int]] = []
        self._answers: asyncio.Queue[Reading | Exception | None] = asyncio.Queue()

    async def read(self, workspace: UUID, since: int | None, tail: int) -> Reading | None:
        self.asked.append((since, tail))
        answer = await self._answers.get()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def give(self, answer: Reading | Exception | None) -> None:
        self._answers.put_nowait(answer)


def opened() -> tuple[OpenRoom, Shelf]:
    shelf = Shelf()
    return OpenRoom(uuid4(), shelf.read, MemoryClock(), LiveTimes(gap=0.001, retry=0.001)), shelf


def ask(room: OpenRoom, since: int | None, epoch: str | None = "e1") -> asyncio.Task[Welcome | None]:
    return asyncio.create_task(room.welcome(Hello(type="hello", epoch=epoch, since=since)))


async def test_one_reading_answers_all_who_waited_for_it() -> None:
    room, shelf = opened()
    tabs = [ask(room, since) for since in (3, 4, 5)]
    shelf.give(reading(1, 5))
    assert [await tab for tab in tabs] == [Replay("e1", since, frames(range(since + 1, 6))) for since in (3, 4, 5)]
    assert shelf.asked == [(3, TAIL)]


async def test_a_reading_that_began_before_the_question_is_no_answer() -> None:
    room, shelf = opened()
    early = ask(room, 5)
    await eventually(lambda: len(shelf.asked) == 1)
    late = ask(room, 6)
    await asyncio.sleep(0)
    shelf.give(reading(1, 5))
    assert await early == Replay("e1", 5, [])
    shelf.give(reading(5, 6))
    assert await late == Replay("e1", 6, [])
    assert shelf.asked == [(5, TAIL), (5, 0)]


async def test_a_reading_for_others_that_is_too_short_is_no_reason_for_a_reset() -> None:
    room, shelf = opened()
    holder = ask(room, 9)
    await eventually(lambda: len(shelf.asked) == 1)
    stranger, far = ask(room, 9, epoch="e0"), ask(room, 2)
    await asyncio.sleep(0)
    shelf.give(reading(9, 9))
    shelf.give(reading(9, 9))
    shelf.give(reading(2, 9))
    assert await holder == Replay("e1", 9, [])
    assert await stranger == Reset("e1", 9)
    assert await far == Replay("e1", 2, frames(range(3, 10)))


async def test_a_failed_reading_is_told_and_the_next_tries_again() -> None:
    room, shelf = opened()
    first, second = ask(room, 5), ask(room, 5)
    shelf.give(Unavailable("away"))
    shelf.give(reading(5, 5))
    assert isinstance((await asyncio.gather(first, return_exceptions=True))[0], Unavailable)
    assert await second == Replay("e1", 5, [])


async def test_a_workspace_that_is_no_more() -> None:
    room, shelf = opened()
    tab = ask(room, None)
    shelf.give(None)
    assert await tab is None


async def test_a_repair_goes_on_until_the_room_is_whole() -> None:
    room, shelf = opened()
    tab = ask(room, 3)
    shelf.give(reading(3, 3))
    await tab
    room.hear(Message("e1", frames([5, 7])))
    for answer in (Unavailable("away"), ValueError("a bug")):
        shelf.give(answer)
    await eventually(lambda: len(shelf.asked) == 3)
    room.hear(Message("e1", frames([8])))
    shelf.give(reading(3, 8))
    await eventually(lambda: room.room.top == 8)
    assert not room.room.behind
    room.close()
