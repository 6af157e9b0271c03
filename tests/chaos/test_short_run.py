"""A short run of the real thing: real processes, a handful of faults under load, nothing lost, paid twice or stuck."""

from __future__ import annotations

from tests.chaos.__main__ import SHORT
from tests.chaos.house import open_house
from tests.chaos.run import Outcome, run
from tests.chaos.schedule import schedule
from tests.chaos.times import Times

SEED = 1


async def test_a_few_faults_of_the_worst_kinds_do_no_harm() -> None:
    told: list[Outcome] = []
    async with open_house(Times()) as house:
        await run(house, schedule(SEED, len(SHORT), SHORT), SEED, told.append)
    assert len(told) == len(SHORT) + 1
    assert [outcome for outcome in told if not outcome.clean] == []
