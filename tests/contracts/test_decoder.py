"""The port `Decoder`, on the adapter that there is: real files, real child processes."""

from __future__ import annotations

import base64
import io
import time
from collections.abc import AsyncIterator

import pytest
from PIL import Image, ImageCms

from server.core.ports import Decoded, Decoder, Undecodable
from server.infra.decoder import ProcessDecoder
from tests.pictures import (
    GPS,
    PHP,
    camera_jpeg,
    chequered,
    corners,
    encoded,
    png_bomb,
    poisoned_jpeg,
    profile_of,
    scene,
    swapped_profile,
)

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


@pytest.fixture(scope="module")
async def decoder() -> AsyncIterator[Decoder]:
    decoder = ProcessDecoder()
    await decoder.start()
    yield decoder
    await decoder.aclose()


def opened(decoded: Decoded, name: str) -> Image.Image:
    image = Image.open(io.BytesIO(decoded.renditions[name].data))
    image.load()
    return image


def colours(image: Image.Image) -> list[tuple[int, ...]]:
    """The colours in the middle of the four quarters, above left to below right."""
    width, height = image.size
    places = [(width // 4, height // 4), (width * 3 // 4, height // 4)]
    places += [(x, height * 3 // 4) for x, _ in places]
    return [image.convert("RGBA" if image.mode == "RGBA" else "RGB").getpixel(place) for place in places]


def near(seen: list[tuple[int, ...]], expected: list[tuple[int, ...]]) -> bool:
    return all(abs(s - e) <= 12 for a, b in zip(seen, expected, strict=True) for s, e in zip(a, b, strict=True))


@pytest.mark.parametrize(("image", "clear"), [(scene(300, 90), 0), (corners().convert("RGBA"), 0)])
async def test_a_likeness_comes_with_it(decoder: Decoder, image: Image.Image, clear: int) -> None:
    """Its mean colour, as the first bits say it, is that of the picture."""
    hashed = base64.b64decode((await decoder.decode(encoded(image, "PNG"), False)).thumbhash or "", validate=True)
    assert 5 < len(hashed) <= 28
    head = int.from_bytes(hashed[:3], "little")
    light = sum(image.convert("RGB").resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))) / 3 / 255
    assert abs((head & 63) / 63 - light) < 0.03
    assert head >> 23 == clear


async def test_sizes_and_types(decoder: Decoder) -> None:
    decoded = await decoder.decode(camera_jpeg(scene(2400, 1200)), False)
    described = {name: (r.media_type, r.width, r.height) for name, r in decoded.renditions.items()}
    assert described == {
        "original": ("image/jpeg", 2400, 1200),
        "preview": ("image/jpeg", 1600, 800),
        "thumb": ("image/jpeg", 480, 240),
    }
    assert not decoded.flat
    for name, rendition in decoded.renditions.items():
        image = opened(decoded, name)
        assert image.size == (rendition.width, rendition.height)
        assert image.get_format_mimetype() == rendition.media_type


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
async def test_an_original_keeps_its_format_and_a_small_picture_its_size(decoder: Decoder, format: str) -> None:
    decoded = await decoder.decode(encoded(corners(), format), False)
    assert {(r.width, r.height) for r in decoded.renditions.values()} == {(80, 40)}
    assert decoded.renditions["original"].media_type == f"image/{format.lower()}"
    for name in decoded.renditions:
        assert near(colours(opened(decoded, name)), [RED, GREEN, BLUE, WHITE])


@pytest.mark.parametrize(
    ("orientation", "upright"),
    [
        (1, [RED, GREEN, BLUE, WHITE]),
        (2, [GREEN, RED, WHITE, BLUE]),
        (3, [WHITE, BLUE, GREEN, RED]),
        (4, [BLUE, WHITE, RED, GREEN]),
        (5, [RED, BLUE, GREEN, WHITE]),
        (6, [BLUE, RED, WHITE, GREEN]),
        (7, [WHITE, GREEN, BLUE, RED]),
        (8, [GREEN, WHITE, RED, BLUE]),
        (9, [RED, GREEN, BLUE, WHITE]),
    ],
)
async def test_a_turned_picture_is_set_upright(
    decoder: Decoder, orientation: int, upright: list[tuple[int, ...]]
) -> None:
    decoded = await decoder.decode(camera_jpeg(corners(), orientation), False)
    for name, rendition in decoded.renditions.items():
        assert (rendition.width, rendition.height) == ((40, 80) if orientation in (5, 6, 7, 8) else (80, 40))
        assert near(colours(opened(decoded, name)), upright)


async def test_nothing_but_pixels_survives(decoder: Decoder) -> None:
    poisoned = poisoned_jpeg(scene(1000, 600))
    assert poisoned.count(PHP) == 2
    assert Image.open(io.BytesIO(poisoned)).getexif().get_ifd(GPS)
    decoded = await decoder.decode(poisoned, False)
    for name, rendition in decoded.renditions.items():
        assert b"<?php" not in rendition.data
        assert b"camera" not in rendition.data
        image = opened(decoded, name)
        assert (rendition.width, rendition.height) in ((600, 1000), (288, 480))
        assert not image.getexif()
        assert not {"comment", "exif", "icc_profile", "xmp"} & set(image.info)


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
async def test_notes_in_other_formats_do_not_survive_either(decoder: Decoder, format: str) -> None:
    exif = Image.Exif()
    exif[0x010E] = PHP.decode()
    data = encoded(corners(), format, exif=exif, icc_profile=profile_of("LAB"), xmp=PHP) + PHP
    assert b"<?php" in data
    decoded = await decoder.decode(data, False)
    for name, rendition in decoded.renditions.items():
        assert b"<?php" not in rendition.data
        assert not {"exif", "icc_profile", "xmp"} & set(opened(decoded, name).info)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
async def test_a_result_keeps_its_own_bytes(decoder: Decoder, format: str) -> None:
    data = encoded(scene(1024, 700), format)
    decoded = await decoder.decode(data, True)
    original = decoded.renditions["original"]
    assert original.data == data
    assert (original.media_type, original.width, original.height) == (f"image/{format.lower()}", 1024, 700)
    assert decoded.renditions["preview"].width == 1024
    assert decoded.renditions["thumb"].width == 480


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 1000,
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\nshowpage\n",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"<html><body>named .png</body></html>",
        encoded(corners(), "GIF"),
        encoded(corners(), "TIFF"),
        encoded(corners(), "BMP"),
        encoded(corners(), "AVIF") if "AVIF" in Image.SAVE else b"\0\0\0 ftypavif",
    ],
    ids=["nothing", "zeros", "eps", "svg", "html", "gif", "tiff", "bmp", "avif"],
)
async def test_what_is_no_picture_of_ours_is_refused(decoder: Decoder, data: bytes) -> None:
    with pytest.raises(Undecodable, match="not a JPEG, PNG or WebP"):
        await decoder.decode(data, False)
    with pytest.raises(Undecodable, match="not a JPEG, PNG or WebP"):
        await decoder.decode(data, True)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("keep_original", [True, False])
async def test_half_a_picture_is_refused(decoder: Decoder, format: str, keep_original: bool) -> None:
    data = encoded(scene(600, 400), format)
    for part in (0.5, 0.9):
        with pytest.raises(Undecodable):
            await decoder.decode(data[: int(len(data) * part)], keep_original)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
async def test_scrambled_bytes_are_refused_or_decoded_but_never_fatal(decoder: Decoder, format: str) -> None:
    data = encoded(scene(300, 200), format)
    for start in range(0, len(data), len(data) // 40):
        broken = data[:start] + bytes(byte ^ 0x5A for byte in data[start : start + 40]) + data[start + 40 :]
        try:
            decoded = await decoder.decode(broken, False)
        except Undecodable as refused:
            assert str(refused)
        else:
            assert set(decoded.renditions) == {"original", "preview", "thumb"}


async def test_a_bomb_is_refused_before_it_is_decoded(decoder: Decoder) -> None:
    bomb = png_bomb(13_300, 13_300)
    assert len(bomb) < 600_000
    started = time.monotonic()
    for keep_original in (True, False):
        with pytest.raises(Undecodable, match="more than 100 million"):
            await decoder.decode(bomb, keep_original)
    assert time.monotonic() - started < 2


async def test_the_largest_picture_of_all_is_decoded(decoder: Decoder) -> None:
    decoded = await decoder.decode(png_bomb(10_000, 10_000), True)
    assert (decoded.renditions["original"].width, decoded.renditions["preview"].height) == (10_000, 1600)
    assert decoded.flat


@pytest.mark.parametrize("size", [(1, 1), (1, 4000), (65_000, 1), (3, 9000)])
async def test_odd_shapes(decoder: Decoder, size: tuple[int, int]) -> None:
    decoded = await decoder.decode(encoded(Image.new("RGB", size, "red"), "PNG"), False)
    original, thumb = decoded.renditions["original"], decoded.renditions["thumb"]
    assert (original.width, original.height) == size
    assert max(thumb.width, thumb.height) <= 480
    assert min(thumb.width, thumb.height) >= 1


async def test_cmyk_becomes_rgb(decoder: Decoder) -> None:
    decoded = await decoder.decode(encoded(corners().convert("CMYK"), "JPEG", quality=95), False)
    assert opened(decoded, "original").mode == "RGB"
    assert near(colours(opened(decoded, "original")), [RED, GREEN, BLUE, WHITE])


async def test_sixteen_bits_become_eight(decoder: Decoder) -> None:
    deep = Image.new("I;16", (80, 40))
    for x in range(80):
        for y in range(40):
            deep.putpixel((x, y), x * 65_535 // 79)
    decoded = await decoder.decode(encoded(deep, "PNG"), False)
    image = opened(decoded, "original")
    assert image.mode == "RGB"
    row = [image.getpixel((x, 20)) for x in range(80)]
    assert all(abs(value - x * 255 // 79) <= 1 for x, pixel in enumerate(row) for value in pixel)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA"])
async def test_every_mode_of_png(decoder: Decoder, mode: str) -> None:
    decoded = await decoder.decode(encoded(scene(100, 60).convert("RGBA").convert(mode), "PNG"), False)
    assert {opened(decoded, name).mode for name in decoded.renditions} == {"RGB"}
    assert not decoded.flat


async def test_what_shines_through_still_does(decoder: Decoder) -> None:
    palette = Image.new("P", (80, 40))
    palette.putpalette([255, 0, 0, 0, 0, 255])
    palette.paste(1, (40, 0, 80, 40))
    clear = Image.new("RGBA", (80, 40), (255, 0, 0, 0))
    clear.paste((0, 0, 255, 255), (40, 0, 80, 40))
    for data in (encoded(palette, "PNG", transparency=0), encoded(clear, "PNG"), encoded(clear, "WEBP", lossless=True)):
        decoded = await decoder.decode(data, False)
        assert decoded.renditions["thumb"].media_type == "image/webp"
        for name in decoded.renditions:
            seen = colours(opened(decoded, name))
            assert [pixel[3] for pixel in seen] == [0, 255, 0, 255]
            assert near([seen[1]], [(0, 0, 255, 255)])


@pytest.mark.parametrize("format", ["WEBP", "PNG"])
async def test_of_a_moving_picture_the_first_frame_is_kept(decoder: Decoder, format: str) -> None:
    frames = [Image.new("RGB", (60, 40), colour) for colour in ("red", "blue", "white")]
    data = encoded(frames[0], format, save_all=True, append_images=frames[1:], duration=100)
    decoded = await decoder.decode(data, False)
    image = opened(decoded, "original")
    assert getattr(image, "n_frames", 1) == 1
    assert near(colours(image), [RED] * 4)


async def test_two_pictures_in_one_jpeg(decoder: Decoder) -> None:
    data = encoded(corners(), "MPO", save_all=True, append_images=[corners(40, 20)])
    decoded = await decoder.decode(data, False)
    assert decoded.renditions["original"].media_type == "image/jpeg"
    assert near(colours(opened(decoded, "original")), [RED, GREEN, BLUE, WHITE])


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
async def test_colours_are_what_the_profile_means(decoder: Decoder, format: str) -> None:
    data = encoded(corners(), format, icc_profile=swapped_profile())
    decoded = await decoder.decode(data, False)
    assert near(colours(opened(decoded, "original")), [BLUE, GREEN, RED, WHITE])
    assert near(colours(opened(decoded, "thumb")), [BLUE, GREEN, RED, WHITE])


@pytest.mark.parametrize("kind", ["broken", "LAB"])
async def test_a_profile_that_does_not_fit_is_ignored(decoder: Decoder, kind: str) -> None:
    decoded = await decoder.decode(encoded(corners(), "PNG", icc_profile=profile_of(kind)), False)
    assert near(colours(opened(decoded, "original")), [RED, GREEN, BLUE, WHITE])


async def test_srgb_is_left_alone(decoder: Decoder) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    decoded = await decoder.decode(encoded(corners(), "PNG", icc_profile=profile), False)
    assert colours(opened(decoded, "original")) == [RED, GREEN, BLUE, WHITE]


@pytest.mark.parametrize(
    ("image", "flat"),
    [
        (Image.new("RGB", (900, 900)), True),
        (Image.new("L", (900, 900), 255), True),
        (Image.new("RGB", (900, 900), (1, 2, 3)), True),
        (corners(900, 900), False),
        (Image.effect_noise((900, 900), 20), False),
        (chequered(960), False),
    ],
    ids=["black", "white", "one colour", "corners", "noise", "chequered"],
)
async def test_a_picture_of_nothing_is_flagged(decoder: Decoder, image: Image.Image, flat: bool) -> None:
    for format in ("JPEG", "PNG"):
        assert (await decoder.decode(encoded(image, format), True)).flat is flat
