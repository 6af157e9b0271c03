"""Taking pictures in: pending rows, plain names, one answer for a key."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from PIL import Image

from server.core.account import Role
from server.core.errors import ErrorCode, Refusal
from server.core.image import Kind, Status
from server.core.stores import Wake
from server.usecases.answer_once import OnceKey
from server.usecases.upload_image import StagedFile, check_picture, staging_key, upload_images
from tests.pictures import encoded
from tests.server.usecases.refusals import refused
from tests.server.usecases.studio import Studio


async def test_files_become_pending_rows_that_a_worker_is_woken_for(studio: Studio) -> None:
    images = await studio.upload(3)
    assert [image.position for image in images] == [0, 1, 2]
    for image in images:
        assert (image.kind, image.status, image.name[-4:]) == (Kind.UPLOAD, Status.PENDING, ".jpg")
        assert image.wake_at == image.created_at
    assert studio.told.wakes == [Wake("image", image.id) for image in images]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("holiday.jpg", "holiday.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\fox.png", "fox.png"),
        ("a/b/", "b"),
        ("", ""),
        ("été 😀.jpg", "été 😀.jpg"),
        ("nul\x00 and\nnewline\u202e.jpg", "nul andnewline.jpg"),
        ("\ud800half.jpg", "half.jpg"),
        ("x" * 500, "x" * 200),
    ],
)
async def test_a_name_is_plain_words(studio: Studio, given: str, kept: str) -> None:
    id = uuid4()
    await upload_images(studio.database, studio.viewer, studio.project, [StagedFile(id, given)], None, studio.rules)
    assert (await studio.load(id)).name == kept


async def test_the_same_key_keeps_the_first_files(studio: Studio) -> None:
    once = OnceKey("drop", b"hash")
    answers = [
        await upload_images(
            studio.database, studio.viewer, studio.project, [StagedFile(uuid4(), "a.jpg")], None, studio.rules, once
        )
        for _ in range(2)
    ]
    assert answers[0] == answers[1]
    assert len(await studio.all_images()) == 1


async def test_strangers_and_onlookers_upload_nothing(studio: Studio, neighbour: Studio) -> None:
    files = [StagedFile(uuid4(), "a.jpg")]
    theirs = upload_images(studio.database, studio.viewer, neighbour.project, files, None, studio.rules)
    await refused(theirs, ErrorCode.NOT_FOUND)
    onlooker = replace(studio.viewer, role=Role.VIEWER)
    await refused(
        upload_images(studio.database, onlooker, studio.project, files, None, studio.rules), ErrorCode.READ_ONLY
    )
    assert await studio.all_images() == await neighbour.all_images() == []


def test_bytes_wait_under_the_images_own_key() -> None:
    assert staging_key(UUID(int=5)) == f"incoming/{UUID(int=5)}"


def test_a_picture_within_the_limits_passes() -> None:
    assert check_picture(encoded(Image.new("RGB", (640, 480)), "PNG"), max_pixels=640 * 480).pixels == 640 * 480


def test_a_picture_past_the_limit_is_refused_with_the_limit() -> None:
    with pytest.raises(Refusal) as caught:
        check_picture(encoded(Image.new("RGB", (640, 480)), "WEBP"), max_pixels=640 * 480 - 1)
    assert (caught.value.code, caught.value.extra) == (ErrorCode.TOO_MANY_PIXELS, {"limit": 640 * 480 - 1})


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(Refusal) as caught:
        check_picture(b"<html>", max_pixels=10**8)
    assert caught.value.code is ErrorCode.UNSUPPORTED_PICTURE


def test_a_picture_without_pixels_is_refused() -> None:
    empty = bytearray(encoded(Image.new("RGB", (1, 1)), "PNG"))
    empty[16:20] = bytes(4)
    with pytest.raises(Refusal) as caught:
        check_picture(bytes(empty), max_pixels=10**8)
    assert caught.value.code is ErrorCode.BAD_PICTURE
