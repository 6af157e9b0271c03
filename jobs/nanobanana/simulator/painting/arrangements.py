"""Where the pictures lie: side by side, mirrored, framed, cut to a shape."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from . import canvas
from .canvas import Size

PAPER = (247, 245, 240)


def covering(picture: Image.Image, size: Size) -> Image.Image:
    """The picture cut around its middle so that it fills the size."""
    return ImageOps.fit(picture, size, Image.Resampling.LANCZOS)


def composed(pictures: Sequence[Image.Image], size: Size) -> Image.Image:
    """All pictures on one sheet: one fills it, two or three stand in a row along its longer side, more make a grid."""
    if len(pictures) == 1:
        return covering(pictures[0], size)
    gap = max(4, round(max(size) / 110))
    sheet = Image.new("RGB", size, PAPER)
    for row, (count, top, bottom) in enumerate(_rows(len(pictures), size, gap)):
        first = sum(n for n, _, _ in _rows(len(pictures), size, gap)[:row])
        for column in range(count):
            left, right = _share(column, count, size[0], gap)
            sheet.paste(covering(pictures[first + column], (right - left, bottom - top)), (left, top))
    return sheet


def _rows(count: int, size: Size, gap: int) -> list[tuple[int, int, int]]:
    """(pictures, top, bottom) of each row."""
    if count <= 3:
        rows = 1 if size[0] >= size[1] else count
    else:
        rows = max(1, min(count, round((count * size[1] / size[0]) ** 0.5)))
    each = [count // rows + (1 if row < count % rows else 0) for row in range(rows)]
    return [(n, *_share(row, rows, size[1], gap)) for row, n in enumerate(each)]


def _share(place: int, count: int, length: int, gap: int) -> tuple[int, int]:
    usable = length - gap * (count + 1)
    start = gap + place * usable // count + place * gap
    return start, gap + (place + 1) * usable // count + place * gap


def mirror(picture: Image.Image, rng: Random) -> Image.Image:
    """The left half, and itself again from the right."""
    half = picture.crop((0, 0, (picture.width + 1) // 2, picture.height))
    out = picture.copy()
    out.paste(half, (0, 0))
    out.paste(ImageOps.mirror(half), (picture.width // 2, 0))
    return out


def frame(picture: Image.Image, rng: Random) -> Image.Image:
    """On a wall, behind a wide mat, in a wooden frame that throws a shadow."""
    width, height = picture.size
    side = min(width, height)
    wall, wood, mat = round(side * 0.055), round(side * 0.035), round(side * 0.075)
    out = canvas.vertical(picture.size, [(206, 200, 190), (178, 171, 160)])
    outer = (wall, wall, width - wall, height - wall)
    out = canvas.laid(out, (20, 16, 14), _shadow(picture.size, outer, side * 0.02))
    out.paste(_wood((width - 2 * wall, height - 2 * wall), wood, rng), (wall, wall))
    inner = wall + wood
    sheet = Image.new("RGB", (width - 2 * inner, height - 2 * inner), (244, 240, 231))
    shade = ImageChops.invert(_shadow(sheet.size, (0, 0, sheet.width, sheet.height), side * 0.012, inside=True))
    sheet = ImageChops.multiply(sheet, Image.merge("RGB", (shade, shade, shade)))
    window = (sheet.width - 2 * mat, sheet.height - 2 * mat)
    ImageDraw.Draw(sheet).rectangle((mat - 2, mat - 2, mat + window[0] + 1, mat + window[1] + 1), fill=(214, 207, 194))
    sheet.paste(covering(picture, window), (mat, mat))
    out.paste(sheet, (inner, inner))
    return out


def _shadow(size: Size, box: tuple[int, int, int, int], soft: float, inside: bool = False) -> Image.Image:
    mask = Image.new("L", size, 255 if inside else 0)
    reach = round(soft)
    moved = (box[0] + reach, box[1] + reach, box[2] + (0 if inside else reach), box[3] + (0 if inside else reach))
    ImageDraw.Draw(mask).rectangle(moved, fill=0 if inside else 255)
    return canvas.scaled(mask.filter(ImageFilter.GaussianBlur(soft)), 0.45)


def _wood(size: Size, thick: int, rng: Random) -> Image.Image:
    """Four mitred boards of dark wood, each catching the light differently."""
    width, height = size
    right, low = width - thick, height - thick
    boards = (
        (((0, 0), (width, 0), (right, thick), (thick, thick)), 1.18, True),
        (((0, 0), (thick, thick), (thick, low), (0, height)), 0.98, False),
        (((width, 0), (width, height), (right, low), (right, thick)), 0.84, False),
        (((0, height), (thick, low), (right, low), (width, height)), 0.70, True),
    )
    wood = Image.new("RGB", size)
    for corners, light, lying in boards:
        long, across = (width // 60, height // 3) if lying else (width // 3, height // 60)
        fibre = canvas.static(rng, (max(2, long), max(2, across))).resize(size, Image.Resampling.BICUBIC)
        grains = canvas.tinted(canvas.scaled(fibre, light), [(34, 20, 12), (74, 46, 28), (112, 76, 48)])
        wood = Image.composite(grains, wood, canvas.shape_mask(size, corners))
    return wood
