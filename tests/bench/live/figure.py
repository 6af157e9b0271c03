"""A figure of the bench: what is measured of each contestant, several times in turn, and the table of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Protocol

from tests.bench.live.contestant import Contestant, Missing
from tests.bench.live.stage import Stage
from tests.bench.live.table import Column, Values, markdown, median_row


class Figure(Protocol):
    """Something to be measured."""

    @property
    def title(self) -> str:
        """The table's heading."""

    @property
    def note(self) -> str:
        """What is measured, and how, in a sentence or two."""

    @property
    def columns(self) -> Sequence[Column]:
        """What stands in the table."""

    def contestants(self, peers: Sequence[Contestant]) -> Sequence[Contestant]:
        """Who is measured: the product, and those of its peers of whom the figure can be asked."""

    async def measure(self, stage: Stage, contestant: Contestant) -> Mapping[str, Values]:
        """Measure once; the values by row."""


async def run(figure: Figure, stage: Stage, peers: Sequence[Contestant], runs: int) -> str:
    """The table, each cell the median of the runs; who cannot be had stands there with the reason."""
    missing: dict[str, str] = {}
    found: dict[tuple[str, str], list[Values]] = {}
    busiest = os.getloadavg()[0]
    for number in range(runs):
        for contestant in figure.contestants(peers):
            if contestant.name in missing:
                continue
            print(f"{figure.title}: {contestant.name}, run {number + 1} of {runs}", file=sys.stderr, flush=True)
            try:
                for row, values in (await _measure(figure, stage, contestant)).items():
                    found.setdefault((contestant.name, row), []).append(values)
            except Missing as reason:
                missing[contestant.name] = f"not to be had: {reason}"
            except RuntimeError as reason:
                if contestant not in peers:
                    raise
                missing[contestant.name] = f"did not bear it: {str(reason)[:100]}"
            busiest = max(busiest, os.getloadavg()[0])
    return _report(figure, runs, found, missing, busiest)


async def _measure(figure: Figure, stage: Stage, contestant: Contestant) -> Mapping[str, Values]:
    await contestant.prepare(stage)
    return await figure.measure(stage, contestant)


def _report(
    figure: Figure,
    runs: int,
    found: Mapping[tuple[str, str], Sequence[Values]],
    missing: Mapping[str, str],
    busiest: float,
) -> str:
    heads = ["server", "", *(column.heading for column in figure.columns)]
    rows = [[name, row, *median_row(figure.columns, values)] for (name, row), values in sorted_rows(found)]
    rows += [[name, why, *("-" for _ in figure.columns)] for name, why in missing.items()]
    times = "once" if runs == 1 else f"{runs} times in turn, medians"
    told = f"{figure.note} Measured {times}; the machine's load was {busiest:.1f} at most."
    return f"### {figure.title}\n\n{told}\n\n{markdown(heads, rows)}\n"


def sorted_rows(
    found: Mapping[tuple[str, str], Sequence[Values]],
) -> list[tuple[tuple[str, str], Sequence[Values]]]:
    """Rows of one kind stand together, in the order in which the kinds were met."""
    kinds = list(dict.fromkeys(row for _, row in found))
    return sorted(found.items(), key=lambda item: kinds.index(item[0][1]))
