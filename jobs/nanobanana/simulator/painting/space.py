"""Far from any land: nebulae and planets."""

from __future__ import annotations

from random import Random

from PIL import Image, ImageChops

from . import canvas, scenery
from .canvas import Size
from .colour import Colour, darken, lighten, mix
from .moods import Mood


def space(size: Size, mood: Mood, rng: Random) -> Image.Image:
    """A nebula, stars, and a planet in half light."""
    picture = canvas.vertical(size, [(5, 6, 18), (9, 10, 30), (4, 5, 14)])
    hues: list[Colour] = [(96, 60, 190), (30, 110, 190), (210, 80, 120), (240, 160, 90)]
    rng.shuffle(hues)
    for hue in hues[:3]:
        gas = canvas.clouds(rng, size, cells=(2, 2), octaves=6)
        picture = canvas.screened(picture, hue, canvas.curve(gas, lambda v: 0.85 * max(0.0, (v - 0.44) / 0.56) ** 1.5))
    dust = canvas.clouds(rng, size, cells=(3, 3), octaves=6)
    picture = canvas.laid(picture, (4, 4, 12), canvas.curve(dust, lambda v: 0.8 * max(0.0, (v - 0.55) / 0.3)))
    picture = scenery.starred(picture, size[1], rng, 1.5)
    for _ in range(7):
        star = (rng.random() * size[0], rng.random() * size[1])
        canvas.glow(picture, star, max(size) * rng.uniform(0.012, 0.03), (210, 225, 255), 0.9)
    return _planet(picture, hues[3], rng)


def _planet(picture: Image.Image, hue: Colour, rng: Random) -> Image.Image:
    width, height = picture.size
    radius = round(min(width, height) * rng.uniform(0.20, 0.30))
    centre = (round(width * rng.uniform(0.3, 0.7)), round(height * rng.uniform(0.45, 0.7)))
    side = radius * 2
    bands = canvas.clouds(rng, (side, side), cells=(1, 9), octaves=5)
    face = canvas.tinted(bands, [darken(hue, 0.55), hue, lighten(hue, 0.35), mix(hue, (255, 255, 255), 0.7)])
    lit = Image.new("L", (side, side))
    lit.paste(canvas.disc(side * 2, lambda d: max(0.0, 1.05 - d * 1.25)), (-round(side * 0.72), -round(side * 0.78)))
    face = ImageChops.multiply(face, Image.merge("RGB", (lit, lit, lit)))
    edge = canvas.disc(side * 2, lambda d: (1 - d) * radius).reduce(2)
    canvas.glow(picture, (centre[0] - radius * 0.12, centre[1] - radius * 0.12), radius * 1.5, lighten(hue, 0.2), 0.35)
    picture.paste(face, (centre[0] - radius, centre[1] - radius), edge)
    return picture
