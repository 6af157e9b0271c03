"""Times and failures by chance, against the documented figures."""

from __future__ import annotations

from random import Random

import pytest

from jobs.nanobanana.simulator.models import MODELS, Model
from jobs.nanobanana.simulator.timing import FailureRates, fate, seconds

EVERY = [(model, resolution) for model in MODELS for resolution in model.times]


@pytest.mark.parametrize(("model", "resolution"), EVERY, ids=lambda value: getattr(value, "name", value))
def test_times_have_the_median_and_the_percentile_of_the_model(model: Model, resolution: str) -> None:
    rng = Random(1)
    drawn = sorted(seconds(model, resolution, rng) for _ in range(8000))
    median, p95 = model.times[resolution]
    assert drawn[4000] == pytest.approx(median, rel=0.05)
    assert drawn[7600] == pytest.approx(p95, rel=0.08)


def test_failures_come_as_often_as_they_should() -> None:
    rng = Random(2)
    fates = [fate(FailureRates(), rng) for _ in range(40_000)]
    shares = {name: fates.count(name) / len(fates) for name in ("never", "flag-3", "flag-2")}
    assert shares == pytest.approx({"never": 0.005, "flag-3": 0.02, "flag-2": 0.003}, abs=0.002)


def test_no_failure_where_none_is_wanted_and_nothing_else_where_all_are() -> None:
    rng = Random(3)
    assert {fate(FailureRates(0, 0, 0), rng) for _ in range(500)} == {"success"}
    assert {fate(FailureRates(0, 1, 0), rng) for _ in range(500)} == {"flag-3"}
