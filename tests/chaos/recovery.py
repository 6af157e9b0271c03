"""How long the house takes to come back once an outage is over."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime

from tests.chaos.checker import Complaint, Harm
from tests.chaos.history import Row
from tests.chaos.house import POLL
from tests.chaos.stage import Broken, Stage

WORST = 20.0
_BY_DEADLINE = frozenset({"may_have_been_charged", "timed_out"})


@dataclass(frozen=True, slots=True)
class Recovery:
    """Seconds from the end of the outage until all that was under way had moved on, and a fresh picture arrived."""

    seconds: float
    complaints: tuple[Complaint, ...] = ()


async def recover(stage: Stage, limit: float) -> Recovery:
    """Measure it; what has not moved within `limit` seconds is stuck.

    Not counted are waits by rule: the submit time-out of what was being submitted, and the deadline by which what is
    ambiguous, or never done, is given up.
    """
    began = asyncio.get_running_loop().time()
    painting = asyncio.create_task(_paint(stage, limit))
    now, rows = await _under_way(stage)
    seconds, stuck = await _move_on(stage, rows, now, began, limit)
    painted, failure = await painting
    complaints = [Complaint(Harm.STUCK, f"image {row.id} is {row.status} as it was: {row.prompt!r}") for row in stuck]
    if failure:
        complaints.append(Complaint(Harm.STUCK, f"no fresh picture: {failure}"))
    return Recovery(max(seconds, painted), tuple(complaints))


async def _paint(stage: Stage, limit: float) -> tuple[float, str]:
    clock = asyncio.get_running_loop().time
    began = clock()
    try:
        await stage.paints(patience=limit)
    except Broken as broken:
        return clock() - began, str(broken)
    return clock() - began, ""


async def _under_way(stage: Stage) -> tuple[datetime, list[Row]]:
    """The database's time, and every unfinished row but those that a kind leaves hanging on purpose."""
    found = await stage.house.fetch("SELECT now() AS now, array_agg(id) AS ids FROM image WHERE finished_at IS NULL")
    ids = [id for id in found[0]["ids"] or () if id not in stage.excused]
    rows = await stage.rows(ids)
    return found[0]["now"], [row for row in rows.values() if not row.finished]


async def _move_on(stage: Stage, rows: list[Row], now: datetime, began: float, limit: float) -> tuple[float, list[Row]]:
    """The slowest row's seconds, and the rows that did not move."""
    clock = asyncio.get_running_loop().time
    left = {row.id: row for row in rows}
    slowest = 0.0
    patience = limit + max((_wait(stage, row, now) for row in rows), default=0.0)
    while left and clock() - began < patience:
        for id, row in (await stage.rows(list(left))).items():
            if row.finished or row.version > left[id].version:
                before = left.pop(id)
                excuse = _wait(stage, before, now) if _by_rule(before, row) else 0.0
                slowest = max(slowest, clock() - began - excuse)
        await asyncio.sleep(POLL)
    return slowest, list(left.values())


def _by_rule(before: Row, after: Row) -> bool:
    return before.status in ("submitting", "unknown") or after.code in _BY_DEADLINE


def _wait(stage: Stage, row: Row, now: datetime) -> float:
    """How long this row may take by rule, in seconds from `now`."""
    if row.phase_started_at is None or row.deadline_at is None:
        return 0.0
    if row.status == "submitting":
        return max(0.0, stage.house.times.submit_timeout - (now - row.phase_started_at).total_seconds())
    if row.status in ("unknown", "processing"):
        return max(0.0, (row.deadline_at - now).total_seconds())
    return 0.0
