"""Nothing in particular: colours that flow."""

from __future__ import annotations

from random import Random

from PIL import Image, ImageFilter

from . import canvas, scenery
from .canvas import Size
from .colour import Colour, lighten, mix
from .moods import Mood


def abstract(size: Size, mood: Mood, rng: Random) -> Image.Image:
    """Ribbons that flow over a field of soft colour, each with its shadow."""
    colours = [*mood.sky, mood.light, mood.near, mood.water, mood.far]
    picture = _colour_field(size, [mix(c, mood.sky[len(mood.sky) // 2], 0.2) for c in colours[:6]], rng)
    count = rng.randint(5, 7)
    for band in range(count):
        picture = _ribbon(picture, band / (count - 1), rng.choice(colours), rng.choice(colours), rng)
    return picture


def _colour_field(size: Size, colours: list[Colour], rng: Random) -> Image.Image:
    knots = Image.new("RGB", (4, 4))
    knots.putdata([rng.choice(colours) for _ in range(16)])
    return knots.resize(size, Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(max(size) / 60))


def _ribbon(picture: Image.Image, place: float, first: Colour, second: Colour, rng: Random) -> Image.Image:
    width, height = picture.size
    upper = scenery.swell(rng, 200, 3)
    lower = scenery.swell(rng, 200, 2)
    base = height * (0.05 + 0.85 * place)
    step = width / 199
    top = [(i * step, base - height * 0.30 * (h - 0.5)) for i, h in enumerate(upper)]
    bottom = [(i * step, y + height * (0.10 + 0.26 * lower[i])) for i, (_, y) in enumerate(top)]
    mask = canvas.shape_mask(picture.size, top + bottom[::-1])
    shadow = Image.new("L", picture.size)
    shadow.paste(mask, (0, round(height * 0.02)))
    shadow = (
        shadow.reduce(4).filter(ImageFilter.GaussianBlur(height / 130)).resize(picture.size, Image.Resampling.BICUBIC)
    )
    picture = canvas.laid(picture, (8, 6, 20), canvas.scaled(shadow, 0.42))
    across = canvas.vertical((height, width), [first, second, lighten(first, 0.2)]).rotate(90, expand=True)
    return Image.composite(across.resize(picture.size), picture, mask)
