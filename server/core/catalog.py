"""The models on offer: what each accepts, how long it takes, what it costs.

Source of every figure: the provider's published pages (see `docs/nanobanana.md`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log

from server.core.image import Estimate

MAX_COUNT = 8

_COMMON_RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")


@dataclass(frozen=True, slots=True)
class Model:
    """One model of the provider. `prices` are US dollars and `times` seconds, both by resolution."""

    id: str
    name: str
    max_prompt: int
    max_inputs: int
    ratios: tuple[str, ...]
    resolutions: tuple[str, ...]
    prices: Mapping[str, float]
    times: Mapping[str, Estimate]


def _log_normal(median: float, p95: float) -> Estimate:
    """p50 and p90 of the log-normal curve through a published median and p95."""
    sigma_share = 1.2816 / 1.6449
    return Estimate(p50=median, p90=round(median * (p95 / median) ** sigma_share, 1))


MODELS: Mapping[str, Model] = {
    model.id: model
    for model in (
        Model(
            id="nano-banana-2",
            name="Nano Banana 2",
            max_prompt=5_000,
            max_inputs=14,
            ratios=(*_COMMON_RATIOS, "1:4", "4:1", "1:8", "8:1"),
            resolutions=("1K", "2K", "4K"),
            prices={"1K": 0.04, "2K": 0.06, "4K": 0.09},
            times={"1K": _log_normal(25, 60), "2K": _log_normal(50, 110), "4K": _log_normal(80, 200)},
        ),
        Model(
            id="nano-banana",
            name="Nano Banana",
            max_prompt=5_000,
            max_inputs=8,
            ratios=_COMMON_RATIOS,
            resolutions=("1K",),
            prices={"1K": 0.02},
            times={"1K": _log_normal(18, 45)},
        ),
        Model(
            id="nano-banana-pro",
            name="Nano Banana Pro",
            max_prompt=5_000,
            max_inputs=8,
            ratios=_COMMON_RATIOS,
            resolutions=("1K", "2K", "4K"),
            prices={"1K": 0.09, "2K": 0.09, "4K": 0.12},
            times={"1K": _log_normal(30, 75), "2K": _log_normal(55, 130), "4K": _log_normal(90, 240)},
        ),
    )
}
DEFAULT_MODEL = "nano-banana-2"


@dataclass(frozen=True, slots=True)
class Terms:
    """How this installation meets the provider.

    `inputs_reachable`: whether the provider can fetch input pictures. `callbacks`: whether it is asked to call back.
    `pace`: how much faster than life it works, which is 1 for the real one.
    """

    simulated: bool = False
    inputs_reachable: bool = True
    callbacks: bool = False
    pace: float = 1.0

    def expected(self, model: str, resolution: str) -> Estimate:
        """How long a picture takes before anything has been learned."""
        published = MODELS[model].times[resolution]
        return Estimate(p50=round(published.p50 / self.pace, 2), p90=round(published.p90 / self.pace, 2))


def nearest_ratio(width: int, height: int, ratios: tuple[str, ...]) -> str:
    """The supported ratio nearest to an upright picture of `width` x `height` pixels.

    Distance is measured on the logarithm, so that 2:1 is as far from 1:1 as 1:2 is.
    """
    wanted = log(width / height)
    return min(ratios, key=lambda ratio: (abs(log(ratio_value(ratio)) - wanted), ratio))


def ratio_value(ratio: str) -> float:
    """Width divided by height of a ratio such as `16:9`."""
    width, height = ratio.split(":")
    return int(width) / int(height)
