"""A photograph as a telephone makes it: twelve megapixels, on its side, with EXIF that says so."""

from __future__ import annotations

import io
import random

from PIL import Image, ImageDraw, ImageFilter

SIZE = (4032, 3024)
TURNED = 6
ORIENTATION, MAKE, GPS = 0x0112, 0x010F, 0x8825


def camera_jpeg(seed: int = 1) -> bytes:
    """A JPEG of 4032 x 3024 pixels to be shown as 3024 x 4032; noise and detail as a sensor gives them."""
    dice = random.Random(seed)
    small = Image.effect_noise((SIZE[0] // 4, SIZE[1] // 4), 40).convert("RGB")
    drawing = ImageDraw.Draw(small)
    for _ in range(60):
        x, y, size = dice.randrange(small.width), dice.randrange(small.height), dice.randrange(20, 220)
        color = tuple(dice.randrange(256) for _ in range(3))
        drawing.ellipse((x, y, x + size, y + size), fill=color)
    picture = small.filter(ImageFilter.GaussianBlur(1.5)).resize(SIZE)
    exif = picture.getexif()
    exif[ORIENTATION] = TURNED
    exif[MAKE] = "Camera"
    exif.get_ifd(GPS)[1] = "N"
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=90, exif=exif)
    return buffer.getvalue()
