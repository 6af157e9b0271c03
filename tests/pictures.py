"""Pictures for tests, made on the spot: what a camera writes, and what a stranger might send."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from PIL import Image, ImageChops, ImageCms, ImageDraw, ImageOps

PHP = b"<?php system($_GET['c']); ?>"
ORIENTATION, GPS = 0x0112, 0x8825


def encoded(image: Image.Image, format: str, **options: Any) -> bytes:
    """The image as a file of that format."""
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def scene(width: int, height: int) -> Image.Image:
    """Something like a photograph: smooth areas, edges and noise."""
    small = Image.effect_noise((max(1, width // 8), max(1, height // 8)), 80).resize((width, height), Image.BICUBIC)
    grain = ImageChops.add(small, Image.effect_noise((width, height), 12), 2)
    return Image.merge("RGB", (grain, ImageOps.mirror(grain), ImageOps.flip(grain)))


def corners(width: int = 80, height: int = 40) -> Image.Image:
    """Red above left, green above right, blue below left, white below right."""
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width // 2 - 1, height // 2 - 1), "red")
    draw.rectangle((width // 2, 0, width - 1, height // 2 - 1), (0, 255, 0))
    draw.rectangle((0, height // 2, width // 2 - 1, height - 1), "blue")
    return image


def chequered(side: int) -> Image.Image:
    """Black and white pixel by pixel: made smaller it is a plain grey."""
    image = Image.new("L", (side, side))
    image.putdata([255 * ((x + y) % 2) for y in range(side) for x in range(side)])
    return image


def camera_jpeg(image: Image.Image, orientation: int = 1) -> bytes:
    """As a camera writes it: turned by EXIF, with the place it was taken at, and its maker's name."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[0x010F] = "A camera's maker"
    exif[GPS] = {1: "N", 2: (48.0, 51.0, 29.9), 3: "E", 4: (2.0, 17.0, 40.2)}
    return encoded(image, "JPEG", quality=90, exif=exif)


def poisoned_jpeg(image: Image.Image, orientation: int = 6) -> bytes:
    """A camera's JPEG with a program in its comment and another one behind its end."""
    jpeg = camera_jpeg(image, orientation)
    comment = b"\xff\xfe" + struct.pack(">H", len(PHP) + 2) + PHP
    return jpeg[:2] + comment + jpeg[2:] + PHP


def png_bomb(width: int, height: int) -> bytes:
    """A few kilobytes that become width x height black pixels."""
    rows = zlib.compressobj(6)
    line = bytes(1 + width * 3)
    packed = b"".join(rows.compress(line) for _ in range(height)) + rows.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")


def profile_of(kind: str) -> bytes:
    """A colour profile of another space than sRGB: `LAB` or `XYZ`, or a broken one."""
    if kind == "broken":
        return b"not a profile"
    return ImageCms.ImageCmsProfile(ImageCms.createProfile(kind)).tobytes()  # type: ignore[arg-type]


def swapped_profile() -> bytes:
    """A profile that means blue where sRGB means red: its red and blue primaries have changed places."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for index in range(struct.unpack(">I", profile[128:132])[0]):
        entry = 132 + index * 12
        tag = bytes(profile[entry : entry + 4])
        if tag in (b"rXYZ", b"bXYZ"):
            profile[entry : entry + 4] = b"bXYZ" if tag == b"rXYZ" else b"rXYZ"
    return bytes(profile).replace(b"s\0R\0G\0B", b"s\0w\0a\0p").replace(b"\0s\0R\0G\0B", b"\0s\0w\0a\0p")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
