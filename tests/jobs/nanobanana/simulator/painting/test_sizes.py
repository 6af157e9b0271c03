"""Sizes of pictures."""

from __future__ import annotations

import pytest

from jobs.nanobanana.simulator.models import MODELS
from jobs.nanobanana.simulator.painting.sizes import SIDES, size_of

RATIOS = sorted({ratio for model in MODELS for ratio in model.ratios} - {"auto"})


@pytest.mark.parametrize("resolution", SIDES)
@pytest.mark.parametrize("ratio", RATIOS)
def test_the_area_and_the_ratio_are_what_was_asked(ratio: str, resolution: str) -> None:
    width, height = size_of(ratio, resolution)
    across, down = (int(part) for part in ratio.split(":"))
    assert width % 16 == height % 16 == 0
    assert width * height == pytest.approx(SIDES[resolution] ** 2, rel=0.05)
    assert width / height == pytest.approx(across / down, rel=0.05)


def test_auto_follows_the_input_within_reason() -> None:
    assert size_of("auto", "1K") == (1024, 1024)
    assert size_of("auto", "1K", (4000, 3000)) == size_of("4:3", "1K")
    assert size_of("auto", "1K", (10_000, 10)) == size_of("8:1", "1K")
