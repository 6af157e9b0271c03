"""The brushes: gradients, clouds, glows, grain, vignettes.

Every random choice comes from the `Random` that is handed in, so the same seed paints the same picture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from .colour import Colour, ramp

Size = tuple[int, int]
Point = tuple[float, float]


def vertical(size: Size, colours: Sequence[Colour]) -> Image.Image:
    """A picture that runs through the colours from top to bottom."""
    width, height = size
    column = Image.new("RGB", (1, height))
    column.putdata(ramp(colours, height))
    return column.resize((width, height), Image.Resampling.NEAREST)


def fade(size: Size, top: int, bottom: int) -> Image.Image:
    """A mask that runs from `top` to `bottom` (0..255) down its height."""
    column = Image.new("L", (1, size[1]))
    last = max(1, size[1] - 1)
    column.putdata([round(top + (bottom - top) * y / last) for y in range(size[1])])
    return column.resize(size, Image.Resampling.NEAREST)


def tinted(grey: Image.Image, colours: Sequence[Colour]) -> Image.Image:
    """The grey picture with its shades run through the colours, darkest first."""
    mapped = grey.copy()
    mapped.putpalette([channel for colour in ramp(colours, 256) for channel in colour])
    return mapped.convert("RGB")


def curve(mask: Image.Image, shape: Callable[[float], float]) -> Image.Image:
    """The mask with every shade (as 0..1) put through `shape`."""
    return mask.point([round(255 * min(1.0, max(0.0, shape(v / 255)))) for v in range(256)])


def scaled(mask: Image.Image, strength: float) -> Image.Image:
    """The mask with every shade times `strength`."""
    return curve(mask, lambda v: v * strength)


def static(rng: Random, size: Size) -> Image.Image:
    """White noise, every shade as likely."""
    return Image.frombytes("L", size, rng.randbytes(size[0] * size[1]))


def clouds(rng: Random, size: Size, cells: Size = (3, 3), octaves: int = 5) -> Image.Image:
    """Soft fractal noise over the whole range; `cells` is how many bumps fit across and down at the coarsest."""
    small = (min(size[0], 320), min(size[1], 320))
    total = Image.new("L", small)
    weights = 0.0
    for octave in range(octaves):
        grid = (min(cells[0] * 2**octave + 1, small[0]), min(cells[1] * 2**octave + 1, small[1]))
        layer = static(rng, grid).resize(small, Image.Resampling.BICUBIC)
        weights += 0.55**octave
        total = Image.blend(total, layer, 0.55**octave / weights)
    return ImageOps.autocontrast(total).resize(size, Image.Resampling.BICUBIC)


def disc(diameter: int, softness: Callable[[float], float]) -> Image.Image:
    """A round mask; `softness` gives the strength (0..1) by the distance from the centre (0..1)."""
    # radial_gradient reaches 255 in the corners: the circle that just fits ends at 180.
    radial = curve(Image.radial_gradient("L"), lambda v: softness(min(1.0, v * 255 / 180.5)))
    return radial.resize((diameter, diameter), Image.Resampling.BICUBIC)


def glow(base: Image.Image, centre: Point, radius: float, colour: Colour, strength: float = 1.0) -> None:
    """Light of a colour, brightest at the centre, screened onto the base in place."""
    diameter = max(2, round(radius * 2))
    mask = disc(diameter, lambda d: strength * (1 - d) ** 2 * (1 + 0.6 * d))
    left, top = round(centre[0] - radius), round(centre[1] - radius)
    box = (max(0, left), max(0, top), min(base.width, left + diameter), min(base.height, top + diameter))
    if box[0] >= box[2] or box[1] >= box[3]:
        return
    mask = mask.crop((box[0] - left, box[1] - top, box[2] - left, box[3] - top))
    light = Image.composite(Image.new("RGB", mask.size, colour), Image.new("RGB", mask.size), mask)
    base.paste(ImageChops.screen(base.crop(box), light), box)


def shape_mask(size: Size, points: Sequence[Point]) -> Image.Image:
    """A polygon with smooth edges: drawn at twice the size, then halved."""
    mask = Image.new("L", (size[0] * 2, size[1] * 2))
    ImageDraw.Draw(mask).polygon([(x * 2, y * 2) for x, y in points], fill=255)
    return mask.reduce(2)


def screened(base: Image.Image, colour: Colour, mask: Image.Image) -> Image.Image:
    """Light of one colour added where the mask says."""
    light = Image.composite(Image.new("RGB", base.size, colour), Image.new("RGB", base.size), mask)
    return ImageChops.screen(base, light)


def laid(base: Image.Image, colour: Colour, mask: Image.Image) -> Image.Image:
    """One colour laid over the base where the mask says."""
    return Image.composite(Image.new("RGB", base.size, colour), base, mask)


def vignette(base: Image.Image, strength: float, colour: Colour = (0, 0, 0)) -> Image.Image:
    """The corners drawn towards a colour; `strength` 0..1 is how far in the very corner."""
    edge = curve(Image.radial_gradient("L"), lambda v: strength * max(0.0, (v - 0.42) / 0.58) ** 1.6)
    return laid(base, colour, edge.resize(base.size, Image.Resampling.BICUBIC))


def grain(base: Image.Image, rng: Random, strength: float) -> Image.Image:
    """Film-like grain, even in shadows and lights; it also hides the steps of a long gradient."""
    noise = static(rng, base.size).filter(ImageFilter.GaussianBlur(0.55))
    noise = curve(noise, lambda v: 0.5 + (v - 0.5) * strength)
    return ImageChops.soft_light(base, Image.merge("RGB", (noise, noise, noise)))


def bloom(base: Image.Image, strength: float, radius_share: float = 0.02) -> Image.Image:
    """The bright parts bleed a little light into their surroundings."""
    small = base.reduce(4)
    lights = small.point([round(max(0, v - 120) * 255 / 135 * strength) for v in range(256)] * 3)
    soft = lights.filter(ImageFilter.GaussianBlur(max(small.size) * radius_share))
    return ImageChops.screen(base, soft.resize(base.size, Image.Resampling.BICUBIC))
