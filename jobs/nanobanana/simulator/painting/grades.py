"""What a prompt can ask of a photograph's light: night, sunset, winter, autumn, fog, rain, film.

Each takes the picture and gives back another of the same size. They keep the subject and change its light.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from . import canvas
from .colour import Colour


def toned(picture: Image.Image, shapes: tuple[Callable[[float], float], ...]) -> Image.Image:
    """The picture with its red, green and blue each put through a curve over 0..1."""
    bands = [canvas.curve(band, shape) for band, shape in zip(picture.split(), shapes, strict=True)]
    return Image.merge("RGB", bands)


def night(picture: Image.Image, rng: Random) -> Image.Image:
    """The same place at night: dark, blue, a moonlit top, and the brightest spots lit like lamps."""
    dim = ImageEnhance.Color(ImageOps.autocontrast(picture, cutoff=1)).enhance(0.5)
    dim = toned(dim, (lambda v: 0.01 + 0.40 * v**1.7, lambda v: 0.03 + 0.50 * v**1.6, lambda v: 0.08 + 0.72 * v**1.3))
    dim = canvas.laid(dim, (4, 8, 30), canvas.fade(dim.size, 90, 40))
    canvas.glow(dim, (dim.width * 0.78, 0), max(dim.size) * 0.62, (120, 150, 215), 0.34)
    lamps, halo = _lights(picture)
    dim = canvas.laid(dim, (255, 206, 128), canvas.scaled(lamps, 0.85))
    dim = canvas.screened(dim, (255, 170, 84), canvas.scaled(halo, 0.75))
    return canvas.vignette(_starlit(dim, picture, rng), 0.6, (2, 4, 14))


def _lights(picture: Image.Image) -> tuple[Image.Image, Image.Image]:
    """(what would be a lamp or a lit window, the shine around it): small, bright and warm spots."""
    small = picture.reduce(4)
    red, _, blue = small.split()
    bright = canvas.curve(ImageOps.grayscale(small), lambda v: (v - 0.76) * 8)
    warm = canvas.curve(ImageChops.subtract(red, blue), lambda v: (v - 0.18) * 6)
    spots = ImageChops.multiply(bright, warm)
    # A wide bright sky is no lamp: what is bright all around is taken out again.
    wide = canvas.scaled(spots.filter(ImageFilter.GaussianBlur(max(small.size) / 12)), 1.6)
    spots = ImageChops.subtract(spots, wide)
    halo = canvas.scaled(spots.filter(ImageFilter.GaussianBlur(max(small.size) / 45)), 2.2)
    bicubic = Image.Resampling.BICUBIC
    return spots.resize(picture.size, bicubic), halo.resize(picture.size, bicubic)


def _starlit(dim: Image.Image, daylight: Image.Image, rng: Random) -> Image.Image:
    """Stars where the daylight picture has an even, bright top: most likely sky."""
    width, height = dim.size
    grey = ImageOps.grayscale(daylight).resize((64, 64))
    busy = grey.filter(ImageFilter.FIND_EDGES).filter(ImageFilter.GaussianBlur(2))
    open_sky = ImageChops.multiply(canvas.curve(grey, lambda v: v * 3 - 0.9), canvas.curve(busy, lambda v: 1.1 - v * 7))
    high = canvas.curve(canvas.fade((64, 64), 255, 0), lambda v: v * 2.2 - 0.7)
    open_sky = ImageChops.multiply(open_sky, high).filter(ImageFilter.GaussianBlur(1.5))
    stars = Image.new("L", (width * 2, height * 2))
    draw = ImageDraw.Draw(stars)
    for _ in range(1100):
        x, y = rng.random() * width * 2, rng.random() ** 1.3 * height * 1.4
        radius = max(width, height) / 1024 * (0.7 + 1.5 * rng.random() ** 6)
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=round(90 + 165 * rng.random()))
    sky = open_sky.resize(dim.size, Image.Resampling.BICUBIC)
    return canvas.screened(dim, (225, 235, 255), ImageChops.multiply(stars.reduce(2), sky))


def sunset(picture: Image.Image, rng: Random) -> Image.Image:
    """The last hour of light: violet above, amber below, the sun just out of the frame."""
    warm = toned(picture, (lambda v: v**0.82, lambda v: 0.94 * v**1.02, lambda v: 0.80 * v**1.25))
    colours: list[Colour] = [(92, 62, 140), (214, 92, 110), (255, 150, 80), (255, 196, 110), (150, 70, 70)]
    light = canvas.vertical(picture.size, colours)
    warm = Image.blend(warm, ImageChops.overlay(warm, light), 0.55)
    warm = Image.blend(warm, ImageChops.soft_light(warm, light), 0.6)
    side = rng.choice((0.12, 0.88))
    canvas.glow(warm, (warm.width * side, warm.height * 0.42), max(warm.size) * 0.55, (255, 176, 92), 0.55)
    return canvas.vignette(canvas.bloom(warm, 0.22, 0.03), 0.42, (40, 10, 40))


def winter(picture: Image.Image, rng: Random) -> Image.Image:
    """Cold light, frost on what is bright, and falling snow near and far."""
    cold = ImageEnhance.Color(picture).enhance(0.42)
    cold = toned(cold, (lambda v: 0.06 + 0.88 * v, lambda v: 0.09 + 0.90 * v, lambda v: 0.15 + 0.86 * v**0.92))
    frost = canvas.curve(ImageOps.grayscale(picture), lambda v: 0.75 * max(0.0, (v - 0.42) / 0.58) ** 1.3)
    cold = canvas.laid(cold, (238, 245, 252), frost)
    for size, many, blur in ((1.3, 520, 0.5), (2.6, 190, 1.0), (6.5, 46, 3.4)):
        cold = canvas.screened(cold, (255, 255, 255), _flakes(cold.size, size, many, blur, rng))
    return canvas.vignette(cold, 0.5, (214, 228, 242))


def _flakes(size: tuple[int, int], radius: float, many: int, blur: float, rng: Random) -> Image.Image:
    scale = max(size) / 1024
    mask = Image.new("L", size)
    draw = ImageDraw.Draw(mask)
    for _ in range(many):
        x, y, r = rng.random() * size[0], rng.random() * size[1], radius * scale * rng.uniform(0.6, 1.3)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=rng.randint(130, 225))
    return mask.filter(ImageFilter.GaussianBlur(blur * scale))


def autumn(picture: Image.Image, rng: Random) -> Image.Image:
    """Greens turn to gold and rust; the air grows warm."""
    hue, saturation, value = picture.convert("HSV").split()
    # Pillow counts hues 0..255: leaves lie at about 38..125, gold and rust at 10..32.
    turned = hue.point([round(8 + (h - 38) * 26 / 87) if 38 <= h <= 125 else h for h in range(256)])
    warm = Image.merge("HSV", (turned, canvas.scaled(saturation, 1.18), value)).convert("RGB")
    warm = toned(warm, (lambda v: v**0.90, lambda v: v * 0.98, lambda v: v**1.12 * 0.90))
    canvas.glow(warm, (warm.width * rng.random(), 0), max(warm.size) * 0.7, (255, 190, 90), 0.30)
    return canvas.vignette(warm, 0.4, (50, 20, 5))


def spring(picture: Image.Image, rng: Random) -> Image.Image:
    """Fresh greens, lifted shadows, a little pink in the light."""
    fresh = ImageEnhance.Color(picture).enhance(1.30)
    fresh = toned(fresh, (lambda v: 0.04 + 0.96 * v**0.92, lambda v: 0.04 + 0.97 * v**0.86, lambda v: 0.05 + 0.93 * v))
    canvas.glow(fresh, (fresh.width * rng.random(), 0), max(fresh.size) * 0.8, (255, 205, 220), 0.34)
    return canvas.bloom(fresh, 0.18, 0.03)


def fog(picture: Image.Image, rng: Random) -> Image.Image:
    """Mist that thickens with distance, which in most pictures means upwards."""
    soft = ImageEnhance.Color(picture).enhance(0.55)
    drift = canvas.curve(canvas.clouds(rng, picture.size, (2, 3), 5), lambda v: 0.55 + 0.6 * v)
    veil = ImageChops.multiply(drift, canvas.fade(picture.size, 232, 95))
    return canvas.laid(soft, (219, 225, 230), canvas.scaled(veil, 0.92))


def rain(picture: Image.Image, rng: Random) -> Image.Image:
    """A grey day with rain across it."""
    grey = ImageEnhance.Color(picture).enhance(0.50)
    grey = toned(grey, (lambda v: 0.02 + 0.70 * v, lambda v: 0.04 + 0.74 * v, lambda v: 0.07 + 0.80 * v))
    width, height = picture.size
    drops = Image.new("L", picture.size)
    draw = ImageDraw.Draw(drops)
    for _ in range(900):
        x, y, long = rng.uniform(-0.1, 1.1) * width, rng.uniform(-0.1, 1) * height, height * rng.uniform(0.02, 0.06)
        draw.line((x, y, x - long * 0.22, y + long), fill=rng.randint(50, 150), width=max(1, round(height / 900)))
    return canvas.vignette(canvas.screened(grey, (205, 216, 228), drops.filter(ImageFilter.GaussianBlur(0.6))), 0.5)


def sepia(picture: Image.Image, rng: Random) -> Image.Image:
    """An old brown print."""
    grey = ImageOps.autocontrast(ImageOps.grayscale(picture), cutoff=1)
    brown = canvas.tinted(grey, [(34, 20, 12), (110, 74, 46), (196, 156, 112), (246, 230, 202)])
    return canvas.grain(canvas.vignette(brown, 0.6, (40, 22, 10)), rng, 0.35)


def black_and_white(picture: Image.Image, rng: Random) -> Image.Image:
    """A black and white print with deep blacks and visible grain."""
    grey = ImageOps.autocontrast(ImageOps.grayscale(picture), cutoff=1)
    grey = canvas.curve(grey, lambda v: v * v * (3 - 2 * v) * 0.6 + v * 0.4)
    return canvas.grain(canvas.vignette(Image.merge("RGB", (grey, grey, grey)), 0.45), rng, 0.42)


def vintage(picture: Image.Image, rng: Random) -> Image.Image:
    """A faded colour print: milky blacks, yellowed whites, a leak of light."""
    faded = ImageEnhance.Color(picture).enhance(0.72)
    faded = toned(faded, (lambda v: 0.12 + 0.84 * v**0.9, lambda v: 0.09 + 0.80 * v, lambda v: 0.17 + 0.58 * v))
    side = rng.choice((0, faded.width))
    canvas.glow(faded, (side, faded.height * rng.uniform(0.2, 0.8)), max(faded.size) * 0.5, (255, 120, 50), 0.50)
    return canvas.grain(canvas.vignette(faded, 0.5, (46, 26, 20)), rng, 0.38)


def neon(picture: Image.Image, rng: Random) -> Image.Image:
    """Magenta and cyan, with glowing outlines."""
    grey = ImageOps.autocontrast(ImageOps.grayscale(picture), cutoff=1)
    colours: list[Colour] = [(8, 4, 28), (60, 14, 110), (190, 24, 150), (255, 110, 130), (120, 245, 255)]
    lit = Image.blend(canvas.tinted(grey, colours), toned(picture, (lambda v: v**1.3,) * 3), 0.25)
    edges = canvas.curve(grey.filter(ImageFilter.GaussianBlur(1.4)).filter(ImageFilter.FIND_EDGES), lambda v: v * 3.2)
    halo = edges.filter(ImageFilter.GaussianBlur(max(picture.size) / 150))
    lit = canvas.screened(lit, (255, 60, 200), canvas.scaled(halo, 1.3))
    return canvas.vignette(canvas.screened(lit, (90, 240, 255), canvas.scaled(edges, 0.75)), 0.5, (4, 0, 20))


# Shadows, lights: the split of tones that an unknown prompt is given.
_TONES: tuple[tuple[Colour, Colour], ...] = (
    ((10, 60, 84), (255, 186, 120)),
    ((52, 30, 92), (255, 206, 150)),
    ((20, 70, 60), (250, 220, 150)),
    ((84, 24, 50), (255, 210, 170)),
    ((14, 40, 96), (255, 190, 200)),
)


def graded(picture: Image.Image, rng: Random) -> Image.Image:
    """What any other prompt gets: the tones of a film, a soft light and a vignette, plainly another picture."""
    shadow, light = rng.choice(_TONES)
    grey = ImageOps.grayscale(picture)
    tones = canvas.tinted(grey, [shadow, (128, 128, 128), light])
    mixed = Image.blend(picture, ImageChops.soft_light(picture, tones), 0.85)
    mixed = Image.blend(mixed, ImageChops.overlay(mixed, tones), 0.35)
    mixed = ImageEnhance.Contrast(ImageEnhance.Color(mixed).enhance(1.15)).enhance(1.06)
    canvas.glow(mixed, (mixed.width * rng.random(), 0), max(mixed.size) * 0.7, light, 0.28)
    return canvas.grain(canvas.vignette(canvas.bloom(mixed, 0.28), 0.55), rng, 0.16)
