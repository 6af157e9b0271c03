"""Colours, mixed the way an eye would mix them.

A colour is three numbers 0..255 in sRGB. Mixing happens in OKLab, where the middle of two colours is neither muddy nor
too dark, which is what makes a painted sky look like a sky.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

Colour = tuple[int, int, int]
Lab = tuple[float, float, float]


def hexed(text: str) -> Colour:
    """`rrggbb` as a colour."""
    return int(text[0:2], 16), int(text[2:4], 16), int(text[4:6], 16)


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """The colour that lies `share` (0..1) of the way from the first to the second."""
    a, b = _to_lab(first), _to_lab(second)
    return _from_lab((a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share))


def lighten(colour: Colour, share: float) -> Colour:
    """The colour, `share` of the way to white."""
    return mix(colour, (255, 255, 255), share)


def darken(colour: Colour, share: float) -> Colour:
    """The colour, `share` of the way to black."""
    return mix(colour, (0, 0, 0), share)


def ramp(colours: Sequence[Colour], steps: int) -> list[Colour]:
    """`steps` colours that run evenly through the given ones."""
    last = len(colours) - 1
    if last == 0:
        return [colours[0]] * steps
    out = []
    for step in range(steps):
        place = step / max(1, steps - 1) * last
        left = min(int(place), last - 1)
        out.append(mix(colours[left], colours[left + 1], place - left))
    return out


@lru_cache(maxsize=512)
def _to_lab(colour: Colour) -> Lab:
    r, g, b = (_linear(channel / 255) for channel in colour)
    long = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3)
    middle = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3)
    short = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def _from_lab(lab: Lab) -> Colour:
    lightness, a, b = lab
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        _byte(4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short),
        _byte(-1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short),
        _byte(-0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short),
    )


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


def _byte(linear: float) -> int:
    linear = min(1.0, max(0.0, linear))
    channel = 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055
    return round(channel * 255)
