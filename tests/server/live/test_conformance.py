"""Every case of the table, at every door: what sleeps, on both event loops; what stays awake; and uvicorn's own.

Each is sent whole, and in pieces of one byte, or of 997 where that would be too many.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple

import pytest
import uvloop

from server.infra.database import PostgresDatabase
from server.live.dormant import Dormant
from server.live.queued_line import QueuedLine
from tests.server.live.autobahn_cases import CASES, CLOSE, FLOOD, PONG, TEXT, Answer, Case, Closed, Pong, ping
from tests.server.live.house import House, serving
from tests.server.live.peers import eventually
from tests.server.live.people import new_person
from tests.server.live.raw_client import RawClient

TOGETHER = 40
"""Sockets at once: fewer than one person may have."""
ONE_BY_ONE = 2_000
"""More bytes than these are not cut into single ones."""
STILL_THERE = b"still there?"


class Door(NamedTuple):
    """`name` is that of `serving`."""

    name: str
    line: type
    loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop


DOORS = {
    "asleep": Door("ours", Dormant),
    "asleep-on-uvloop": Door("ours", Dormant, uvloop.new_event_loop),
    "awake": Door("awake", QueuedLine),
    "stock": Door("stock", QueuedLine),
}


class Trial:
    """One case on a connection of its own."""

    def __init__(self, case: Case, client: RawClient, wanted: Sequence[Answer]) -> None:
        self.case, self.client, self.wanted = case, client, list(wanted)
        self.heard: list[Answer] = []
        self.closed = False

    async def play(self, size: int | None) -> None:
        """Say what the case says, and hear what comes until the end, or until the socket proves that it lives."""
        await self.client.say(self.case.sent, size)
        if not any(isinstance(answer, Closed) for answer in self.wanted):
            await self.client.say(ping(STILL_THERE))
        while not self.closed:
            heard = await self.client.hear()
            if heard is None:
                return
            if heard.opcode == PONG and heard.data == STILL_THERE:
                return
            if heard.opcode == PONG:
                self._note(Pong(heard.data))
            elif heard.opcode == CLOSE:
                heard.data[2:].decode()
                self._note(Closed(heard.code))
                self.closed = True
                await self.client.answer_close(heard.code)
            else:
                assert heard.opcode == TEXT and b'"type":"queue"' in heard.data, heard
        await self.client.until_ended()

    def _note(self, answer: Answer) -> None:
        if answer != Pong(FLOOD) or self.heard[-1:] != [answer]:
            self.heard.append(answer)

    async def hears(self, top: int) -> None:
        """The news that come to all who are left."""
        frame = await self.client.word()
        assert (frame["type"], frame["seq"]) == ("event", top), frame


async def meet(house: House, door: Door, case: Case) -> Trial:
    client = await RawClient.connect(house.port, house.person.key)
    assert (await client.greet())["type"] == "reset"
    return Trial(case, client, case.answers if case.stock is None or door.name != "stock" else case.stock)


async def faults(house: House, door: Door, cases: Sequence[Case], in_pieces: bool) -> list[str]:
    """What was not as the table says, of cases that are tried at the same time."""
    trials = await asyncio.gather(*(meet(house, door, case) for case in cases))
    assert {type(socket.line) for socket in house.hub.sockets} == {door.line}
    ends = await asyncio.gather(*(trial.play(_size(trial.case, in_pieces)) for trial in trials), return_exceptions=True)
    said = []
    for trial, end in zip(trials, ends, strict=True):
        if isinstance(end, BaseException) or trial.heard != trial.wanted:
            said.append(f"{trial.case.number}: wanted {trial.wanted}, heard {trial.heard} {end or ''!r}")
    living = [trial for trial in trials if not trial.closed]
    top = await house.change()
    ends = await asyncio.gather(*(trial.hears(top) for trial in living), return_exceptions=True)
    pairs = zip(living, ends, strict=True)
    said += [f"{trial.case.number}: no news: {end!r}" for trial, end in pairs if end is not None]
    for trial in trials:
        trial.client.end()
    await eventually(lambda: house.hub.sockets == [])
    return said


def _size(case: Case, in_pieces: bool) -> int | None:
    if not in_pieces:
        return None
    return 1 if len(case.sent) <= ONE_BY_ONE else 997


async def play(database_url: str, door: Door, in_pieces: bool) -> list[str]:
    database = PostgresDatabase(database_url, pool=3)
    await database.connect()
    try:
        async with serving(database, await new_person(database), door.name) as house:
            said = []
            for start in range(0, len(CASES), TOGETHER):
                said += await faults(house, door, CASES[start : start + TOGETHER], in_pieces)
            return said
    finally:
        await database.disconnect()


@pytest.mark.parametrize("in_pieces", [False, True], ids=["whole", "in-pieces"])
@pytest.mark.parametrize("door", DOORS)
def test_every_case_is_answered_as_it_must_be(database_url: str, door: str, in_pieces: bool) -> None:
    with asyncio.Runner(loop_factory=DOORS[door].loop) as runner:
        said = runner.run(play(database_url, DOORS[door], in_pieces))
    assert said == [], "\n".join(said)


def test_the_table_is_whole() -> None:
    numbers = [case.number for case in CASES]
    assert len(numbers) == len(set(numbers))
    chapters = {number.split(".")[0] for number in numbers}
    assert chapters == {"1", "2", "3", "4", "5", "6", "7", "9", "10", "own"}
    assert len(CASES) > 250
    assert all(case.why for case in CASES if case.stock is not None), "a difference is to be explained"
