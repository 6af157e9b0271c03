"""Over simulated minutes places are shared out alike: the short form of `python -m tests.bench fairness`."""

from __future__ import annotations

import pytest

from tests.bench.fairness import Load, World, alike, of_five_kinds
from tests.server.usecases.studio import Studio

LOADS = {
    "fewer places than workspaces, slow and quick pictures": Load(10, 6, of_five_kinds, slots=6, seconds=300),
    "more places than workspaces": Load(8, 6, alike, slots=14, per_workspace=4, seconds=160),
    "more places than workspaces, slow and quick pictures": Load(10, 6, of_five_kinds, slots=14, seconds=220),
}


@pytest.mark.parametrize("load", LOADS.values(), ids=LOADS)
async def test_who_waits_all_the_time_gets_as_much_as_the_others(studio: Studio, load: Load) -> None:
    """Their batches are of five to two hundred; and whoever comes for one picture takes one of the next two places."""
    outcome = await World(studio.database, load).run()
    assert min(outcome.completed) >= 5, "long enough to say something"
    assert outcome.jain >= 0.95
    assert len(outcome.newcomers) == load.newcomers
    assert max(outcome.newcomers) <= 2
