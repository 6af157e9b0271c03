"""The port `ProviderState`, on its one adapter."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from server.core.facts import Halt
from server.core.pause import STOPS, Pause
from server.core.ports import Unit
from tests.contracts.rows import Home


async def read(home: Home) -> Pause:
    return await home.do(lambda unit: unit.provider.read())


async def pause(home: Home, reason: Halt, duration: float) -> bool:
    return await home.do(lambda unit: unit.provider.pause(reason, duration))


async def clear(home: Home) -> bool:
    return await home.do(lambda unit: unit.provider.clear())


async def let_it_end(home: Home) -> None:
    await home.sql("UPDATE provider_state SET paused_until = now() RETURNING id")


async def left(home: Home) -> float:
    until = (await read(home)).until
    assert isinstance(until, datetime)
    return (until - await home.database.time()).total_seconds()


async def test_in_the_beginning_nothing_is_known(home: Home) -> None:
    assert await read(home) == Pause(None, None, 0)
    assert not await clear(home)


async def test_a_pause_has_a_reason_and_an_end(home: Home) -> None:
    assert await pause(home, Halt.RATE_LIMITED, 30.0)
    assert 29 < await left(home) <= 30
    state = await read(home)
    assert (state.reason, state.failures) == (Halt.RATE_LIMITED, 1)


async def test_a_new_reason_is_news_and_the_same_is_not(home: Home) -> None:
    news = [await pause(home, reason, 1.0) for reason in (Halt.UNREACHABLE, Halt.UNREACHABLE, Halt.MAINTENANCE)]
    assert news == [True, False, True]


async def test_the_longest_pause_wins(home: Home) -> None:
    for duration in (5.0, 60.0, 10.0):
        await pause(home, Halt.UNREACHABLE, duration)
    assert 59 < await left(home) <= 60


async def test_refusals_of_one_pause_are_one_failure(home: Home) -> None:
    await asyncio.gather(*(pause(home, Halt.UNREACHABLE, 30.0) for _ in range(8)))
    assert (await read(home)).failures == 1
    await let_it_end(home)
    await pause(home, Halt.UNREACHABLE, 30.0)
    assert (await read(home)).failures == 2


async def test_a_pause_that_is_on_is_not_cleared(home: Home) -> None:
    await pause(home, Halt.RATE_LIMITED, 30.0)
    before = await read(home)
    assert not await clear(home)
    assert await read(home) == before


async def test_once_it_is_over_it_is_cleared_once(home: Home) -> None:
    await pause(home, Halt.RATE_LIMITED, 30.0)
    await let_it_end(home)
    assert await clear(home)
    assert not await clear(home)
    assert await read(home) == Pause(None, None, 0)


async def test_a_reason_has_a_beginning_which_further_refusals_leave_alone(home: Home) -> None:
    await pause(home, Halt.UNREACHABLE, 30.0)
    first = (await read(home)).since
    assert first is not None
    await let_it_end(home)
    await pause(home, Halt.UNREACHABLE, 30.0)
    assert (await read(home)).since == first
    await pause(home, Halt.OUT_OF_CREDITS, 30.0)
    stopped = (await read(home)).since
    assert stopped is not None and stopped > first
    await pause(home, Halt.RATE_LIMITED, 30.0)
    await home.do(lambda unit: unit.provider.go_ahead())
    await pause(home, Halt.OUT_OF_CREDITS, 30.0)
    assert (await read(home)).since == stopped


# Stops: what only somebody who acts can mend


async def charged(home: Home, seconds_ago: float = 60.0) -> None:
    """Money was spent, so long ago that no younger number can still be on its way."""
    attempt = await home.attempt()
    await home.do(lambda unit: unit.ledger.charge(attempt, 0.04))
    await home.sql(
        "UPDATE ledger SET at = at - make_interval(secs => :ago) WHERE attempt = :id RETURNING id",
        ago=seconds_ago,
        id=attempt.id,
    )
    await under_way(home)


async def under_way(home: Home, number: int = 1) -> None:
    """As many generations as that are in flight."""
    await home.sql("UPDATE image SET dispatched_at = NULL RETURNING id")
    for _ in range(number):
        image = await home.image()
        await home.sql("UPDATE image SET dispatched_at = now() WHERE id = :id RETURNING id", id=image.id)


async def claim(home: Home, duration: float = 60.0) -> datetime | None:
    return await home.do(lambda unit: unit.provider.claim_reading(duration))


async def due_again(home: Home) -> None:
    await home.sql("UPDATE provider_state SET watch_at = now() RETURNING id")


@pytest.mark.parametrize("reason", sorted(STOPS))
async def test_a_stop_outlasts_its_time_until_it_may_go_ahead(home: Home, reason: Halt) -> None:
    assert await pause(home, reason, 30.0)
    await let_it_end(home)
    assert not await clear(home)
    state = await read(home)
    assert (state.stopped, state.reason, state.failures) == (True, reason, 1)
    await home.do(lambda unit: unit.provider.go_ahead())
    state = await read(home)
    assert (state.stopped, state.reason, state.failures) == (False, reason, 1)
    assert await clear(home)
    assert await read(home) == Pause()


async def test_who_goes_ahead_need_not_wait_for_the_pauses_end(home: Home) -> None:
    await pause(home, Halt.OUT_OF_CREDITS, 300.0)
    await home.do(lambda unit: unit.provider.go_ahead())
    assert await left(home) <= 0


async def test_no_passing_reason_takes_the_place_of_a_stop(home: Home) -> None:
    await pause(home, Halt.OUT_OF_CREDITS, 30.0)
    assert not await pause(home, Halt.RATE_LIMITED, 60.0)
    state = await read(home)
    assert (state.reason, state.stopped, state.failures) == (Halt.OUT_OF_CREDITS, True, 1)
    assert 59 < await left(home) <= 60
    assert await pause(home, Halt.BAD_KEY, 1.0)
    assert (await read(home)).reason is Halt.BAD_KEY


async def test_a_stop_takes_the_place_of_a_pause_and_counts_once_with_it(home: Home) -> None:
    await pause(home, Halt.RATE_LIMITED, 30.0)
    assert await pause(home, Halt.BAD_KEY, 1.0)
    state = await read(home)
    assert (state.reason, state.stopped, state.failures) == (Halt.BAD_KEY, True, 1)


async def test_refusals_during_a_stop_are_no_further_failures(home: Home) -> None:
    await pause(home, Halt.BAD_KEY, 1.0)
    await let_it_end(home)
    await asyncio.gather(*(pause(home, Halt.BAD_KEY, 1.0) for _ in range(8)))
    assert (await read(home)).failures == 1
    await home.do(lambda unit: unit.provider.go_ahead())
    assert not await pause(home, Halt.BAD_KEY, 1.0)
    assert (await read(home)).failures == 2


# The operator's hold


async def test_a_hold_stands_beside_whatever_the_provider_says(home: Home) -> None:
    assert await home.do(lambda unit: unit.provider.hold(True))
    assert not await home.do(lambda unit: unit.provider.hold(True))
    await pause(home, Halt.UNREACHABLE, 30.0)
    await let_it_end(home)
    assert await clear(home)
    assert await read(home) == Pause(held=True)
    assert await home.do(lambda unit: unit.provider.hold(False))
    assert not await home.do(lambda unit: unit.provider.hold(False))
    assert await read(home) == Pause()


async def test_lifting_a_hold_leaves_a_passing_pause_alone(home: Home) -> None:
    """What the provider asked for (Retry-After) is no operator's to shorten."""
    await pause(home, Halt.RATE_LIMITED, 30.0)
    await home.do(lambda unit: unit.provider.hold(False))
    assert 29 < await left(home) <= 30


async def test_lifting_a_hold_looks_into_a_stop_at_once(home: Home) -> None:
    await pause(home, Halt.OUT_OF_CREDITS, 300.0)
    turn = await claim(home)
    assert turn is not None
    await home.do(lambda unit: unit.provider.note_answer(0.0, 300.0))
    assert await claim(home) is None
    await home.do(lambda unit: unit.provider.hold(False))
    state = await read(home)
    assert (state.stopped, state.asks) == (True, 0)
    assert await left(home) <= 0
    assert await claim(home) is not None


# Whose turn it is to ask for the balance


async def test_who_is_well_and_spends_nothing_asks_nothing(home: Home) -> None:
    assert await claim(home) is None
    await pause(home, Halt.MAINTENANCE, 30.0)
    await home.do(lambda unit: unit.provider.hold(True))
    assert await claim(home) is None


async def test_of_many_one_asks(home: Home) -> None:
    await pause(home, Halt.BAD_KEY, 30.0)
    turns = [turn for turn in await asyncio.gather(*(claim(home) for _ in range(8))) if turn]
    assert len(turns) == 1
    assert timedelta(seconds=59) < turns[0] - await home.database.time() <= timedelta(seconds=60)


async def test_whoever_died_asking_is_followed_by_another(home: Home) -> None:
    await pause(home, Halt.BAD_KEY, 30.0)
    first = await claim(home)
    await due_again(home)
    second = await claim(home)
    assert first is not None and second is not None
    assert await home.do(lambda unit: unit.provider.at_turn(first)) is None
    assert await home.do(lambda unit: unit.provider.at_turn(second)) == await read(home)


async def test_a_stop_is_not_asked_about_before_the_providers_own_time(home: Home) -> None:
    await home.do(lambda unit: unit.provider.pause(Halt.OUT_OF_CREDITS, 30.0, 20.0))
    assert await claim(home) is None
    await due_again(home)
    assert await claim(home) is not None


@pytest.mark.parametrize(("reason", "asked"), [(Halt.BAD_KEY, True), (Halt.OUT_OF_CREDITS, False)])
async def test_another_key_is_tried_at_once_and_other_credits_in_their_time(
    home: Home, reason: Halt, asked: bool
) -> None:
    await pause(home, reason, 30.0)
    await home.do(lambda unit: unit.provider.note_answer(None, 300.0))
    await home.do(lambda unit: unit.provider.expect_another_key())
    assert (await claim(home) is not None) is asked


async def test_the_outlook_says_when_there_is_something_to_ask(home: Home) -> None:
    assert not (await home.database.outlook()).reading
    await pause(home, Halt.BAD_KEY, 30.0)
    assert (await home.database.outlook()).reading
    await claim(home)
    assert not (await home.database.outlook()).reading


async def test_an_answer_is_kept_and_none_keeps_the_last(home: Home) -> None:
    await pause(home, Halt.OUT_OF_CREDITS, 30.0)
    for credits, wait in ((12.0, 0.0), (None, 0.0), (7.5, 45.0)):
        assert await claim(home) is not None
        await home.do(lambda unit, credits=credits, wait=wait: unit.provider.note_answer(credits, wait))
    state = await read(home)
    assert (state.credits, state.refused_credits, state.asks) == (7.5, 12.0, 3)
    assert state.credits_at is not None
    assert await claim(home) is None


async def test_what_is_known_of_one_stop_is_forgotten_at_the_next(home: Home) -> None:
    await pause(home, Halt.OUT_OF_CREDITS, 30.0)
    await home.do(lambda unit: unit.provider.note_answer(12.0, 60.0))
    await home.do(lambda unit: unit.provider.go_ahead())
    await pause(home, Halt.OUT_OF_CREDITS, 30.0)
    state = await read(home)
    assert (state.refused_credits, state.asks, state.credits) == (None, 0, 12.0)
    assert await claim(home) is not None


async def test_money_spent_since_the_last_reading_is_something_to_ask_about(home: Home) -> None:
    async def answer(unit: Unit) -> None:
        await unit.ledger.add_reading(90.0)
        await unit.provider.note_answer(90.0, 60.0)

    await charged(home)
    assert await claim(home) is not None
    await home.do(answer)
    await charged(home)
    assert await claim(home) is None, "a minute has not passed"
    await due_again(home)
    assert await claim(home) is not None
    await home.do(answer)
    await due_again(home)
    assert await claim(home) is None, "nothing was spent since"


async def test_where_nothing_is_under_way_nothing_is_asked(home: Home) -> None:
    await charged(home)
    await under_way(home, 0)
    assert await claim(home) is None
    await under_way(home, 1)
    assert await claim(home) is not None


async def test_what_was_spent_in_the_very_moment_of_a_reading_is_read_about_again(home: Home) -> None:
    """A row with a smaller number may still be on its way when one with a larger is seen."""
    await charged(home, seconds_ago=0.0)
    await home.do(lambda unit: unit.ledger.add_reading(90.0))
    assert await claim(home) is not None
