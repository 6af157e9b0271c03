"""How many pixels a picture has, from its aspect ratio and its resolution."""

from __future__ import annotations

from math import sqrt

Size = tuple[int, int]

SIDES = {"1K": 1024, "2K": 2048, "4K": 4096}


def size_of(ratio: str, resolution: str, follow: Size | None = None) -> Size:
    """Width and height in pixels, both multiples of 16, with the area of a square of 1024, 2048 or 4096.

    `ratio` is `W:H` or `auto`, which follows the size given, or is square without one. Nothing is wider or taller than
    8:1, the most the provider offers.
    """
    if ratio == "auto":
        width, height = follow or (1, 1)
    else:
        width, height = (int(part) for part in ratio.split(":"))
    share = sqrt(min(8.0, max(1 / 8, width / height)))
    side = SIDES[resolution]
    return round(side * share / 16) * 16, round(side / share / 16) * 16
