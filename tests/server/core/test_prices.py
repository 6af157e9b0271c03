"""What a picture costs: the catalog's word, or the operator's."""

from __future__ import annotations

from typing import Any

import pytest

from server.core.catalog import MODELS
from server.core.prices import Prices, read_prices


def test_nothing_set_is_the_catalog() -> None:
    for prices in (Prices(), read_prices({})):
        assert {model: dict(own) for model, own in prices.by_model.items()} == {
            id: dict(model.prices) for id, model in MODELS.items()
        }


def test_what_is_set_takes_the_place_of_that_alone() -> None:
    prices = read_prices({"nano-banana-2": {"1K": 0.055}, "nano-banana-pro": {"4K": 0, "1K": 1}})
    assert [prices.of("nano-banana-2", size) for size in ("1K", "2K", "4K")] == [0.055, 0.06, 0.09]
    assert [prices.of("nano-banana-pro", size) for size in ("1K", "2K", "4K")] == [1.0, 0.09, 0.0]
    assert prices.of("nano-banana", "1K") == 0.02
    assert MODELS["nano-banana-2"].prices["1K"] == 0.04


def test_what_is_not_on_offer_costs_nothing() -> None:
    assert Prices().of("nano-banana", "8K") == 0.0
    assert Prices().of("midas", "1K") == 0.0


def test_many_pictures_are_summed() -> None:
    assert Prices().total({("nano-banana", "1K"): 3, ("nano-banana-pro", "4K"): 2}) == pytest.approx(0.30)
    assert Prices().total({}) == 0.0


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (None, "JSON object"),
        ([], "JSON object"),
        ({"nano-banana": 0.02}, "prices of nano-banana"),
        ({"midas": {}}, "no model 'midas'"),
        ({"nano-banana": {"2K": 0.02}}, "no resolution '2K', only 1K"),
        ({"nano-banana": {"1K": "0.02"}}, "nano-banana 1K"),
        ({"nano-banana": {"1K": True}}, "nano-banana 1K"),
        ({"nano-banana": {"1K": None}}, "nano-banana 1K"),
        ({"nano-banana": {"1K": -0.01}}, "nano-banana 1K"),
        ({"nano-banana": {"1K": 1e9}}, "nano-banana 1K"),
        ({"nano-banana": {"1K": float("nan")}}, "nano-banana 1K"),
        ({"nano-banana": {"1K": float("inf")}}, "nano-banana 1K"),
        ({"nano-banana": {"1K": 0.00005}}, "4 decimals"),
    ],
)
def test_what_is_no_price_is_told(wrong: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read_prices(wrong)
