"""Medians and 95th percentiles, and a table of them."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """Milliseconds of one thing, measured several times, and what was aimed at."""

    name: str
    values: Sequence[float]
    aim: str

    @property
    def median(self) -> float:
        """Half were quicker."""
        return statistics.median(self.values)

    @property
    def p95(self) -> float:
        """Nineteen in twenty were quicker."""
        ordered = sorted(self.values)
        return ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]


def print_table(figures: Sequence[Figure]) -> None:
    """Markdown, so that it can stand in the README as it is."""
    print("| from … to | runs | median ms | p95 ms | aim |\n| --- | --- | --- | --- | --- |")
    for figure in figures:
        print(f"| {figure.name} | {len(figure.values)} | {figure.median:.0f} | {figure.p95:.0f} | {figure.aim} |")
