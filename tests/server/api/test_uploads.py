"""Pictures that come in: bytes in the staging area, a pending row, and nothing else."""

from __future__ import annotations

from uuid import uuid4

import pytest

from server.core.errors import ErrorCode

from .conftest import OpenStudio
from .pictures import picture
from .studio import Studio, random_id, refused


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
async def test_a_picture_is_pending_and_its_bytes_wait(studio: Studio, form: str) -> None:
    data = picture(form)
    answer = await studio.ada.upload((f"kitten.{form.lower()}", data))
    assert answer.status_code == 201
    (image,) = answer.json()["images"]
    assert (image["kind"], image["status"], image["name"]) == ("upload", "pending", f"kitten.{form.lower()}")
    assert (image["width"], image["renditions"], image["model"]) == (None, {}, None)
    assert await studio.parts.blobs.get(f"incoming/{image['id']}") == data
    assert await studio.ada.read(image["id"]) == image


async def test_several_at_once_keep_their_order_and_share_a_batch(studio: Studio) -> None:
    batch, colours = str(uuid4()), ["red", "green", "blue"]
    files = [(f"{colour}.png", picture("PNG", colour=colour)) for colour in colours]
    answer = await studio.ada.upload(*files, params={"batch": batch})
    images = answer.json()["images"]
    assert [image["name"] for image in images] == ["red.png", "green.png", "blue.png"]
    assert [image["position"] for image in images] == [0, 1, 2]
    assert {image["batch"] for image in images} == {batch}
    for image, (_, data) in zip(images, files, strict=True):
        assert await studio.parts.blobs.get(f"incoming/{image['id']}") == data


async def test_a_picture_of_many_mebibytes_comes_through_whole(studio: Studio) -> None:
    data = picture() + bytes(12 << 20)
    (image,) = (await studio.ada.upload(("large.jpg", data))).json()["images"]
    assert await studio.parts.blobs.get(f"incoming/{image['id']}") == data


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../x", "x"),
        ("/etc/passwd", "passwd"),
        ("C:\\Users\\ada\\kitten.jpg", "kitten.jpg"),
        ("..\\..\\kitten.jpg", "kitten.jpg"),
        ("..", ".."),
        ("/", ""),
        ("été à Paris 🐱.jpg", "été à Paris 🐱.jpg"),
        ("<script>alert(1)</script>.png", "script>.png"),
        ("x" * 300 + ".jpg", "x" * 200),
        ("bell\u200e.jpg", "bell.jpg"),
    ],
)
async def test_a_name_is_kept_plain_and_never_becomes_a_path(studio: Studio, name: str, kept: str) -> None:
    before = set(await studio.parts.blobs.keys(""))
    (image,) = (await studio.ada.upload((name, picture()))).json()["images"]
    assert image["name"] == kept
    assert set(await studio.parts.blobs.keys("")) - before == {f"incoming/{image['id']}"}


async def test_an_upload_needs_a_project_and_leaves_nothing_without(studio: Studio) -> None:
    staged = await studio.staged()
    refused(await studio.ada.upload(("kitten.jpg", picture()), project=random_id()), ErrorCode.NOT_FOUND)
    refused(await studio.ada.upload(("kitten.jpg", picture()), project=studio.bob.project), ErrorCode.NOT_FOUND)
    assert await studio.staged() == staged


async def test_a_batch_is_a_uuid(studio: Studio) -> None:
    answer = await studio.ada.upload(("kitten.jpg", picture()), params={"batch": "today"})
    assert refused(answer, ErrorCode.INVALID_REQUEST)["field"] == "batch"


async def test_a_full_disk_leaves_nothing_of_a_request_behind(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second file's place is taken by a folder, so the store fails half-way."""
    ids = [uuid4(), uuid4()]
    blocked = studio.parts.settings.atelier_data / "blobs" / "incoming" / str(ids[1])
    blocked.mkdir(parents=True)
    (blocked / "in-the-way").touch()
    staged, images, coming = await studio.staged(), await studio.count("image"), iter(ids)
    monkeypatch.setattr("server.api.uploads.uuid4", lambda: next(coming))
    answer = await studio.ada.upload(("a.jpg", picture()), ("b.jpg", picture()))
    refused(answer, ErrorCode.UNAVAILABLE)
    assert await studio.staged() == staged
    assert await studio.count("image") == images
    (blocked / "in-the-way").unlink()
    blocked.rmdir()


async def test_bytes_outlive_a_commit_of_which_nothing_was_heard(another_studio: OpenStudio) -> None:
    """The connection ends during COMMIT: what is sent again under its key finds the row, and the row its bytes."""
    async with another_studio() as studio:
        await studio.run(
            "CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS "
            "'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END'"
        )
        await studio.run(
            "CREATE CONSTRAINT TRIGGER cut AFTER INSERT ON image DEFERRABLE INITIALLY DEFERRED "
            "FOR EACH ROW EXECUTE FUNCTION cut()"
        )
        key = {"Idempotency-Key": "once"}
        refused(await studio.ada.upload(("kitten.jpg", picture()), headers=key), ErrorCode.UNAVAILABLE)
        assert len(await studio.staged()) == 1
        await studio.run("DROP TRIGGER cut ON image")
        (image,) = (await studio.ada.upload(("kitten.jpg", picture()), headers=key)).json()["images"]
        assert await studio.count("image") == 1
        assert f"incoming/{image['id']}" in await studio.staged()
