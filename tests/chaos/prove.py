"""Shows that each kind of fault can fail: its own bug is put into a copy of the code, and the checker must say so."""

from __future__ import annotations

from collections.abc import Sequence

from tests.chaos.bugs import breaks
from tests.chaos.house import open_house
from tests.chaos.run import Outcome, Patience, fault
from tests.chaos.schedule import Turn
from tests.chaos.stage import open_stage
from tests.chaos.times import Times

SHORT = Patience(recovery=10.0, promise=15.0, check=2.0)
"""Nothing is to come right here, so it is not waited for long."""


async def prove(kinds: Sequence[str], times: Times) -> int:
    """A line a kind: the bug, and what was said of it. 1 where the bug of a kind was not found."""
    unfound = 0
    for kind in kinds:
        outcome = await _with_its_bug(kind, times)
        found = bool(outcome.complaints)
        unfound += not found
        print(f"{'found' if found else 'MISSED':6}  {kind:28}  {breaks(kind).bug}", flush=True)
        print(f"        {_said(outcome)}", flush=True)
    print(f"\n{len(kinds) - unfound} of {len(kinds)} bugs were found.")
    return 1 if unfound else 0


async def _with_its_bug(kind: str, times: Times) -> Outcome:
    """Without others at work, who would wake what was lost."""
    async with open_house(times, breaks(kind).edits) as house, open_stage(house, 1, load=False) as stage:
        return await fault(stage, Turn(1, kind, 1), SHORT)


def _said(outcome: Outcome) -> str:
    said = "; ".join(f"{complaint.harm}: {complaint.sentence}" for complaint in outcome.complaints[:3])
    return said or outcome.missed or "nothing"
