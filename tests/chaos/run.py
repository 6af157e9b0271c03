"""Fault after fault: brought about, recovered from, checked, written down."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from random import Random

from tests.chaos.checker import Complaint, Harm
from tests.chaos.house import House, Missed
from tests.chaos.kinds import KINDS
from tests.chaos.people import NoAnswer
from tests.chaos.recovery import WORST, Recovery, recover
from tests.chaos.schedule import Turn
from tests.chaos.stage import Broken, Stage, open_stage

CALM_PATIENCE = 45.0
LONGEST = 150.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """One fault: how long it took, how long the recovery, and what was wrong. `missed`: it did not come about."""

    number: int
    kind: str
    seconds: float
    recovery: float | None
    complaints: tuple[Complaint, ...] = ()
    missed: str = ""
    note: str = ""

    @property
    def clean(self) -> bool:
        """Whether every promise held, in time."""
        return not self.missed and not self.complaints and (self.recovery is None or self.recovery < WORST)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the checker waits before it complains, in seconds."""

    recovery: float = 40.0
    promise: float = 30.0
    check: float = 8.0


async def run(house: House, turns: Sequence[Turn], seed: int, tell: Callable[[Outcome], None]) -> list[Outcome]:
    """Go through the turns under load, then let everything come to rest and look at all of it once more."""
    outcomes: list[Outcome] = []
    async with open_stage(house, seed) as stage:
        await stage.paints(patience=60)
        for turn in turns:
            outcomes.append(await fault(stage, turn, Patience()))
            tell(outcomes[-1])
        outcomes.append(await _rest(stage))
        tell(outcomes[-1])
    return outcomes


async def fault(stage: Stage, turn: Turn, patience: Patience) -> Outcome:
    """Bring one fault about, measure the recovery, look whether everything holds."""
    clock = asyncio.get_running_loop().time
    began = clock()
    stage.rng, stage.patience = Random(turn.seed), patience.promise
    kind = KINDS[turn.kind]
    course = kind.course(stage)
    found: list[Complaint] = []
    recovery: Recovery | None = None
    missed = ""
    try:
        with stage.house.post.hurt() if kind.hurts else nullcontext():
            async with asyncio.timeout(LONGEST):
                await anext(course)
                recovery = await recover(stage, patience.recovery)
                found += recovery.complaints
                await _rest_of(course)
    except Missed as reason:
        missed = str(reason)
    except (Broken, NoAnswer) as reason:
        found.append(Complaint(Harm.BROKEN, str(reason)))
    except Exception as error:
        found.append(Complaint(Harm.BROKEN, f"{error!r} {''.join(traceback.format_tb(error.__traceback__)[-2:])}"))
    finally:
        await _close(course)
    found += await stage.witness.check(patience.check)
    _forget_faults(stage)
    seconds = recovery.seconds if recovery else None
    return Outcome(turn.number, turn.kind, clock() - began, seconds, tuple(found), missed)


async def _rest_of(course: AsyncIterator[None]) -> None:
    try:
        await anext(course)
    except StopAsyncIteration:
        return
    raise AssertionError("a course yields once")


async def _close(course: AsyncIterator[None]) -> None:
    close = getattr(course, "aclose", None)
    if close is not None:
        await close()


def _forget_faults(stage: Stage) -> None:
    """A tab's complaint is told once, with the fault after which it arose."""
    for tab in stage.tabs.values():
        tab.faults.clear()


async def _rest(stage: Stage) -> Outcome:
    """The end: nobody asks for anything more, everything ends, and all of it must be right."""
    clock = asyncio.get_running_loop().time
    began = clock()
    await stage.rest()
    found = await stage.witness.check(CALM_PATIENCE, calm=True)
    strays = stage.witness.strays((await stage.witness.look()).rows.values())
    note = f"{len(strays)} files that no row names, for a sweep after a day" if strays else ""
    return Outcome(0, "the end", clock() - began, None, tuple(found), note=note)
