"""What a file says it is in its first bytes: format and size, without decoding anything.

Only JPEG, PNG and WebP are known; everything else is None. A header is a claim: the decoder checks it.
"""

from __future__ import annotations

from dataclasses import dataclass

MEDIA_TYPES = ("image/jpeg", "image/png", "image/webp")
HEAD_SIZE = 1 << 20
"""Bytes after which a JPEG that has not told its size is left to the decoder."""


@dataclass(frozen=True, slots=True)
class PictureHeader:
    """Media type, and size in pixels as stored (not yet turned upright), or None where the head does not tell."""

    media_type: str
    width: int | None = None
    height: int | None = None

    @property
    def pixels(self) -> int:
        """Width times height; 0 where unknown."""
        return (self.width or 0) * (self.height or 0)


def read_header(head: bytes) -> PictureHeader | None:
    """The header of a picture whose file begins with `head`, or None where it is no picture we take."""
    if head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR":
        return _read_png(head)
    if head.startswith(b"\xff\xd8\xff"):
        return _read_jpeg(head)
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return _read_webp(head)
    return None


def _read_png(head: bytes) -> PictureHeader:
    if len(head) < 24:
        return PictureHeader("image/png")
    return PictureHeader("image/png", _big(head, 16, 4), _big(head, 20, 4))


# Start-of-frame markers: C0-CF without DHT (C4), JPG (C8) and DAC (CC).
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Markers that stand alone, without a length.
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})


def _read_jpeg(head: bytes) -> PictureHeader:
    at = 2
    while at + 9 < len(head):
        if head[at] != 0xFF:
            break
        marker = head[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in _ALONE:
            at += 2
        elif marker in _FRAMES:
            return PictureHeader("image/jpeg", _big(head, at + 7, 2), _big(head, at + 5, 2))
        else:
            at += 2 + max(2, _big(head, at + 2, 2))
    return PictureHeader("image/jpeg")


def _read_webp(head: bytes) -> PictureHeader:
    kind = head[12:16]
    if kind == b"VP8X" and len(head) >= 30:
        return PictureHeader("image/webp", 1 + _little(head, 24, 3), 1 + _little(head, 27, 3))
    if kind == b"VP8L" and len(head) >= 25:
        bits = _little(head, 21, 4)
        return PictureHeader("image/webp", 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    if kind == b"VP8 " and len(head) >= 30:
        return PictureHeader("image/webp", _little(head, 26, 2) & 0x3FFF, _little(head, 28, 2) & 0x3FFF)
    return PictureHeader("image/webp")


def _big(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "big")


def _little(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "little")
