"""Everything that can be painted from nothing, by name."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from PIL import Image

from .abstract import abstract
from .canvas import Size
from .city import city
from .landscapes import desert, forest, lake, mountains, sea
from .moods import Mood
from .space import space

Scene = Callable[[Size, Mood, Random], Image.Image]

SCENES: dict[str, Scene] = {
    "lake": lake,
    "mountains": mountains,
    "forest": forest,
    "sea": sea,
    "desert": desert,
    "city": city,
    "space": space,
    "abstract": abstract,
}
