"""What a picture costs: the catalog's prices, and what the operator has set instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from server.core.catalog import MODELS

DEAREST = 10_000.0
"""US dollars; a price above is a slip of the pen."""

DECIMALS = 4
"""Of a US dollar, as the ledger keeps them."""


def _of_the_catalog() -> Mapping[str, Mapping[str, float]]:
    return {model.id: model.prices for model in MODELS.values()}


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars a picture, by model and resolution."""

    by_model: Mapping[str, Mapping[str, float]] = field(default_factory=_of_the_catalog)

    def of(self, model: str, resolution: str) -> float:
        """One picture's price; nothing for a resolution that the model does not have."""
        return self.by_model.get(model, {}).get(resolution, 0.0)

    def total(self, pictures: Mapping[tuple[str, str], int]) -> float:
        """The price of so many pictures of each model and resolution."""
        return sum(number * self.of(*kind) for kind, number in pictures.items())


def read_prices(wishes: Any) -> Prices:
    """The catalog's prices with the operator's in their place: an object by model of objects by resolution.

    ValueError: a sentence that says what is wrong with them.
    """
    if not isinstance(wishes, dict):
        raise ValueError('it is a JSON object such as {"nano-banana": {"1K": 0.02}}')
    merged = {model: dict(prices) for model, prices in _of_the_catalog().items()}
    for model, prices in wishes.items():
        if model not in merged:
            raise ValueError(f"there is no model {model!r}, only {', '.join(merged)}")
        if not isinstance(prices, dict):
            raise ValueError(f'the prices of {model} are a JSON object such as {{"1K": 0.02}}')
        for resolution, price in prices.items():
            if resolution not in merged[model]:
                raise ValueError(f"{model} has no resolution {resolution!r}, only {', '.join(merged[model])}")
            merged[model][resolution] = _price(model, resolution, price)
    return Prices(merged)


def _price(model: str, resolution: str, price: Any) -> float:
    number = not isinstance(price, bool) and isinstance(price, int | float) and isfinite(price)
    if not number or not 0 <= price <= DEAREST or round(price, DECIMALS) != price:
        raise ValueError(
            f"the price of {model} {resolution} is US dollars from 0 to {DEAREST:g} with {DECIMALS} decimals at most"
        )
    return float(price)
