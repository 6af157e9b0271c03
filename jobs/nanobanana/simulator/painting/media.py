"""What a prompt can ask of a photograph's hand: pencil, watercolour, oil, ink, pixels.

Each takes the picture and gives back another of the same size, as if it were made with another tool.
"""

from __future__ import annotations

from functools import partial
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageMath, ImageOps

from . import canvas
from .colour import Colour


def sketch(picture: Image.Image, rng: Random) -> Image.Image:
    """A pencil drawing on rough paper, hatched in the shadows."""
    grey = ImageOps.autocontrast(ImageOps.grayscale(picture), cutoff=1)
    blurred = ImageOps.invert(grey).filter(ImageFilter.GaussianBlur(max(picture.size) / 120))
    lines = canvas.curve(_dodged(grey, blurred), lambda v: v**2.6)
    lines = ImageChops.multiply(lines, _hatching(grey, rng))
    paper = canvas.static(rng, picture.size).filter(ImageFilter.GaussianBlur(0.9))
    paper = canvas.curve(paper, lambda v: 0.84 + 0.3 * v)
    drawn = canvas.tinted(ImageChops.multiply(lines, paper), [(38, 36, 42), (140, 134, 132), (250, 246, 236)])
    return canvas.vignette(drawn, 0.22, (196, 178, 150))


def _dodged(grey: Image.Image, light: Image.Image) -> Image.Image:
    """The classic dodge: the paper stays white wherever the picture is even, and only its edges remain."""
    result = ImageMath.lambda_eval(
        lambda args: args["convert"](args["min"](args["a"] * 256 / (256 - args["b"]), 255), "L"), a=grey, b=light
    )
    assert isinstance(result, Image.Image)
    return result


def _hatching(grey: Image.Image, rng: Random) -> Image.Image:
    """Slanted strokes where the picture is dark, crossed where it is darkest."""
    dark = grey.filter(ImageFilter.GaussianBlur(max(grey.size) / 200))
    page = Image.new("L", grey.size, 255)
    for angle, starts in ((38, 0.52), (-32, 0.28)):
        side = round((grey.width**2 + grey.height**2) ** 0.5)
        grid = (max(2, side // 46), max(2, side // 3))
        strokes = canvas.static(rng, grid).resize((side, side), Image.Resampling.BICUBIC)
        strokes = strokes.rotate(angle, Image.Resampling.BILINEAR)
        left, top = (side - grey.width) // 2, (side - grey.height) // 2
        strokes = strokes.crop((left, top, left + grey.width, top + grey.height))
        where = canvas.scaled(canvas.curve(dark, partial(_darker_than, starts)), 0.9)
        page = ImageChops.multiply(page, Image.composite(canvas.curve(strokes, lambda v: 0.15 + 1.1 * v), page, where))
    return page


def _darker_than(starts: float, shade: float) -> float:
    return (starts - shade) / 0.30


def watercolour(picture: Image.Image, rng: Random) -> Image.Image:
    """Washes of thinned colour that pool at their edges, on white paper with a ragged margin."""
    width, height = picture.size
    washes = picture.reduce(3).filter(ImageFilter.MedianFilter(5)).filter(ImageFilter.MedianFilter(5))
    washes = _wandering(washes, rng).filter(ImageFilter.MedianFilter(3))
    washes = ImageEnhance.Color(washes).enhance(1.45)
    edges = ImageOps.grayscale(washes).filter(ImageFilter.FIND_EDGES).filter(ImageFilter.GaussianBlur(1.2))
    pooled = canvas.laid(washes, (42, 48, 76), canvas.curve(edges, lambda v: min(0.55, v * 2.6)))
    pooled = pooled.resize(picture.size, Image.Resampling.BICUBIC)
    thin = canvas.curve(canvas.clouds(rng, picture.size, (5, 5), 6), lambda v: 0.42 * v)
    pooled = canvas.laid(pooled, (252, 250, 244), thin)
    tooth = canvas.static(rng, picture.size).filter(ImageFilter.GaussianBlur(1.1)).filter(ImageFilter.EMBOSS)
    tooth = canvas.curve(tooth, lambda v: 0.5 + (v - 0.5) * 0.8)
    pooled = ImageChops.soft_light(pooled, Image.merge("RGB", (tooth, tooth, tooth)))
    return Image.composite(pooled, Image.new("RGB", (width, height), (252, 250, 244)), _margin(picture.size, rng))


def _wandering(picture: Image.Image, rng: Random) -> Image.Image:
    """Edges moved a little this way and that, as water would."""
    across, down = 24, max(4, round(24 * picture.height / picture.width))
    reach = max(picture.size) / 130
    reaches = [rng.uniform(-reach, reach) for _ in range(2 * (across + 1) * (down + 1))]
    mesh = []
    for row in range(down):
        for column in range(across):
            box = (
                column * picture.width // across,
                row * picture.height // down,
                (column + 1) * picture.width // across,
                (row + 1) * picture.height // down,
            )
            corners = ((box[0], box[1], 0, 0), (box[0], box[3], 0, 1), (box[2], box[3], 1, 1), (box[2], box[1], 1, 0))
            quad: list[float] = []
            for x, y, right, below in corners:
                knot = 2 * ((row + below) * (across + 1) + column + right)
                quad.append(min(picture.width - 1, max(0, x + reaches[knot])))
                quad.append(min(picture.height - 1, max(0, y + reaches[knot + 1])))
            mesh.append((box, tuple(quad)))
    return picture.transform(picture.size, Image.Transform.MESH, mesh, Image.Resampling.BICUBIC)


def _margin(size: tuple[int, int], rng: Random) -> Image.Image:
    """White where the brush did not reach, near the border only."""
    border = max(size) * 0.035
    inner = Image.new("L", size)
    ImageDraw.Draw(inner).rectangle((border, border, size[0] - border, size[1] - border), fill=255)
    inner = inner.reduce(4).filter(ImageFilter.GaussianBlur(border / 5)).resize(size, Image.Resampling.BICUBIC)
    ragged = Image.blend(inner, canvas.clouds(rng, size, (11, 11), 5), 0.38)
    return canvas.curve(ragged, lambda v: (v - 0.44) * 16)


def oil(picture: Image.Image, rng: Random) -> Image.Image:
    """Thick paint: flat dabs of strong colour, and the relief of the brush."""
    dabs = ImageEnhance.Color(picture.reduce(3)).enhance(1.4).filter(ImageFilter.ModeFilter(5))
    dabs = _wandering(dabs, rng).filter(ImageFilter.MedianFilter(3)).resize(picture.size, Image.Resampling.BICUBIC)
    grid = (max(4, picture.width // 22), max(4, picture.height // 4))
    bristles = canvas.static(rng, grid).resize(picture.size, Image.Resampling.BICUBIC)
    bristles = _wandering(Image.blend(bristles, ImageOps.grayscale(dabs), 0.62), rng).filter(ImageFilter.EMBOSS)
    relief = canvas.curve(bristles, lambda v: 0.5 + (v - 0.5) * 1.6).filter(ImageFilter.GaussianBlur(0.7))
    painted = ImageChops.overlay(dabs, Image.merge("RGB", (relief, relief, relief)))
    return canvas.vignette(ImageEnhance.Contrast(painted).enhance(1.06), 0.3, (30, 18, 6))


def comic(picture: Image.Image, rng: Random) -> Image.Image:
    """Flat bright colours, ink outlines, and printer's dots in the half shadows."""
    flat = picture.reduce(2).filter(ImageFilter.GaussianBlur(1)).filter(ImageFilter.MedianFilter(5))
    flat = ImageEnhance.Color(ImageOps.autocontrast(flat, cutoff=1)).enhance(1.65)
    flat = flat.point([min(255, round(v / 51) * 51) for v in range(256)] * 3).filter(ImageFilter.MedianFilter(3))
    flat = flat.resize(picture.size, Image.Resampling.BICUBIC)
    grey = ImageOps.grayscale(picture).filter(ImageFilter.GaussianBlur(max(picture.size) / 700))
    dots = _dots(grey, max(5, round(max(picture.size) / 150)))
    flat = canvas.laid(flat, (20, 16, 50), canvas.scaled(dots, 0.42))
    edges = grey.reduce(2).filter(ImageFilter.FIND_EDGES).filter(ImageFilter.GaussianBlur(0.7))
    ink = canvas.curve(edges.resize(picture.size, Image.Resampling.BICUBIC), lambda v: (v - 0.035) * 14)
    ink = ImageChops.lighter(ink, canvas.curve(grey, lambda v: (0.13 - v) * 14))
    return canvas.laid(flat, (12, 10, 16), ink)


def _dots(grey: Image.Image, pitch: int) -> Image.Image:
    """A printer's screen: the darker the grey, the larger the dot; none in the lights."""
    tile = canvas.disc(pitch * 4, lambda d: d).reduce(4)
    row = Image.new("L", (grey.width + pitch, pitch))
    for x in range(0, row.width, pitch):
        row.paste(tile, (x, 0))
    screen = Image.new("L", grey.size)
    for line, y in enumerate(range(0, grey.height, pitch)):
        screen.paste(row, (-(pitch // 2) * (line % 2), y))
    darkness = canvas.curve(grey, lambda v: max(0.0, 0.62 - v))
    return canvas.curve(ImageChops.subtract(darkness, canvas.scaled(screen, 0.75)), lambda v: v * 8)


def pixels(picture: Image.Image, rng: Random) -> Image.Image:
    """Pixel art: some ninety blocks across, two dozen colours."""
    share = 96 / max(picture.size)
    blocks = (max(4, round(picture.width * share)), max(4, round(picture.height * share)))
    small = picture.resize(blocks, Image.Resampling.BOX)
    small = ImageEnhance.Contrast(ImageEnhance.Color(small).enhance(1.35)).enhance(1.08)
    few = small.quantize(24, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).convert("RGB")
    return few.resize(picture.size, Image.Resampling.NEAREST)


def pop(picture: Image.Image, rng: Random) -> Image.Image:
    """Four prints of the same picture in loud inks."""
    half = (picture.width - picture.width // 2, picture.height - picture.height // 2)
    grey = ImageOps.autocontrast(ImageOps.grayscale(picture.resize(half, Image.Resampling.LANCZOS)), cutoff=1)
    grey = grey.filter(ImageFilter.MedianFilter(5))
    inks: list[list[Colour]] = [
        [(30, 20, 80), (230, 40, 120), (255, 210, 60)],
        [(90, 10, 60), (255, 110, 40), (120, 230, 220)],
        [(10, 60, 80), (60, 170, 90), (255, 240, 120)],
        [(40, 10, 70), (40, 120, 230), (255, 160, 200)],
    ]
    rng.shuffle(inks)
    sheet = Image.new("RGB", picture.size)
    for i, colours in enumerate(inks):
        flat = canvas.curve(grey, lambda v: round(v * 4) / 4)
        sheet.paste(canvas.tinted(flat, colours), ((i % 2) * (picture.width // 2), (i // 2) * (picture.height // 2)))
    return sheet


def blur(picture: Image.Image, rng: Random) -> Image.Image:
    """Out of focus everywhere, as through a wide lens, with bright spots spread to discs."""
    small = picture.reduce(4)
    soft = small.filter(ImageFilter.MaxFilter(5)).filter(ImageFilter.BoxBlur(max(small.size) / 60))
    soft = soft.filter(ImageFilter.GaussianBlur(max(small.size) / 110)).resize(picture.size, Image.Resampling.BICUBIC)
    return canvas.vignette(ImageEnhance.Color(soft).enhance(1.15), 0.3)
