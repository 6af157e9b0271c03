"""The three models: what they are called, what they cost, how long they take, what they accept.

Prices are US$ a picture, times are (median, 95th percentile) seconds, both by resolution.
"""

from __future__ import annotations

from dataclasses import dataclass

# What one credit is worth. The provider does not say; every price is a whole number of these.
USD_PER_CREDIT = 0.005

_COMMON = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")


@dataclass(frozen=True)
class Model:
    """One model and the rules of its endpoint; `longest_prompt` None is no limit."""

    name: str
    path: str
    prices: dict[str, float]
    times: dict[str, tuple[float, float]]
    ratio_field: str
    ratios: tuple[str, ...]
    most_inputs: int
    longest_prompt: int | None = None


NANO_BANANA = Model(
    name="nano-banana",
    path="generate",
    prices={"1K": 0.02},
    times={"1K": (18, 45)},
    ratio_field="image_size",
    ratios=_COMMON,
    most_inputs=8,
)
NANO_BANANA_2 = Model(
    name="nano-banana-2",
    path="generate-2",
    prices={"1K": 0.04, "2K": 0.06, "4K": 0.09},
    times={"1K": (25, 60), "2K": (50, 110), "4K": (80, 200)},
    ratio_field="aspectRatio",
    ratios=("1:4", "1:8", "4:1", "8:1", "auto", *_COMMON),
    most_inputs=14,
    longest_prompt=20_000,
)
NANO_BANANA_PRO = Model(
    name="nano-banana-pro",
    path="generate-pro",
    prices={"1K": 0.09, "2K": 0.09, "4K": 0.12},
    times={"1K": (30, 75), "2K": (55, 130), "4K": (90, 240)},
    ratio_field="aspectRatio",
    ratios=("auto", *_COMMON),
    most_inputs=8,
)
MODELS = (NANO_BANANA, NANO_BANANA_PRO, NANO_BANANA_2)
