"""The settings, all or none."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.nanobanana.simulator.settings import BadSettings, Settings, changed


def test_several_at_once() -> None:
    new = changed(Settings(), {"speed": 2, "failure_rates": {"never": 0.5}, "behaviours": ["slow"]}, now=0)
    assert (new.speed, new.rates.never, new.rates.flag_3) == (2, 0.5, 0.02)
    assert new.as_dict()["behaviours"] == ["slow"]


def test_an_outage_ends_by_itself_or_is_taken_back() -> None:
    new = changed(Settings(), {"outage": {"kind": "cut", "seconds": 5}}, now=100)
    assert new.outage is not None and new.outage.until == 105
    assert changed(new, {"outage": None}, now=101).outage is None


@pytest.mark.parametrize(
    "wishes",
    [
        {"sped": 1},
        {"speed": 0},
        {"speed": True},
        {"speed": "8"},
        {"seed": 1.5},
        {"failure_rates": {"flag_9": 0}},
        {"failure_rates": {"never": 0.6, "flag_3": 0.6}},
        {"failure_rates": 3},
        {"duration": -1},
        {"behaviours": "slow"},
        {"behaviours": ["nothing"]},
        {"next": {"count": 1}},
        {"next": {"count": -1, "behaviours": []}},
        {"outage": {"kind": "fire", "seconds": 1}},
    ],
)
def test_a_wrong_wish_is_a_sentence(wishes: dict[str, Any]) -> None:
    with pytest.raises(BadSettings, match=r"\.$"):
        changed(Settings(), wishes, now=0)
