"""The moods a landscape can have: its light and its colours."""

from __future__ import annotations

from dataclasses import dataclass

from .colour import Colour, hexed


@dataclass(frozen=True)
class Mood:
    """Colours of one light.

    `sky` runs from the zenith to the horizon; `far` and `near` are the farthest and the nearest land; `height` is where
    the sun or moon stands, as a share of the sky from the top.
    """

    sky: tuple[Colour, ...]
    far: Colour
    near: Colour
    water: Colour
    light: Colour
    cloud: Colour
    height: float
    stars: bool = False
    moon: bool = False
    snow: bool = False


def _mood(sky: str, rest: str, height: float, stars: bool = False, moon: bool = False, snow: bool = False) -> Mood:
    far, near, water, light, cloud = (hexed(part) for part in rest.split())
    colours = tuple(hexed(part) for part in sky.split())
    return Mood(colours, far, near, water, light, cloud, height, stars, moon, snow)


# The sky from the top; then far, near, water, light, cloud; then the height of the sun.
MOODS: dict[str, Mood] = {
    "sunset": _mood("2b2a5a 6a3f7d c65b6e f58a5b ffc46b", "b8667a 1d1430 34264f ffe2a0 ffb08a", 0.8),
    "dawn": _mood("6f8fc4 a9b5dd e3c3d6 f9d5c4 fdebcf", "b3a5c7 2c3350 5a6f9a fff3d6 ffe6e0", 0.72),
    "day": _mood("2f7fd0 5fa6e4 9ccdf0 d3eaf6 eef6f4", "9fbfd6 1f4a3c 2a6b8f fffbe8 ffffff", 0.3),
    "night": _mood(
        "050a1f 0b1638 14275a 21417a 3a6397", "2d4c7c 04070f 0a1836 e9f0ff 42608f", 0.28, stars=True, moon=True
    ),
    "dusk": _mood("131a43 2c2f6b 5f4a8c a5658f e39a8f", "6b5a8f 0e0f24 1d2450 ffd9c2 c98aa5", 0.86, stars=True),
    "snow": _mood("7fa3c9 a9c4de cfdeec e9eff5 f8f4ee", "93aecb 30496a 7fa0bd fffaf0 ffffff", 0.45, snow=True),
    "autumn": _mood("7fa0bf b7c3c9 ead9b8 f6d59a f7c777", "c99a72 4a1f14 6b4a3c fff0c4 fff0dc", 0.62),
    "desert": _mood("3f7fb8 86b2cf d8d3bd f4d3a2 f6c08a", "dba077 7a3b22 8a5a44 fff4d2 ffeedd", 0.42),
    "emerald": _mood("5f9aa8 93c0b8 c6dcc6 e6ebd0 f6f2d8", "9dbfae 0f2e26 2f6a63 fffbe0 f8fbf0", 0.4),
    "lavender": _mood("4c4a9a 7d72bd b59bd4 e4bfdc fbdfd8", "a58fc6 2a1d4a 4d4488 fff0f0 f6dcf0", 0.66),
    "storm": _mood("232b38 3b4656 5c6978 8593a0 b3bcc2", "7c8994 12181c 2b3a45 e8eef0 4a5563", 0.35),
}

# Which moods suit a scene when the prompt names none.
SUITS: dict[str, tuple[str, ...]] = {
    "lake": ("sunset", "dawn", "day", "dusk", "lavender", "emerald"),
    "mountains": ("sunset", "dawn", "day", "dusk", "lavender", "emerald"),
    "forest": ("emerald", "dawn", "autumn", "dusk"),
    "sea": ("sunset", "day", "dawn", "lavender"),
    "desert": ("desert", "sunset", "dusk"),
    "city": ("dusk", "night", "sunset"),
    "space": ("night",),
    "abstract": ("sunset", "lavender", "day", "emerald", "dusk", "autumn"),
}
