"""Tables of medians in Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Values = Mapping[str, float]


@dataclass(frozen=True)
class Column:
    """A figure: its key in the values, its heading, and how it is written (a format specification)."""

    key: str
    heading: str
    form: str = ",.0f"


def markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """One table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def median_row(columns: Sequence[Column], runs: Sequence[Values]) -> list[str]:
    """The median of each figure over the runs that have it; a dash where none has."""
    return [_median(column, [run[column.key] for run in runs if column.key in run]) for column in columns]


def _median(column: Column, values: Sequence[float]) -> str:
    # What is not a number was not measured.
    known = [value for value in values if value == value]
    return format(statistics.median(known), column.form) if known else "-"
