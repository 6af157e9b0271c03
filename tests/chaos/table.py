"""What came of a run: a row a kind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any

from tests.chaos.checker import Harm
from tests.chaos.run import Outcome

HEAD = ("kind", "times", "worst", "median", "lost", "double", "stuck", "other")
_COUNTED = (Harm.LOST, Harm.DOUBLE, Harm.STUCK)


def summary(outcomes: Iterable[Outcome]) -> list[dict[str, Any]]:
    """One mapping a kind, with `HEAD`'s keys; recoveries in seconds, None where none was measured."""
    by_kind: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_kind[outcome.kind].append(outcome)
    return [_row(kind, those) for kind, those in sorted(by_kind.items())]


def _row(kind: str, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    recoveries = [outcome.recovery for outcome in outcomes if outcome.recovery is not None]
    harms = [complaint.harm for outcome in outcomes for complaint in outcome.complaints]
    lost, double, stuck = (harms.count(harm) for harm in _COUNTED)
    other = len(harms) - lost - double - stuck + sum(bool(outcome.missed) for outcome in outcomes)
    worst = round(max(recoveries), 1) if recoveries else None
    middle = round(median(recoveries), 1) if recoveries else None
    values = (kind, len(outcomes), worst, middle, lost, double, stuck, other)
    return dict(zip(HEAD, values, strict=True))


def as_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """The table for a terminal, with its total."""
    recoveries = [row["worst"] for row in rows if row["worst"] is not None]
    medians = [row["median"] for row in rows if row["median"] is not None]
    total = {name: sum(row[name] for row in rows) for name in ("times", "lost", "double", "stuck", "other")}
    total |= {
        "kind": "all",
        "worst": max(recoveries, default=None),
        "median": round(median(medians), 1) if medians else None,
    }
    lines = [HEAD, *(tuple(_cell(row[name]) for name in HEAD) for row in [*rows, total])]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if not column else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    )


def _cell(value: Any) -> str:
    return "-" if value is None else str(value)
