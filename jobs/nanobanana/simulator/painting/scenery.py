"""The parts of a landscape: sky, sun, moon, stars, clouds, ridges, trees, water.

Each takes the picture so far and gives it back with one thing more. Lengths are pixels of the picture being painted.
"""

from __future__ import annotations

from math import pi, sin
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from . import canvas
from .canvas import Point, Size
from .colour import Colour, lighten, mix
from .moods import Mood


def profile(rng: Random, count: int, rough: float = 0.52, bumps: int = 3) -> list[float]:
    """A skyline: `count` heights 0..1 by adding ever finer, ever smaller noise; a lower `rough` is smoother."""
    heights = [0.0] * count
    cells, weight = bumps, 1.0
    while cells < count / 2 and weight > 0.004:
        knots = [rng.random() for _ in range(cells + 2)]
        for i in range(count):
            place = i / count * cells
            left = int(place)
            part = place - left
            # Straight between knots: real ridges have edges, rounded ones look like hills of sand.
            heights[i] += weight * (knots[left] + (knots[left + 1] - knots[left]) * part)
        cells, weight = cells * 2, weight * rough
    low, high = min(heights), max(heights)
    return [(height - low) / max(1e-6, high - low) for height in heights]


def swell(rng: Random, count: int, waves: int = 3) -> list[float]:
    """A smooth skyline, for hills and dunes: heights 0..1."""
    parts = [(rng.uniform(0.6, 1.2) * (k + 1), rng.uniform(0, 2 * pi), 1 / (k + 1) ** 1.3) for k in range(waves)]
    heights = [sum(w * sin(f * 2 * pi * i / count + p) for f, p, w in parts) for i in range(count)]
    low, high = min(heights), max(heights)
    return [(height - low) / max(1e-6, high - low) for height in heights]


def sky(size: Size, horizon: int, mood: Mood, rng: Random) -> Image.Image:
    """The sky down to the horizon, with stars where the mood has them, and thin clouds."""
    picture = Image.new("RGB", size, mood.sky[-1])
    picture.paste(canvas.vertical((size[0], horizon), mood.sky))
    if mood.stars:
        picture = starred(picture, horizon, rng, 1.0 if mood.moon else 0.45)
    return _clouded(picture, horizon, mood, rng)


def starred(picture: Image.Image, down_to: int, rng: Random, share: float) -> Image.Image:
    """Stars, thinning out towards `down_to`; `share` scales how many."""
    width, height = picture.size
    mask = Image.new("L", (width * 2, height * 2))
    draw = ImageDraw.Draw(mask)
    scale = max(width, height) / 1024
    for _ in range(round(900 * share * width * down_to / 1024**2)):
        x, y = rng.random() * width * 2, rng.random() ** 1.4 * down_to * 2
        radius = scale * (0.7 + 1.6 * rng.random() ** 7)
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=round(70 + 185 * rng.random() ** 2))
    return canvas.screened(picture, (236, 242, 255), mask.reduce(2))


def lit_sky(size: Size, horizon: int, mood: Mood, rng: Random) -> tuple[Image.Image, float]:
    """The sky with its sun or moon, and the x at which that stands."""
    picture = sky(size, horizon, mood, rng)
    at = (size[0] * rng.choice((rng.uniform(0.22, 0.42), rng.uniform(0.58, 0.78))), horizon * mood.height)
    if mood.moon:
        moon(picture, at, mood, rng)
    else:
        sun(picture, at, mood)
    return picture, at[0]


def _clouded(picture: Image.Image, horizon: int, mood: Mood, rng: Random) -> Image.Image:
    threshold = rng.uniform(0.42, 0.60)
    noise = canvas.clouds(rng, (picture.width, horizon), cells=(2, 7), octaves=5)
    mask = canvas.curve(noise, lambda v: 0.75 * min(1.0, max(0.0, (v - threshold) / 0.42)))
    mask = ImageChops.multiply(mask, canvas.fade(mask.size, 130, 255))
    full = Image.new("L", picture.size)
    full.paste(mask)
    return canvas.laid(picture, mood.cloud, full)


def sun(picture: Image.Image, centre: Point, mood: Mood) -> None:
    """The sun, its halo, and the warmth around it; in place."""
    side = max(picture.size)
    canvas.glow(picture, centre, side * 0.75, mix(mood.light, mood.sky[-1], 0.55), 0.55)
    canvas.glow(picture, centre, side * 0.26, mood.light, 0.65)
    _body(picture, centre, side * 0.036, lighten(mood.light, 0.55))


def moon(picture: Image.Image, centre: Point, mood: Mood, rng: Random) -> None:
    """A pale moon with its seas and a cold halo; in place."""
    side = max(picture.size)
    canvas.glow(picture, centre, side * 0.42, (120, 150, 210), 0.50)
    canvas.glow(picture, centre, side * 0.13, (190, 208, 240), 0.55)
    _body(picture, centre, side * 0.042, mood.light, rng)


def _body(picture: Image.Image, centre: Point, radius: float, colour: Colour, seas: Random | None = None) -> None:
    diameter = round(radius * 2)
    mask = canvas.disc(diameter * 2, lambda d: (1 - d) * diameter / 2).reduce(2)
    face = Image.new("RGB", mask.size, colour)
    if seas is not None:
        grey = canvas.curve(canvas.clouds(seas, mask.size, cells=(2, 2), octaves=3), lambda v: max(0.0, v - 0.45))
        face = canvas.laid(face, mix(colour, (120, 138, 170), 0.8), grey)
    picture.paste(face, (round(centre[0] - radius), round(centre[1] - radius)), mask)


def ridge(
    picture: Image.Image, tops: list[float], colours: tuple[Colour, Colour], floor: int, rng: Random | None = None
) -> Image.Image:
    """Land below a skyline: lit above, in haze at `floor`, rocky with a rng.

    `tops` are pixels from the top, evenly spread from the left edge to the right one.
    """
    width, height = picture.size
    step = width / (len(tops) - 1)
    points = [(i * step, top) for i, top in enumerate(tops)]
    mask = canvas.shape_mask(picture.size, [(0.0, float(height)), *points, (float(width), float(height))])
    top = max(0, round(min(tops)))
    land = Image.new("RGB", picture.size, colours[1])
    land.paste(canvas.vertical((width, max(1, floor - top)), colours), (0, top))
    if rng is not None:
        land = _rocky(land, rng)
    return Image.composite(land, picture, mask)


def _rocky(land: Image.Image, rng: Random) -> Image.Image:
    stone = canvas.clouds(rng, land.size, cells=(9, 5), octaves=5).filter(ImageFilter.EMBOSS)
    stone = canvas.curve(stone, lambda v: 0.5 + (v - 0.5) * 1.7).filter(ImageFilter.GaussianBlur(1.2))
    return ImageChops.soft_light(land, Image.merge("RGB", (stone, stone, stone)))


def snowcaps(picture: Image.Image, tops: list[float], depth: float, colour: Colour, rng: Random) -> Image.Image:
    """Snow along a skyline, `depth` pixels deep at the summits, ragged below."""
    width = picture.width
    step = width / (len(tops) - 1)
    summit, foot = min(tops), max(tops)
    ragged = profile(rng, len(tops), 0.75, 9)
    lower = []
    for i, top in enumerate(tops):
        share = (foot - top) / max(1.0, foot - summit)
        lower.append((i * step, top + depth * max(0.0, share * 1.3 - 0.42) * (0.35 + 1.1 * ragged[i])))
    upper = [(i * step, top) for i, top in enumerate(tops)]
    mask = canvas.shape_mask(picture.size, upper + lower[::-1])
    return canvas.laid(picture, colour, canvas.scaled(mask, 0.85))


def conifers(
    picture: Image.Image, tops: list[float], heights: tuple[float, float], colour: Colour, rng: Random, gap: float = 0.5
) -> Image.Image:
    """A stand of conifers rooted along a skyline, `heights` (least, most) pixels tall, `gap` of their height apart."""
    width, height = picture.size
    mask = Image.new("L", (width * 2, height * 2))
    draw = ImageDraw.Draw(mask)
    step = width / (len(tops) - 1)
    draw.polygon(
        [(0, height * 2), *((i * step * 2, t * 2) for i, t in enumerate(tops)), (width * 2, height * 2)], fill=255
    )
    x = -heights[1] * rng.random()
    while x < width + heights[1]:
        tall = rng.uniform(*heights) * (0.55 if rng.random() < 0.25 else 1.0)
        root = tops[min(len(tops) - 1, max(0, round(x / step)))] + tall * 0.06
        draw.polygon(_conifer(x * 2, root * 2, tall * 2, rng), fill=255)
        x += tall * gap * rng.uniform(0.35, 1.1)
    return canvas.laid(picture, colour, mask.reduce(2))


def _conifer(x: float, root: float, tall: float, rng: Random) -> list[Point]:
    tiers = max(5, min(16, round(tall / 14)))
    half = tall * rng.uniform(0.15, 0.22)
    left: list[Point] = []
    right: list[Point] = []
    for tier in range(tiers):
        share = (tier + 1) / tiers
        y = root - tall + tall * 0.95 * share
        for side, points in ((-1, left), (1, right)):
            reach = half * share**0.85 * rng.uniform(0.75, 1.1)
            points.append((x + side * reach, y + tall * 0.018 * rng.random()))
            points.append((x + side * reach * 0.45, y - tall * 0.012))
    return [(x, root - tall), *right, (x + tall * 0.015, root), (x - tall * 0.015, root), *left[::-1]]


def water(picture: Image.Image, horizon: int, mood: Mood, rng: Random, shine: float | None = None) -> Image.Image:
    """Everything below the horizon becomes water that mirrors what stands above.

    `shine` is the x of the path of light that the sun or moon lays on it.
    """
    width, height = picture.size
    depth = height - horizon
    mirror = picture.crop((0, max(0, horizon - round(depth * 1.15)), width, horizon))
    mirror = mirror.transpose(Image.Transpose.FLIP_TOP_BOTTOM).resize((width, depth), Image.Resampling.BICUBIC)
    mirror = mirror.resize((width, max(1, depth // 6))).resize((width, depth), Image.Resampling.BICUBIC)
    mirror = _rippled(mirror, rng)
    tint = canvas.fade(mirror.size, 70, 190)
    mirror = canvas.laid(mirror, mood.water, tint)
    mirror = _glittering(mirror, mood, rng, shine)
    out = picture.copy()
    out.paste(mirror, (0, horizon))
    return out


def _rippled(mirror: Image.Image, rng: Random) -> Image.Image:
    width, depth = mirror.size
    out = mirror.copy()
    phases = [(rng.uniform(0, 2 * pi), rng.uniform(0.7, 1.3)) for _ in range(3)]
    for y in range(depth):
        near = y / depth
        # Waves look longer and wider the nearer they are.
        place = 60 * (1 - near) ** 2.2 * depth / 400
        shift = sum(sin(place * speed * (k + 1) * 1.7 + phase) / (k + 1) for k, (phase, speed) in enumerate(phases))
        offset = round(shift * (0.5 + 7 * near) * width / 1024)
        if offset:
            out.paste(mirror.crop((0, y, width, y + 1)), (offset, y))
    return out


def _glittering(mirror: Image.Image, mood: Mood, rng: Random, shine: float | None) -> Image.Image:
    width, depth = mirror.size
    far = canvas.static(rng, (max(4, width // 26), max(4, depth // 3))).resize(mirror.size, Image.Resampling.BICUBIC)
    near = canvas.static(rng, (max(4, width // 90), max(4, depth // 9))).resize(mirror.size, Image.Resampling.BICUBIC)
    waves = Image.composite(near, far, canvas.fade(mirror.size, 0, 255))
    faint = canvas.curve(waves, lambda v: 0.16 * max(0.0, (v - 0.55) / 0.45) ** 1.5)
    mirror = canvas.screened(mirror, lighten(mood.sky[-1], 0.2), faint)
    if shine is None:
        return mirror
    spread = Image.new("L", mirror.size)
    spread.paste(
        canvas.disc(depth * 2, lambda d: (1 - d) ** 1.1).resize((round(width * 0.34), depth * 2)),
        (round(shine - width * 0.17), -depth // 2),
    )
    sparks = canvas.curve(waves, lambda v: max(0.0, (v - 0.40) / 0.42))
    return canvas.screened(mirror, mood.light, ImageChops.multiply(sparks, spread))
