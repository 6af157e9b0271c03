"""Files to upload: real pictures, headers that lie, and things that are no pictures at all."""

from __future__ import annotations

import io
import zlib

from PIL import Image

HTML = b"<!doctype html><script>alert(document.cookie)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\nshowpage\n"
TEXT = b"Just some words.\n"


def picture(form: str = "JPEG", size: tuple[int, int] = (64, 48), colour: str = "teal") -> bytes:
    """A whole picture, as Pillow writes it."""
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, form)
    return buffer.getvalue()


def png_claiming(width: int, height: int) -> bytes:
    """A whole PNG file, well-formed but for its pixels: the header claims more than there are."""
    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\x00\x00\x00"
    pixels = zlib.compress(bytes(50_000_000))
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(kind + data).to_bytes(4, "big")
    return len(data).to_bytes(4, "big") + kind + data + checksum
