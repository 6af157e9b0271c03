"""The tables that are printed."""

from __future__ import annotations

from tests.bench.live.table import Column, markdown, median_row

COLUMNS = (Column("rate", "events/s"), Column("p99", "p99 ms", ".1f"))


def test_a_cell_is_the_median_of_the_runs() -> None:
    runs = [{"rate": 9_000.0, "p99": 1.0}, {"rate": 12_345.0, "p99": 2.0}, {"rate": 50_000.0, "p99": 30.0}]
    assert median_row(COLUMNS, runs) == ["12,345", "2.0"]


def test_what_was_not_measured_is_a_dash_and_not_a_number() -> None:
    assert median_row(COLUMNS, [{"rate": 0.0, "p99": float("nan")}]) == ["0", "-"]
    assert median_row(COLUMNS, [{"rate": 1.0}, {"rate": 3.0, "p99": 7.0}]) == ["2", "7.0"]


def test_it_is_markdown() -> None:
    assert markdown(["a", "b"], [["1", "2"]]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"
