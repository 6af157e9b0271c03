"""Pictures: the same for the same commission, changed where a change was asked for, and never dull."""

from __future__ import annotations

from io import BytesIO
from random import Random

import pytest
from PIL import Image, ImageChops, ImageStat

from jobs.nanobanana.simulator.painting.commission import Commission, Form, UnreadableInput
from jobs.nanobanana.simulator.painting.moods import MOODS, SUITS
from jobs.nanobanana.simulator.painting.painter import CHANGES, paint
from jobs.nanobanana.simulator.painting.scenes import SCENES


def opened(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data)).convert("RGB")


def saved(picture: Image.Image, form: str = "PNG", **options: object) -> bytes:
    file = BytesIO()
    picture.save(file, form, **options)
    return file.getvalue()


def difference(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of two pictures, 0..255."""
    return sum(ImageStat.Stat(ImageChops.difference(one, other.resize(one.size))).mean) / 3


def colour(picture: Image.Image) -> list[float]:
    """The mean red, green and blue."""
    return ImageStat.Stat(picture).mean


@pytest.fixture(scope="module")
def photo() -> Image.Image:
    return SCENES["lake"]((640, 480), MOODS["day"], Random(1))


def test_the_same_commission_gives_the_same_bytes(photo: Image.Image) -> None:
    for commission in (Commission("a lake", "1"), Commission("a sketch", "1", inputs=(saved(photo),))):
        assert paint(commission) == paint(commission)


def test_another_seed_gives_another_picture() -> None:
    one, other = (opened(paint(Commission("a lake", seed))) for seed in "12")
    assert difference(one, other) > 5


@pytest.mark.parametrize("name", CHANGES)
def test_every_change_is_seen_and_keeps_the_size(name: str, photo: Image.Image) -> None:
    changed = CHANGES[name](photo, Random(1))
    assert changed.size == photo.size and changed.mode == "RGB"
    assert difference(changed, photo) > 5


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("size", [(368, 2896), (2896, 368)])
def test_every_change_takes_the_longest_shapes(name: str, size: tuple[int, int]) -> None:
    assert CHANGES[name](Image.new("RGB", size, (120, 140, 160)), Random(1)).size == size


def test_changes_do_what_their_names_say(photo: Image.Image) -> None:
    grey = CHANGES["black-and-white"](photo, Random(1))
    assert max(colour(grey)) - min(colour(grey)) < 1
    assert sum(colour(CHANGES["night"](photo, Random(1)))) < 0.6 * sum(colour(photo))
    red, green, blue = colour(CHANGES["sepia"](photo, Random(1)))
    assert red > green > blue
    mirrored = CHANGES["mirror"](photo, Random(1))
    assert difference(mirrored, mirrored.transpose(Image.Transpose.FLIP_LEFT_RIGHT)) < 0.1
    assert len(CHANGES["pixels"](photo, Random(1)).getcolors(1_000_000) or ()) <= 24


def test_an_unknown_prompt_changes_the_picture_and_keeps_its_subject(photo: Image.Image) -> None:
    changed = opened(paint(Commission("make him smile", "1", inputs=(saved(photo),))))
    original = photo.resize(changed.size)
    assert difference(changed, original) > 8
    assert difference(changed, original) < 0.6 * difference(changed, original.transpose(Image.Transpose.ROTATE_180))


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("ratio", ["1:1", "8:1", "1:8"])
def test_every_scene_is_a_picture_in_every_shape(scene: str, ratio: str) -> None:
    picture = opened(paint(Commission(scene, "1", ratio=ratio)))
    assert min(ImageStat.Stat(picture.convert("L")).stddev) > 8
    assert len(picture.resize((64, 64)).getcolors(4096) or ()) > 300


def test_every_mood_belongs_to_a_scene_and_every_scene_has_moods() -> None:
    assert set(SUITS) == set(SCENES)
    assert {mood for moods in SUITS.values() for mood in moods} <= set(MOODS)


@pytest.mark.parametrize(("form", "name"), [("jpg", "JPEG"), ("png", "PNG"), ("webp", "WEBP")])
def test_forms(form: Form, name: str) -> None:
    assert Image.open(BytesIO(paint(Commission("a lake", "1", form=form)))).format == name


def test_resolutions() -> None:
    assert opened(paint(Commission("a lake", "1", ratio="4:3", resolution="2K"))).size == (2368, 1776)


def test_an_input_is_turned_upright_first() -> None:
    photo = Image.new("RGB", (300, 200), "teal")
    turned = Image.Exif()
    turned[0x0112] = 6
    picture = opened(paint(Commission("brighter", "1", inputs=(saved(photo, "JPEG", exif=turned),))))
    assert picture.height > picture.width


def test_several_inputs_are_all_seen() -> None:
    inputs = tuple(saved(Image.new("RGB", (200, 200), name)) for name in ("red", "lime", "blue"))
    picture = opened(paint(Commission("brighter", "1", ratio="16:9", inputs=inputs)))
    places = [picture.getpixel((round(picture.width * share), picture.height // 2)) for share in (1 / 6, 1 / 2, 5 / 6)]
    assert [place.index(max(place)) for place in places if isinstance(place, tuple)] == [0, 1, 2]


@pytest.mark.parametrize("count", range(1, 15))
def test_any_number_of_inputs_fits(count: int) -> None:
    inputs = (saved(Image.new("RGB", (50, 80), "teal")),) * count
    assert opened(paint(Commission("brighter", "1", inputs=inputs))).width > 500


@pytest.mark.parametrize("mode", ["RGBA", "P", "L", "LA", "1", "CMYK"])
def test_inputs_of_any_mode(mode: str) -> None:
    picture = Image.new("RGB", (60, 60), "teal").convert(mode)
    data = saved(picture, "JPEG" if mode == "CMYK" else "PNG")
    assert opened(paint(Commission("brighter", "1", inputs=(data,)))).size == (1024, 1024)


@pytest.mark.parametrize("data", [b"", b"<html>", b"\xff\xd8\xff", b"GIF89a" + bytes(30)])
def test_what_is_no_picture_is_told_by_its_place(photo: Image.Image, data: bytes) -> None:
    with pytest.raises(UnreadableInput, match="image 2"):
        paint(Commission("a cat", "1", inputs=(saved(photo), data)))


def test_a_watermark_is_stamped_only_when_asked() -> None:
    plain, stamped = (opened(paint(Commission("a lake", "1", watermark=text))) for text in ("", "mine"))
    box = ImageChops.difference(plain, stamped).point(lambda v: 255 if v > 60 else 0).getbbox()
    assert box is not None and box[0] > 800 and box[1] > 900


def test_black_is_black() -> None:
    assert opened(paint(Commission("a lake", "1", black=True))).convert("L").getextrema() == (0, 0)
