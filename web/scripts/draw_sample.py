"""Draws `public/sample.jpg`, the picture that an empty workspace offers: a mountain lake in the evening.

Run it with the project's Python: `python web/scripts/draw_sample.py`.
"""

from __future__ import annotations

import random
from itertools import pairwise
from math import exp, pi, sin
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFilter

WIDTH, HEIGHT = 1280, 853
SHORE = 540
SUN = (884, 398)
TARGET = Path(__file__).parents[1] / "public" / "sample.jpg"

Colour = tuple[int, int, int]
SKY: list[tuple[float, Colour]] = [
    (0.0, (52, 82, 132)),
    (0.38, (122, 142, 178)),
    (0.66, (231, 177, 150)),
    (0.86, (250, 205, 148)),
    (1.0, (255, 226, 172)),
]
# Far to near: height above the shore, roughness, colour.
RIDGES: list[tuple[int, float, Colour]] = [
    (235, 1.0, (143, 138, 165)),
    (165, 0.8, (107, 107, 142)),
    (105, 0.6, (71, 80, 112)),
    (52, 0.5, (42, 56, 78)),
]


def main() -> None:
    """Paint from the back to the front, then mirror it in the water."""
    dice = random.Random(7)
    above = sky()
    for height, roughness, colour in RIDGES:
        ridge(above, height, roughness, colour, dice)
    trees(above, dice)
    picture = Image.new("RGB", (WIDTH, HEIGHT))
    picture.paste(above, (0, 0))
    picture.paste(water(above, dice), (0, SHORE))
    shore(picture, dice)
    grain(picture).save(TARGET, quality=86, optimize=True, progressive=True)


def sky() -> Image.Image:
    """The evening's colours, and the sun's glow in them."""
    column = Image.new("RGB", (1, SHORE))
    column.putdata([shade(SKY, y / SHORE) for y in range(SHORE)])
    picture = column.resize((WIDTH, SHORE))
    for radius, strength in ((420, 0.26), (190, 0.3), (88, 0.36)):
        glow(picture, radius, strength)
    ImageDraw.Draw(picture).ellipse(around(SUN, 33), fill=(255, 246, 221))
    return clouds(picture)


def shade(stops: list[tuple[float, Colour]], at: float) -> Colour:
    """The colour between the stops at a share in [0, 1]."""
    for (low, first), (high, second) in pairwise(stops):
        if at <= high:
            return mix(first, second, (at - low) / (high - low))
    return stops[-1][1]


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """From the first colour to the second."""
    r, g, b = (round(a + (c - a) * share) for a, c in zip(first, second, strict=True))
    return r, g, b


def around(centre: tuple[int, int], radius: int) -> tuple[int, int, int, int]:
    """The box of a circle."""
    x, y = centre
    return x - radius, y - radius, x + radius, y + radius


def glow(picture: Image.Image, radius: int, strength: float) -> None:
    """Light around the sun."""
    mask = Image.new("L", picture.size)
    ImageDraw.Draw(mask).ellipse(around(SUN, radius), fill=round(255 * strength))
    mask = mask.filter(ImageFilter.GaussianBlur(radius / 2.4))
    picture.paste(Image.new("RGB", picture.size, (255, 224, 170)), mask=mask)


def clouds(picture: Image.Image) -> Image.Image:
    """Thin bands, lit from below."""
    dice = random.Random(11)
    mask = Image.new("L", picture.size)
    draw = ImageDraw.Draw(mask)
    for _ in range(26):
        x, y = dice.randint(-100, WIDTH), dice.randint(70, 330)
        length, thickness = dice.randint(140, 460), dice.randint(3, 10)
        draw.ellipse((x, y, x + length, y + thickness), fill=dice.randint(60, 150))
    mask = mask.filter(ImageFilter.GaussianBlur(7))
    return Image.composite(Image.new("RGB", picture.size, (255, 224, 204)), picture, mask)


def ridge(picture: Image.Image, height: int, roughness: float, colour: Colour, dice: random.Random) -> None:
    """One line of mountains, paler where the air is thick at its foot."""
    line = skyline(height, roughness, dice)
    mask = Image.new("L", picture.size)
    ImageDraw.Draw(mask).polygon([(0, SHORE), *line, (WIDTH, SHORE)], fill=255)
    mask = mask.filter(ImageFilter.GaussianBlur(0.8))
    haze = mix(colour, (244, 205, 172), 0.42)
    column = Image.new("RGB", (1, SHORE))
    top = SHORE - height * 1.3
    column.putdata([mix(colour, haze, min(1.0, max(0.0, (y - top) / (SHORE - top)))) for y in range(SHORE)])
    picture.paste(column.resize(picture.size), mask=mask)


def skyline(height: int, roughness: float, dice: random.Random) -> list[tuple[int, int]]:
    """A ridge as a sum of waves, rougher the smaller they are."""
    waves = [(2**octave, dice.uniform(0, 2 * pi)) for octave in range(8)]
    line = []
    for x in range(0, WIDTH + 4, 4):
        share = x / WIDTH
        rise = sum(abs(sin(pi * f * share * 1.3 + phase)) / f**1.15 for f, phase in waves[1:])
        valley = 1 - 0.55 * exp(-(((x - SUN[0]) / 260) ** 2))
        line.append((x, SHORE - round(height * valley * (0.35 + 0.5 * rise * roughness))))
    return line


def trees(picture: Image.Image, dice: random.Random) -> None:
    """Firs along the shore, denser to the left."""
    draw = ImageDraw.Draw(picture)
    for _ in range(330):
        x = round(WIDTH * dice.random() ** 1.5) if dice.random() < 0.72 else WIDTH - round(420 * dice.random() ** 1.6)
        near = 1 - min(1.0, min(x, WIDTH - x) / 520)
        tall = round((14 + 84 * near) * dice.uniform(0.55, 1.1))
        fir(draw, x, SHORE + 2, tall, mix((38, 54, 66), (17, 27, 34), dice.random()))


def fir(draw: ImageDraw.ImageDraw, x: int, foot: int, tall: int, colour: Colour) -> None:
    """One tree of a few tiers."""
    for tier in range(5):
        top = foot - tall + tier * tall * 0.17
        half = tall * (0.07 + 0.045 * tier)
        draw.polygon([(x, top), (x - half, top + tall * 0.3), (x + half, top + tall * 0.3)], fill=colour)


def water(above: Image.Image, dice: random.Random) -> Image.Image:
    """The world above, upside down, a little darker and broken by ripples that grow towards us."""
    deep = HEIGHT - SHORE
    mirror = above.transpose(Image.Transpose.FLIP_TOP_BOTTOM).crop((0, 0, WIDTH, deep))
    mirror = mirror.filter(ImageFilter.GaussianBlur(1.6))
    result = Image.new("RGB", (WIDTH, deep))
    for y in range(deep):
        near = y / deep
        shift = round((2 + 16 * near) * sin(y * (0.9 - 0.55 * near)) * dice.uniform(0.5, 1.0))
        row = mirror.crop((0, y, WIDTH, y + 1))
        result.paste(ImageChops.offset(row, shift, 0), (0, y))
    dark = Image.new("RGB", result.size, (26, 46, 74))
    return Image.blend(result.filter(ImageFilter.GaussianBlur(0.7)), dark, 0.27)


def shore(picture: Image.Image, dice: random.Random) -> None:
    """Reeds in the near corners."""
    draw = ImageDraw.Draw(picture)
    for _ in range(240):
        left = dice.random() < 0.6
        spread = 330 * dice.random() ** 1.7
        x = spread if left else WIDTH - spread * 0.8
        tall = (150 - spread * 0.34) * dice.uniform(0.4, 1.0)
        lean = dice.uniform(-20, 26)
        colour = mix((10, 18, 22), (46, 52, 44), dice.random())
        draw.line([(x, HEIGHT), (x + lean * 0.4, HEIGHT - tall * 0.6), (x + lean, HEIGHT - tall)], fill=colour, width=3)


def grain(picture: Image.Image) -> Image.Image:
    """A little noise, so that the gradients show no bands."""
    noise = Image.effect_noise(picture.size, 9).convert("RGB")
    return Image.blend(picture, ImageChops.overlay(picture, noise), 0.5)


if __name__ == "__main__":
    main()
