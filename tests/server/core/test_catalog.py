"""The models on offer, and the ratio that is nearest to a picture."""

from __future__ import annotations

from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.catalog import DEFAULT_MODEL, MODELS, Model, Terms, nearest_ratio, ratio_value

SIZES = st.integers(1, 20_000)
COMMON = {"1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9"}
# As published: ratios, resolutions and US dollars by resolution.
PUBLISHED = {
    "nano-banana": (COMMON, {"1K": 0.02}, 8),
    "nano-banana-2": (COMMON | {"1:4", "4:1", "1:8", "8:1"}, {"1K": 0.04, "2K": 0.06, "4K": 0.09}, 14),
    "nano-banana-pro": (COMMON, {"1K": 0.09, "2K": 0.09, "4K": 0.12}, 8),
}
every_model = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)


def test_all_published_models_are_offered() -> None:
    assert set(MODELS) == set(PUBLISHED)
    assert DEFAULT_MODEL in MODELS


@every_model
def test_a_model_takes_what_was_published(model: Model) -> None:
    ratios, prices, inputs = PUBLISHED[model.id]
    assert set(model.ratios) == ratios
    assert len(model.ratios) == len(ratios)
    assert dict(model.prices) == prices
    assert set(model.resolutions) == set(prices) == set(model.times)
    assert model.max_inputs <= inputs
    assert model.max_prompt <= 5_000


@every_model
def test_times_rise_with_the_resolution(model: Model) -> None:
    times = [model.times[resolution] for resolution in sorted(model.resolutions)]
    assert [time.p50 for time in times] == sorted(time.p50 for time in times)
    assert all(0 < time.p50 < time.p90 for time in times)


def test_the_ninetieth_percentile_lies_between_the_median_and_the_published_p95() -> None:
    assert 25 < MODELS["nano-banana-2"].times["1K"].p90 < 60


@every_model
def test_each_ratio_is_nearest_to_itself(model: Model) -> None:
    for ratio in model.ratios:
        width, height = map(int, ratio.split(":"))
        assert nearest_ratio(width * 97, height * 97, model.ratios) == ratio


@pytest.mark.parametrize(
    ("width", "height", "ratio"),
    [
        (4032, 3024, "4:3"),
        (3024, 4032, "3:4"),
        (1920, 1080, "16:9"),
        (1080, 2340, "9:16"),
        (1000, 1001, "1:1"),
        # Between 1:4 and 1:8 the middle is 1:5.66 on the scale of ratios, not 1:6.
        (100, 560, "1:4"),
        (100, 570, "1:8"),
        (560, 100, "4:1"),
        (570, 100, "8:1"),
        (1, 20_000, "1:8"),
    ],
)
def test_nearest_is_measured_on_the_scale_of_ratios(width: int, height: int, ratio: str) -> None:
    assert nearest_ratio(width, height, MODELS["nano-banana-2"].ratios) == ratio


@every_model
@given(width=SIZES, height=SIZES)
def test_no_other_ratio_is_nearer(model: Model, width: int, height: int) -> None:
    chosen = ratio_value(nearest_ratio(width, height, model.ratios))
    distances = [abs(log(ratio_value(ratio) * height / width)) for ratio in model.ratios]
    assert abs(log(chosen * height / width)) <= min(distances) + 1e-9


@given(width=SIZES, height=SIZES)
def test_a_turned_picture_gets_a_ratio_as_near(width: int, height: int) -> None:
    """Every ratio but 21:9 has its mirror; a tie may fall to either of two."""
    ratios = tuple(ratio for ratio in MODELS["nano-banana-2"].ratios if ratio != "21:9")
    upright = abs(log(ratio_value(nearest_ratio(width, height, ratios)) * height / width))
    turned = abs(log(ratio_value(nearest_ratio(height, width, ratios)) * width / height))
    assert upright == pytest.approx(turned, abs=1e-9)


def test_the_pace_divides_what_is_expected() -> None:
    life, fast = Terms(), Terms(simulated=True, pace=8.0)
    assert life.expected("nano-banana", "1K").p50 == 18
    assert fast.expected("nano-banana", "1K").p50 == 2.25
    assert fast.expected("nano-banana", "1K").p90 == pytest.approx(life.expected("nano-banana", "1K").p90 / 8, abs=0.01)
