"""Landscapes: each paints a whole picture from a size, a mood and a seed."""

from __future__ import annotations

from math import pi, sin
from random import Random

from PIL import Image, ImageChops

from . import canvas, scenery
from .canvas import Size
from .colour import Colour, darken, lighten, mix
from .moods import Mood


def lake(size: Size, mood: Mood, rng: Random) -> Image.Image:
    """Mountains over still water."""
    horizon = round(size[1] * rng.uniform(0.60, 0.68))
    picture, at = scenery.lit_sky(size, horizon, mood, rng)
    picture = _ranges(picture, horizon, mood, rng, layers=4, tallest=0.42)
    shore = [horizon - size[1] * 0.012 * h for h in scenery.profile(rng, 256, 0.6, 5)]
    trees = (size[1] * 0.015, size[1] * 0.05)
    picture = scenery.conifers(picture, shore, trees, mix(mood.near, mood.far, 0.22), rng, 0.6)
    picture = scenery.water(picture, horizon, mood, rng, at)
    return _bank(picture, mood, rng)


def mountains(size: Size, mood: Mood, rng: Random) -> Image.Image:
    """Range behind range, fading into the air."""
    horizon = round(size[1] * 0.80)
    picture, _ = scenery.lit_sky(size, horizon, mood, rng)
    picture = _ranges(picture, round(size[1] * 0.92), mood, rng, layers=6, tallest=0.58)
    return _bank(picture, mood, rng)


def forest(size: Size, mood: Mood, rng: Random) -> Image.Image:
    """Rows of conifers with mist between them."""
    height = size[1]
    picture, _ = scenery.lit_sky(size, round(height * 0.75), mood, rng)
    rows = 6
    for row in range(rows):
        share = row / (rows - 1)
        middle = height * (0.44 + 0.56 * share)
        tops = [middle - height * 0.10 * h for h in scenery.swell(rng, 128)]
        tall = height * (0.07 + 0.22 * share**1.6)
        colour = mix(mood.far, mood.near, share**0.9)
        picture = scenery.conifers(picture, tops, (tall * 0.6, tall), colour, rng, 0.42)
        if row < rows - 1:
            picture = _misty(picture, round(middle - height * 0.06), mix(mood.sky[-1], colour, 0.25), rng)
    return picture


def sea(size: Size, mood: Mood, rng: Random) -> Image.Image:
    """Open water under a wide sky, perhaps with an island, perhaps with a sail."""
    width, height = size
    horizon = round(height * rng.uniform(0.52, 0.60))
    picture, at = scenery.lit_sky(size, horizon, mood, rng)
    if rng.random() < 0.7:
        picture = _island(picture, horizon, mood, rng, away_from=at)
    picture = scenery.water(picture, horizon, mood, rng, at)
    haze = canvas.curve(canvas.fade((width, height // 10), 0, 255), lambda v: 0.55 * sin(v * pi))
    picture.paste(Image.new("RGB", haze.size, mood.sky[-1]), (0, horizon - haze.height // 2), haze)
    return _sail(picture, horizon, mood, rng)


def desert(size: Size, mood: Mood, rng: Random) -> Image.Image:
    """Dune behind dune, lit from the side where the sun stands."""
    height = size[1]
    horizon = round(height * 0.62)
    picture, at = scenery.lit_sky(size, horizon, mood, rng)
    picture = _ranges(picture, horizon + 8, mood, rng, layers=1, tallest=0.14)
    rows = 6
    for row in range(rows):
        share = row / (rows - 1)
        base = height * (0.60 + 0.30 * share**1.2)
        tops = [base - height * (0.05 + 0.13 * share) * h for h in scenery.swell(rng, 256, 2)]
        lit = mix(mix(mood.far, mood.sky[-1], 0.65), mood.near, share * 0.18)
        lee = mix(lit, mood.near, 0.50 + 0.20 * share)
        picture = _dune(picture, tops, (lit, lee), base + height * (0.05 + 0.08 * share), at < size[0] / 2)
    return picture


def _ranges(picture: Image.Image, floor: int, mood: Mood, rng: Random, layers: int, tallest: float) -> Image.Image:
    height = picture.height
    for layer in range(layers):
        share = layer / max(1, layers - 1)
        colour = mix(mood.far, mood.near, share**1.25 * 0.86)
        foot = floor - height * tallest * (1 - share) * 0.52
        reach = height * tallest * (0.62 - 0.30 * share)
        tops = [foot - reach * h for h in scenery.profile(rng, 512, 0.50, 3 + layer)]
        haze = mix(colour, mood.sky[-1], 0.55 * (1 - share * 0.7))
        picture = scenery.ridge(picture, tops, (colour, haze), round(foot + height * 0.10), rng)
        if mood.snow or (layer == 1 and tallest > 0.3):
            white = mix(lighten(mood.light, 0.3), colour, 0.30 if mood.snow else 0.5)
            picture = scenery.snowcaps(picture, tops, reach * (0.75 if mood.snow else 0.4), white, rng)
    return picture


def _bank(picture: Image.Image, mood: Mood, rng: Random) -> Image.Image:
    height = picture.height
    lean = rng.choice((1, -1))
    hill = scenery.profile(rng, 128, 0.5, 3)
    tops = []
    for i, bump in enumerate(hill):
        along = i / 127 if lean > 0 else 1 - i / 127
        tops.append(height * (0.90 + 0.16 * along) - height * 0.025 * bump)
    return scenery.conifers(picture, tops, (height * 0.06, height * 0.22), darken(mood.near, 0.25), rng, 0.34)


def _misty(picture: Image.Image, top: int, colour: Colour, rng: Random) -> Image.Image:
    mist = Image.new("L", picture.size)
    depth = picture.height // 4
    band = canvas.curve(canvas.fade((picture.width, depth), 0, 255), lambda v: sin(v * pi) ** 1.5)
    band = ImageChops.multiply(band, canvas.curve(canvas.clouds(rng, band.size, (3, 1), 4), lambda v: 0.2 + 0.6 * v))
    mist.paste(band, (0, top))
    return canvas.laid(picture, colour, mist)


def _island(picture: Image.Image, horizon: int, mood: Mood, rng: Random, away_from: float) -> Image.Image:
    width, height = picture.size
    centre = width * (0.80 if away_from < width / 2 else 0.20)
    reach, tall = width * rng.uniform(0.16, 0.26), height * rng.uniform(0.05, 0.10)
    rocks = scenery.profile(rng, 256, 0.55, 8)
    tops = []
    for i, rock in enumerate(rocks):
        away = abs(i / 255 * width - centre) / reach
        tops.append(horizon + 2 - tall * max(0.0, 1 - away**2) * (0.35 + 0.65 * rock))
    colours = (mix(mood.near, mood.far, 0.45), mix(mood.near, mood.far, 0.75))
    land = scenery.ridge(picture, tops, colours, horizon, rng)
    # The polygon fills everything below: only what stands above the water is land.
    picture.paste(land.crop((0, 0, width, horizon)), (0, 0))
    return picture


def _sail(picture: Image.Image, horizon: int, mood: Mood, rng: Random) -> Image.Image:
    width, height = picture.size
    tall = height * rng.uniform(0.045, 0.075)
    x, y = width * rng.uniform(0.30, 0.70), horizon + height * rng.uniform(0.03, 0.08)
    dark = darken(mix(mood.near, mood.water, 0.4), 0.3)
    hull = [
        (x - tall * 0.42, y),
        (x + tall * 0.42, y),
        (x + tall * 0.28, y + tall * 0.13),
        (x - tall * 0.30, y + tall * 0.13),
    ]
    main = [(x, y - tall * 1.25), (x + tall * 0.40, y - tall * 0.10), (x, y - tall * 0.10)]
    jib = [(x - tall * 0.04, y - tall * 1.1), (x - tall * 0.04, y - tall * 0.10), (x - tall * 0.34, y - tall * 0.10)]
    pale = mix(lighten(mood.light, 0.4), mood.cloud, 0.3)
    for points, colour in ((hull, dark), (main, pale), (jib, mix(pale, mood.far, 0.35))):
        picture = canvas.laid(picture, colour, canvas.shape_mask(picture.size, points))
    return picture


def _dune(
    picture: Image.Image, tops: list[float], colours: tuple[Colour, Colour], floor: float, sun_left: bool
) -> Image.Image:
    lit, lee = colours
    dune = scenery.ridge(picture, tops, (lit, lee), round(floor))
    shaded = scenery.ridge(picture, tops, (mix(lit, lee, 0.75), lee), round(floor))
    across = canvas.fade((picture.height, picture.width), 0, 255).rotate(90 if sun_left else -90, expand=True)
    return Image.composite(shaded, dune, across.resize(picture.size))
