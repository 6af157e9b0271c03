"""Questions that come at once are asked at once, and none is answered by what was true before it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from server.live.together import Together
from tests.server.live.peers import eventually


class Oracle:
    """Answers with the number of the round, when it is let."""

    def __init__(self) -> None:
        self.rounds: list[list[str]] = []
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.error: Exception | None = None

    async def ask(self, questions: Sequence[str]) -> list[str]:
        self.rounds.append(list(questions))
        number = len(self.rounds)
        await self.go_on.wait()
        if self.error:
            raise self.error
        return [f"{question}{number}" for question in questions]


async def under_way(together: Together[str, str], oracle: Oracle) -> asyncio.Task[str]:
    """A first round, about "a", that is not answered before the oracle is let."""
    oracle.go_on.clear()
    first = asyncio.create_task(together.answer("a"))
    await eventually(lambda: bool(oracle.rounds))
    return first


async def test_those_who_come_at_once_share_a_round() -> None:
    oracle = Oracle()
    together = Together(oracle.ask, 10)
    assert await asyncio.gather(*map(together.answer, "abca")) == ["a1", "b1", "c1", "a1"]
    assert oracle.rounds == [["a", "b", "c"]]


async def test_who_comes_during_a_round_is_answered_by_the_next() -> None:
    oracle = Oracle()
    together = Together(oracle.ask, 10)
    first = await under_way(together, oracle)
    second = asyncio.create_task(together.answer("a"))
    await asyncio.sleep(0)
    oracle.go_on.set()
    assert (await first, await second) == ("a1", "a2")


async def test_those_who_follow_wait_for_each_other() -> None:
    oracle = Oracle()
    together = Together(oracle.ask, 10)
    first = await under_way(together, oracle)
    second = asyncio.create_task(together.answer("b"))
    await asyncio.sleep(0)
    oracle.go_on.set()
    assert await first == "a1"
    assert (await together.answer("c"), await second) == ("c2", "b2")
    assert oracle.rounds == [["a"], ["b", "c"]]


async def test_a_round_has_a_bound() -> None:
    oracle = Oracle()
    together = Together(oracle.ask, 2)
    assert await asyncio.gather(*map(together.answer, "abcde")) == ["a1", "b1", "c2", "d2", "e3"]


async def test_an_error_is_everybodys_and_the_next_round_is_asked() -> None:
    oracle = Oracle()
    together = Together(oracle.ask, 10)
    oracle.error = OSError("away")
    answers = await asyncio.gather(*map(together.answer, "ab"), return_exceptions=True)
    assert [str(answer) for answer in answers] == ["away", "away"]
    oracle.error = None
    assert await together.answer("a") == "a2"


async def test_who_gives_up_takes_nobody_along() -> None:
    oracle = Oracle()
    together = Together(oracle.ask, 10)
    oracle.go_on.clear()
    hasty, patient = (asyncio.create_task(together.answer("a")) for _ in range(2))
    await asyncio.sleep(0)
    hasty.cancel()
    oracle.go_on.set()
    assert await patient == "a1"
    with pytest.raises(asyncio.CancelledError):
        await hasty
