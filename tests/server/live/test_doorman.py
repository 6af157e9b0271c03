"""Viewers are looked up together, and never answered from before they asked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar
from uuid import uuid4

import pytest

from server.core.ports import Unavailable, Unit
from server.infra.database import PostgresDatabase
from server.live.doorman import Doorman
from server.usecases import sign_in
from server.usecases.check_viewers import Standing
from tests.server.live.people import new_person

T = TypeVar("T")


class Counted:
    """The database, with a gate before it."""

    def __init__(self, database: PostgresDatabase) -> None:
        self._database = database
        self.transactions = 0
        self.away = False
        self.gate = asyncio.Event()
        self.gate.set()

    async def transact(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        self.transactions += 1
        if self.away:
            raise Unavailable("away")
        result = await self._database.transact(work)
        await self.gate.wait()
        return result


async def test_many_at_once_are_looked_up_together(database: PostgresDatabase) -> None:
    person = await new_person(database)
    counted = Counted(database)
    doorman = Doorman(counted)
    strangers = [replace(person.by_session, workspace=uuid4()) for _ in range(60)]
    viewers = [person.by_session, person.by_key] * 200 + strangers
    answers = await asyncio.gather(*map(doorman.standing, viewers))
    assert answers == [Standing.GOOD] * 400 + [Standing.NOT_A_MEMBER] * 60
    assert counted.transactions == 1


async def test_an_answer_is_never_older_than_the_question(database: PostgresDatabase) -> None:
    person = await new_person(database)
    counted = Counted(database)
    doorman = Doorman(counted)
    counted.gate.clear()
    first = asyncio.create_task(doorman.standing(person.by_session))
    await asyncio.sleep(0)
    await sign_in.close_session(database, person.by_session)
    second = asyncio.create_task(doorman.standing(person.by_session))
    await asyncio.sleep(0)
    counted.gate.set()
    await first
    assert await second is Standing.SIGNED_OUT


async def test_a_database_that_is_away_is_told_to_everybody(database: PostgresDatabase) -> None:
    person = await new_person(database)
    counted = Counted(database)
    doorman = Doorman(counted)
    counted.away = True
    answers = await asyncio.gather(
        doorman.standing(person.by_session), doorman.standing(person.by_key), return_exceptions=True
    )
    assert [type(answer) for answer in answers] == [Unavailable, Unavailable]
    counted.away = False
    assert await doorman.standing(person.by_key) is Standing.GOOD
    with pytest.raises(asyncio.TimeoutError):
        counted.gate.clear()
        async with asyncio.timeout(0.05):
            await doorman.standing(person.by_key)
    counted.gate.set()
    assert await doorman.standing(person.by_key) is Standing.GOOD
