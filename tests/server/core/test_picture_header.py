"""What the first bytes of real files say, and what bytes of strangers do to the reader: nothing."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from server.core.picture_header import HEAD_SIZE, MEDIA_TYPES, PictureHeader, read_header

FORMATS = {
    "JPEG": ("image/jpeg", {}),
    "JPEG progressive": ("image/jpeg", {"progressive": True}),
    "PNG": ("image/png", {}),
    "WEBP": ("image/webp", {}),
    "WEBP lossless": ("image/webp", {"lossless": True}),
    "WEBP with metadata": ("image/webp", {"exif": b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x00"}),
}
SIZES = [(1, 1), (16, 9), (640, 480), (257, 1025), (3000, 2)]


def picture(name: str, size: tuple[int, int], **more: object) -> bytes:
    """A real file made by Pillow."""
    file = BytesIO()
    Image.new("RGB", size, (200, 120, 40)).save(file, name.split()[0], **FORMATS[name][1], **more)
    return file.getvalue()


def big_exif() -> Image.Exif:
    """Camera data of nearly the 64 kB that one segment can hold."""
    exif = Image.Exif()
    exif[0x010E] = "x" * 60_000
    exif[0x0112] = 6
    return exif


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("size", SIZES)
def test_a_real_file_tells_its_format_and_size(name: str, size: tuple[int, int]) -> None:
    header = read_header(picture(name, size))
    assert header == PictureHeader(FORMATS[name][0], *size)
    assert header.pixels == size[0] * size[1]
    assert header.media_type in MEDIA_TYPES


def test_camera_data_before_the_size_is_passed_over() -> None:
    """Its thumbnail has a size of its own, and a profile and a comment come before the frame too."""
    exif = big_exif()
    file = picture("JPEG", (4032, 3024), exif=exif, comment=b"\xff\xc0" * 100, icc_profile=b"\x01" * 200_000)
    assert file.index(b"Exif") < 100
    assert read_header(file[:HEAD_SIZE]) == PictureHeader("image/jpeg", 4032, 3024)
    assert read_header(file[:60_000]) == PictureHeader("image/jpeg")


def test_fill_bytes_between_segments_are_allowed() -> None:
    file = picture("JPEG", (640, 480))
    assert read_header(file[:2] + b"\xff" * 50 + file[2:]) == PictureHeader("image/jpeg", 640, 480)


@pytest.mark.parametrize("name", FORMATS)
def test_a_truncated_head_tells_the_truth_or_nothing(name: str) -> None:
    file = picture(name, (640, 480))
    told = set()
    for length in range(min(len(file), 2_000)):
        header = read_header(file[:length])
        if header is not None:
            assert header.media_type == FORMATS[name][0]
            told.add((header.width, header.height))
    assert told == {(None, None), (640, 480)}


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\xff\xd8",
        b"GIF89a" + b"\x00" * 40,
        b"%!PS-Adobe-3.0 EPSF-3.0",
        b"<svg xmlns='http://www.w3.org/2000/svg' width='10' height='10'/>",
        b"<html><body>not a picture</body></html>",
        b"BM" + b"\x00" * 60,
        b"RIFF\x24\x00\x00\x00WAVEfmt ",
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dJUNK",
        b"<?php echo 1; ?>",
    ],
)
def test_what_is_no_picture_of_ours_is_refused(head: bytes) -> None:
    assert read_header(head) is None


def test_a_small_file_that_claims_a_huge_picture_is_told_by_its_header() -> None:
    file = bytearray(picture("PNG", (1, 1)))
    file[16:24] = (20_000).to_bytes(4, "big") * 2
    header = read_header(bytes(file))
    assert header is not None
    assert header.pixels == 400_000_000


MAGIC = st.sampled_from(
    [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", b"RIFF\0\0\0\0WEBPVP8 ", b"RIFF\0\0\0\0WEBPVP8X"]
)


@given(st.binary(max_size=300) | st.tuples(MAGIC, st.binary(max_size=300)).map(b"".join))
@example(b"\xff\xd8\xff\xe0\x00\x00" * 20)
@example(b"\xff\xd8" + b"\xff" * 300)
def test_any_bytes_are_read_without_raising(head: bytes) -> None:
    header = read_header(head)
    assert header is None or header.pixels >= 0


def test_a_head_made_to_be_slow_is_read_at_once() -> None:
    """The shortest segments there are, as many as fit: each step still moves on."""
    head = b"\xff\xd8" + b"\xff\xe0\x00\x00" * (HEAD_SIZE // 4)
    assert read_header(head) == PictureHeader("image/jpeg")
