"""A town by the water."""

from __future__ import annotations

from random import Random

from PIL import Image, ImageDraw

from . import canvas, scenery
from .canvas import Size
from .colour import Colour, mix
from .moods import Mood


def city(size: Size, mood: Mood, rng: Random) -> Image.Image:
    """A skyline with lit windows, mirrored in a river."""
    width, height = size
    horizon = round(height * 0.70)
    picture, at = scenery.lit_sky(size, horizon, mood, rng)
    for share in (0.0, 0.45, 0.9):
        wall = mix(mood.far, mood.near, 0.25 + 0.7 * share)
        picture = _blocks(picture, horizon, wall, (0.40 - 0.15 * share) * height, share, rng)
        canvas.glow(picture, (width / 2, horizon), width * 0.6, mix(mood.sky[-1], (255, 190, 120), 0.4), 0.16)
    return scenery.water(picture, horizon, mood, rng, at)


def _blocks(picture: Image.Image, ground: int, wall: Colour, tallest: float, share: float, rng: Random) -> Image.Image:
    draw = ImageDraw.Draw(picture)
    unit = max(3, round(picture.width / 256))
    x = -unit * 4
    while x < picture.width:
        wide = unit * rng.randint(8, 18)
        tall = round(tallest * rng.uniform(0.35, 1.0) ** 1.3)
        draw.rectangle((x, ground - tall, x + wide, ground), fill=wall)
        if rng.random() < 0.2:
            draw.line(
                (x + wide // 2, ground - tall - unit * 6, x + wide // 2, ground - tall),
                fill=wall,
                width=max(1, unit // 2),
            )
        _windows(draw, (x, ground - tall, x + wide, ground), unit, wall, share, rng)
        x += wide + rng.choice((0, 0, unit, unit * 3))
    return picture


def _windows(
    draw: ImageDraw.ImageDraw, box: tuple[int, int, int, int], unit: int, wall: Colour, share: float, rng: Random
) -> None:
    busy = rng.uniform(0.15, 0.55)
    for y in range(box[1] + unit * 2, box[3] - unit, unit * 3):
        for x in range(box[0] + unit * 2, box[2] - unit * 2, unit * 3):
            if rng.random() < busy:
                warm = mix((255, 214, 140), (255, 240, 205), rng.random())
                draw.rectangle(
                    (x, y, x + unit - 1, y + unit), fill=mix(wall, warm, (0.25 + 0.6 * share) * rng.uniform(0.5, 1))
                )
