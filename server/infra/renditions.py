"""From a stranger's bytes to a picture's files: upright, in sRGB, without a word beside the pixels.

Only a decoder's child process imports this. Every error is `Unreadable`, with a sentence for a person.
"""

from __future__ import annotations

import base64
import io
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageCms, JpegImagePlugin, UnidentifiedImageError

from server.infra.thumbhash import thumbhash

MEDIA_TYPES: Mapping[str, str] = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
PREVIEW, THUMB, HASHED = 1600, 480, 48
"""Longest sides, in pixels; the hash is as good made from few of them."""
FLAT = 3
"""A picture whose channels all stay within so many of 256 steps shows nothing."""
ORIENTATION = 0x0112
TURNS: Mapping[int, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Which pixels a colour profile of each kind can be applied to.
PROFILED: Mapping[str, tuple[str, ...]] = {"RGB": ("RGB", "RGBA"), "GRAY": ("L",), "CMYK": ("CMYK",)}

# The bound on pixels is checked here, before a single one is decoded.
Image.MAX_IMAGE_PIXELS = None
warnings.simplefilter("ignore")
_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


class Unreadable(Exception):
    """The bytes are not a picture we keep; the message says why."""


@dataclass(frozen=True, slots=True)
class Made:
    """The files `original`, `preview` and `thumb`, the thumbhash in base64, and whether the picture is flat."""

    files: list[File]
    thumbhash: str
    flat: bool


@dataclass(frozen=True, slots=True)
class File:
    """One encoded picture; sizes in pixels."""

    name: str
    media_type: str
    width: int
    height: int
    data: bytes


def make_renditions(data: bytes, keep_original: bool, max_pixels: int) -> Made:
    """All that is kept of the picture. Raises Unreadable.

    With `keep_original` the original is `data` itself, else it is encoded anew in its own format.
    """
    try:
        return _make(data, keep_original, max_pixels)
    except Unreadable:
        raise
    except UnidentifiedImageError:
        raise Unreadable("This is not a JPEG, PNG or WebP picture.") from None
    except MemoryError:
        raise Unreadable("The picture needs more memory to decode than it may have.") from None
    except Exception as error:
        # Decoders raise anything on broken bytes: OSError, SyntaxError, ValueError, struct.error …
        raise Unreadable(f"The picture is damaged: {str(error)[:200] or type(error).__name__}.") from None


def _make(data: bytes, keep_original: bool, max_pixels: int) -> Made:
    clean, format, options = _decode(data, max_pixels)
    preview = _fit(clean, PREVIEW)
    if keep_original:
        original = File("original", MEDIA_TYPES[format], *clean.size, data)
    else:
        original = _encode("original", clean, format, **options)
    small: dict[str, Any] = {"format": "JPEG", "quality": 82}
    if preview.mode == "RGBA":
        small = {"format": "WEBP", "quality": 82, "method": 1}
    thumb = _fit(preview, THUMB)
    files = [original, _encode("preview", preview, **small), _encode("thumb", thumb, **small)]
    # The small one first: it settles nearly every case at no cost.
    return Made(files, _hash(thumb), _is_flat(thumb) and _is_flat(clean))


def _hash(image: Image.Image) -> str:
    small = _fit(image, HASHED).convert("RGBA")
    return base64.b64encode(thumbhash(*small.size, small.tobytes())).decode()


def _decode(data: bytes, max_pixels: int) -> tuple[Image.Image, str, dict[str, Any]]:
    """All pixels in a new image, the format they came in, and how to encode them again in it.

    A large picture fills most of the memory there is: each step lets go of the one before.
    """
    image: Image.Image = Image.open(io.BytesIO(data), formats=list(MEDIA_TYPES))
    width, height = image.size
    if width * height > max_pixels:
        raise Unreadable(f"The picture has {width} x {height} pixels, more than {max_pixels / 1e6:g} million.")
    image.load()
    # Phones append a second picture to a JPEG, which Pillow then calls MPO.
    format = "JPEG" if image.format in ("MPO", None) else image.format
    options = _as_it_came(image, format, data)
    orientation = _orientation(image)
    image = _in_srgb(image)
    if orientation in TURNS:
        image = image.transpose(TURNS[orientation])
    fresh = Image.new(image.mode, image.size)
    fresh.paste(image)
    return fresh, format, options


def _as_it_came(image: Image.Image, format: str, data: bytes) -> dict[str, Any]:
    if format == "JPEG":
        sampling = JpegImagePlugin.get_sampling(image)
        return {"quality": 92, "subsampling": sampling if sampling in (0, 1, 2) else -1}
    if format == "PNG":
        return {"compress_level": 3}
    if data[12:16] == b"VP8L":
        return {"lossless": True, "quality": 20, "method": 0}
    return {"quality": 92, "method": 0}


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(ORIENTATION, 1))
    except Exception:
        # A picture is not lost for a broken note beside it.
        return 1


def _in_srgb(image: Image.Image) -> Image.Image:
    """RGB, or RGBA where anything shines through."""
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I"):
        # Pillow's own conversion from 16 bits cuts all brighter than 255 off.
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    elif image.mode not in ("L", "CMYK", "RGB", "RGBA") or image.has_transparency_data:
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    if profile:
        image = _profiled(image, profile)
    if image.mode == "RGBA" and image.getchannel("A").getextrema() != (255, 255):
        return image
    return image if image.mode == "RGB" else image.convert("RGB")


def _profiled(image: Image.Image, profile: bytes) -> Image.Image:
    """The colours as the picture's own profile means them; as they are where it does not fit or is broken."""
    try:
        theirs = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        kind = theirs.profile.xcolor_space.strip()
        if image.mode not in PROFILED.get(kind, ()) or "sRGB" in (theirs.profile.profile_description or ""):
            return image
        mode = "RGBA" if image.mode == "RGBA" else "RGB"
        return ImageCms.profileToProfile(image, theirs, _SRGB, outputMode=mode) or image
    except Exception:
        return image


def _fit(image: Image.Image, longest: int) -> Image.Image:
    """The image, made smaller where a side is longer than `longest` pixels."""
    scale = longest / max(image.size)
    if scale >= 1:
        return image
    width, height = (max(1, round(side * scale)) for side in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=1.0)


def _is_flat(image: Image.Image) -> bool:
    extremes: Any = image.getextrema()
    return all(high - low <= FLAT for low, high in extremes)


def _encode(name: str, image: Image.Image, format: str, **options: Any) -> File:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return File(name, MEDIA_TYPES[format], *image.size, buffer.getvalue())
