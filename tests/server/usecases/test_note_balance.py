"""When the provider's balance is asked for, and what follows from its answer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime

import pytest

from server.core import facts as f
from server.core.image import Status
from server.core.pause import STOPS, Pause
from server.core.stores import Wake
from server.usecases.dispatch_images import dispatch_images
from server.usecases.note_balance import LEASE, claim_reading, note_balance
from tests.server.usecases.studio import TASK, Studio


@dataclass
class Provider:
    """What a process that asks for the balance does, and how a test lets time pass for it."""

    studio: Studio

    async def turn(self) -> datetime:
        turn = await claim_reading(self.studio.database)
        assert turn is not None, "nobody is to ask"
        return turn

    async def answers(self, credits: float | None, retry_after: float | None = None) -> bool:
        turn = await self.turn()
        return await note_balance(self.studio.database, turn, credits, retry_after, self.studio.rules)

    async def pause(self) -> Pause:
        return await self.studio.database.transact(lambda unit: unit.provider.read())

    async def next_in(self) -> float:
        """Seconds until somebody asks again, from when that was decided."""
        [row] = await self.studio.sql(
            "SELECT CAST(extract(epoch FROM watch_at - updated_at) AS double precision) AS wait FROM provider_state"
        )
        return float(row["wait"])

    async def let_pass(self, seconds: float) -> None:
        await self.studio.sql(
            "UPDATE provider_state SET watch_at = watch_at - make_interval(secs => :by), "
            "paused_until = paused_until - make_interval(secs => :by) RETURNING id",
            by=seconds,
        )


@pytest.fixture
def provider(studio: Studio) -> Provider:
    return Provider(studio)


async def refused(studio: Studio, halt: f.Halt, **said: float) -> None:
    await studio.record(await studio.bring(Status.SUBMITTING), f.Refused(1, halt, **said))


async def readings(studio: Studio) -> list[float]:
    return [row["credits"] for row in await studio.sql("SELECT credits FROM balance ORDER BY id")]


# Without credits


async def test_without_credits_the_balance_is_asked_for_at_once_and_then_less_and_less(
    studio: Studio, provider: Provider
) -> None:
    await refused(studio, f.Halt.OUT_OF_CREDITS)
    waits = []
    for _ in range(6):
        assert not await provider.answers(0.0)
        waits.append(await provider.next_in())
        assert await claim_reading(studio.database) is None
        await provider.let_pass(waits[-1])
    assert waits == [15, 30, 60, 120, 240, 300]
    assert await dispatch_images(studio.database, 8, 64) == []


async def test_once_there_are_credits_one_goes_ahead_and_the_others_follow(studio: Studio, provider: Provider) -> None:
    await refused(studio, f.Halt.OUT_OF_CREDITS)
    await studio.request(count=3)
    assert not await provider.answers(0.0)
    await provider.let_pass(31)
    studio.told.clear()
    assert await provider.answers(500.0)
    assert Wake("dispatch") in studio.told.wakes
    assert studio.told.stirred == 1
    [first] = await dispatch_images(studio.database, 8, 64)
    assert await dispatch_images(studio.database, 8, 64) == []
    assert first.id is not None
    await studio.accept(await studio.load(first.id))
    assert len(await dispatch_images(studio.database, 8, 64)) == 3
    assert (await provider.pause()).failures == 0


async def test_credits_that_are_too_few_cost_one_try_after_each_growing_pause(
    studio: Studio, provider: Provider
) -> None:
    """A balance above 0 and below a picture's price: 402 again and again, and never a hot loop."""
    tried = []
    [image] = await studio.request()
    for attempt in range(1, 5):
        await studio.submit(image)
        await studio.record(image, f.Refused(attempt, f.Halt.OUT_OF_CREDITS))
        waited = 0.0
        while not await provider.answers(3.0):
            wait = await provider.next_in()
            await provider.let_pass(wait)
            waited += wait
        tried.append(waited)
    assert tried == pytest.approx([15, 30, 60, 120], rel=0.25)


async def test_a_top_up_is_seen_at_the_next_asking_and_waits_for_no_pause(studio: Studio, provider: Provider) -> None:
    await refused(studio, f.Halt.OUT_OF_CREDITS, retry_after=3_000.0)
    await provider.let_pass(3_000)
    await studio.sql("UPDATE provider_state SET paused_until = now() + interval '1 hour' RETURNING id")
    assert not await provider.answers(3.0)
    await provider.let_pass(31)
    assert await provider.answers(900.0)


# A key that is refused


async def test_a_key_that_is_refused_is_asked_with_until_it_answers(studio: Studio, provider: Provider) -> None:
    await refused(studio, f.Halt.BAD_KEY)
    for wait in (15, 30, 60):
        assert not await provider.answers(None)
        assert await provider.next_in() == wait
        await provider.let_pass(wait)
    assert await provider.answers(0.0), "the key is good again: that there are no credits is another matter"
    assert await readings(studio) == [0.0]


async def test_a_key_that_reads_the_balance_and_may_not_submit_is_tried_after_the_pause(
    studio: Studio, provider: Provider
) -> None:
    await refused(studio, f.Halt.BAD_KEY)
    assert not await provider.answers(100.0)
    assert await provider.next_in() == pytest.approx(15, rel=0.25)
    await provider.let_pass(15)
    assert await provider.answers(100.0)


# Whatever the stop


@pytest.mark.parametrize("halt", sorted(STOPS))
async def test_the_providers_own_time_is_waited_for(studio: Studio, provider: Provider, halt: f.Halt) -> None:
    await refused(studio, halt, retry_after=45.0)
    assert await claim_reading(studio.database) is None
    assert await provider.next_in() == 45
    await provider.let_pass(45)
    assert not await provider.answers(None, retry_after=500.0)
    assert await provider.next_in() == 500


async def test_of_many_processes_one_asks_and_if_it_dies_another_does(studio: Studio, provider: Provider) -> None:
    await refused(studio, f.Halt.BAD_KEY)
    turns = await asyncio.gather(*(claim_reading(studio.database) for _ in range(8)))
    [lost] = [turn for turn in turns if turn]
    await provider.let_pass(LEASE)
    assert not await provider.answers(None)
    assert not await note_balance(studio.database, lost, 100.0, None, studio.rules), "a turn that was lost says nothing"
    assert await readings(studio) == []
    assert (await provider.pause()).stopped


async def test_a_refusal_that_came_while_the_balance_was_read_is_not_undone_by_it(
    studio: Studio, provider: Provider
) -> None:
    images = [await studio.bring(Status.SUBMITTING) for _ in range(2)]
    await studio.record(images[0], f.Accepted(1, TASK))
    turn = await provider.turn()
    await studio.record(images[1], f.Refused(1, f.Halt.OUT_OF_CREDITS))
    assert not await note_balance(studio.database, turn, 100.0, None, studio.rules)
    assert (await provider.pause()).stopped
    assert not await provider.answers(0.0)


# While all is well


async def test_an_idle_system_asks_nothing(studio: Studio) -> None:
    await studio.upload()
    assert await claim_reading(studio.database) is None
    await studio.bring(Status.SUBMITTING)
    await refused(studio, f.Halt.UNREACHABLE)
    assert await claim_reading(studio.database) is None


async def test_while_money_is_spent_the_balance_is_read_once_a_minute(studio: Studio, provider: Provider) -> None:
    await studio.bring(Status.PROCESSING)
    assert not await provider.answers(96.0)
    assert await provider.next_in() == 60
    await studio.bring(Status.PROCESSING)
    assert await claim_reading(studio.database) is None
    await provider.let_pass(60)
    assert not await provider.answers(None), "no answer is no reading, and no stop"
    assert await readings(studio) == [96.0]
    assert not (await provider.pause()).bars(await studio.database.time())


async def test_news_of_the_balance_are_told_and_no_news_are_not(studio: Studio, provider: Provider) -> None:
    await studio.bring(Status.PROCESSING)
    told = []
    for credits in (96.0, 96.0, 92.0, None):
        studio.told.clear()
        await provider.answers(credits)
        told.append(studio.told.stirred)
        await provider.let_pass(60)
    assert told == [1, 0, 1, 0]
