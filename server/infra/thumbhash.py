"""Thumbhash: a picture's faint likeness in at most 28 bytes, shown in its place until it is there.

The format and the arithmetic are those of Evan Wallace's reference (https://github.com/evanw/thumbhash, MIT).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

LONGEST_SIDE = 100
"""Pixels; more only cost time."""


def thumbhash(width: int, height: int, rgba: bytes) -> bytes:
    """The hash of `width * height` pixels of four bytes each, colours not multiplied by alpha. Raises ValueError."""
    if not (0 < width <= LONGEST_SIDE and 0 < height <= LONGEST_SIDE and len(rgba) == 4 * width * height):
        raise ValueError(f"{width} x {height} pixels in {len(rgba)} bytes cannot be hashed")
    light, yellow, red, alpha = _channels(rgba)
    clear = sum(alpha) < len(alpha)
    # Where something shines through, fewer coefficients are left for the light.
    most = 5 if clear else 7
    columns, rows = (max(1, _round(most * side / max(width, height))) for side in (width, height))

    def frequencies(channel: Sequence[float], nx: int, ny: int) -> _Frequencies:
        return _transform(channel, width, height, nx, ny)

    lum = frequencies(light, max(3, columns), max(3, rows))
    p, q = frequencies(yellow, 3, 3), frequencies(red, 3, 3)
    wide = width > height
    head = _round(63 * lum.mean) | _round(31.5 + 31.5 * p.mean) << 6 | _round(31.5 + 31.5 * q.mean) << 12
    head |= _round(31 * lum.scale) << 18 | clear << 23
    tail = (rows if wide else columns) | _round(63 * p.scale) << 3 | _round(63 * q.scale) << 9 | wide << 15
    constants = head.to_bytes(3, "little") + tail.to_bytes(2, "little")
    varying = [*lum.varying, *p.varying, *q.varying]
    if clear:
        a = frequencies(alpha, 5, 5)
        constants += bytes([_round(15 * a.mean) | _round(15 * a.scale) << 4])
        varying += a.varying
    return constants + bytes(_nibbles(varying))


@dataclass(frozen=True, slots=True)
class _Frequencies:
    """A channel's mean, and its other coefficients from 0 to 1, where 1 stands for `scale`."""

    mean: float
    varying: list[float]
    scale: float


def _channels(rgba: bytes) -> tuple[list[float], list[float], list[float], list[float]]:
    """Light, yellow against blue, red against green, and alpha; upon the picture's mean colour."""
    alpha = [value / 255 for value in rgba[3::4]]
    opaque = sum(alpha)
    colours: list[list[float]] = []
    for first in range(3):
        values = rgba[first::4]
        mean = sum(a / 255 * v for a, v in zip(alpha, values, strict=True)) / (opaque or 1)
        colours.append([mean * (1 - a) + a / 255 * v for a, v in zip(alpha, values, strict=True)])
    pixels = list(zip(*colours, strict=True))
    light = [(r + g + b) / 3 for r, g, b in pixels]
    return light, [(r + g) / 2 - b for r, g, b in pixels], [r - g for r, g, _ in pixels], alpha


def _transform(channel: Sequence[float], width: int, height: int, nx: int, ny: int) -> _Frequencies:
    """The corner of the cosine transform with the lowest frequencies, row by row and then column by column."""
    waves = [_wave(width, n) for n in range(nx)]
    lines = [channel[start : start + width] for start in range(0, width * height, width)]
    by_line = [[_dot(line, wave) for line in lines] for wave in waves]
    found: list[float] = []
    for cy in range(ny):
        wave = _wave(height, cy)
        found += [_dot(by_line[cx], wave) / (width * height) for cx in range(nx) if cx * ny < nx * (ny - cy)]
    mean, *varying = found
    scale = max(map(abs, varying))
    # What is left by rounding alone is nothing.
    if scale > 1e-9:
        varying = [0.5 + 0.5 / scale * value for value in varying]
    return _Frequencies(mean, varying, scale)


def _wave(length: int, number: int) -> list[float]:
    return [math.cos(math.pi / length * number * (place + 0.5)) for place in range(length)]


def _dot(left: Sequence[float], right: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))


def _nibbles(values: Sequence[float]) -> Iterator[int]:
    """Two coefficients a byte, the first in its lower half."""
    steps = [_round(15 * value) for value in values]
    for low, high in zip(steps[::2], [*steps[1::2], 0], strict=False):
        yield low | high << 4


def _round(value: float) -> int:
    """As JavaScript rounds: halves go up."""
    return math.floor(value + 0.5)
