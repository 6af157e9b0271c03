"""Asking for generated pictures: what is taken, what is refused, and what the rows then say."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from server.api.schemas import Images
from server.core.catalog import MODELS
from server.core.errors import ErrorCode

from .conftest import OpenStudio
from .studio import Studio, random_id, refused


async def test_n_pictures_are_n_pending_rows_of_one_batch(studio: Studio) -> None:
    batch = str(uuid4())
    answer = await studio.ada.generate(
        prompt="  a kitten at night\n",
        count=3,
        model="nano-banana-pro",
        aspect_ratio="16:9",
        resolution="2K",
        batch=batch,
    )
    assert answer.status_code == 202
    images = Images.model_validate(answer.json()).images
    assert [image.position for image in images] == [0, 1, 2]
    assert len({image.id for image in images}) == 3
    for image in answer.json()["images"]:
        assert image["status"] == "pending"
        assert image["kind"] == "generation"
        assert image["batch"] == batch
        assert image["prompt"] == "a kitten at night"
        assert (image["model"], image["aspect_ratio"], image["resolution"]) == ("nano-banana-pro", "16:9", "2K")
        assert image["estimate"]["p50"] < image["estimate"]["p90"]
        assert await studio.ada.read(image["id"]) == image


async def test_what_is_left_out_is_chosen(studio: Studio) -> None:
    image = (await studio.ada.generate()).json()["images"][0]
    assert (image["model"], image["aspect_ratio"], image["resolution"]) == ("nano-banana-2", "1:1", "1K")
    assert image["batch"] is not None
    assert image["inputs"] == []


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"model": "dall-e"}, "model"),
        ({"model": ""}, "model"),
        ({"aspect_ratio": "7:5"}, "aspect_ratio"),
        ({"aspect_ratio": "1:8", "model": "nano-banana"}, "aspect_ratio"),
        ({"aspect_ratio": "AUTO"}, "aspect_ratio"),
        ({"resolution": "8K"}, "resolution"),
        ({"resolution": "2K", "model": "nano-banana"}, "resolution"),
        ({"inputs": [str(uuid4()) for _ in range(9)], "model": "nano-banana"}, "inputs"),
        ({"inputs": ["0189f7ea-ae2c-7809-8aeb-b819cf5e9e7f"] * 2}, "inputs"),
    ],
)
async def test_an_option_that_the_model_lacks_is_refused(studio: Studio, wish: dict[str, Any], field: str) -> None:
    images = await studio.count("image")
    problem = refused(await studio.ada.generate(**wish), ErrorCode.UNSUPPORTED_OPTION)
    assert problem["field"] == field
    assert await studio.count("image") == images


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"count": 0}, "count"),
        ({"count": 9}, "count"),
        ({"count": -1}, "count"),
        ({"count": 1.5}, "count"),
        ({"count": "many"}, "count"),
        ({"prompt": ""}, "prompt"),
        ({"prompt": " \n\t "}, "prompt"),
        ({"prompt": "x" * 5001}, "prompt"),
        ({"prompt": "a\x00b"}, "prompt"),
        ({"prompt": None}, "prompt"),
        ({"inputs": [str(uuid4()) for _ in range(15)]}, "inputs"),
        ({"inputs": ["kitten.jpg"]}, "inputs.0"),
        ({"inputs": None}, "inputs"),
        ({"batch": "today"}, "batch"),
        ({"seed": 7}, "seed"),
    ],
)
async def test_a_wish_of_another_shape_is_refused(studio: Studio, wish: dict[str, Any], field: str) -> None:
    images = await studio.count("image")
    problem = refused(await studio.ada.generate(**wish), ErrorCode.INVALID_REQUEST)
    assert problem["field"] == field
    assert await studio.count("image") == images


@pytest.mark.parametrize("model", MODELS)
async def test_everything_the_catalog_offers_is_taken(studio: Studio, model: str) -> None:
    for ratio in (*MODELS[model].ratios, "auto"):
        assert (await studio.ada.generate(model=model, aspect_ratio=ratio)).status_code == 202
    for resolution in MODELS[model].resolutions:
        assert (await studio.ada.generate(model=model, resolution=resolution, count=8)).status_code == 202
    assert (await studio.ada.generate(model=model, prompt="é" * MODELS[model].max_prompt)).status_code == 202


@pytest.mark.parametrize(
    ("size", "ratio"), [((640, 480), "4:3"), ((480, 640), "3:4"), ((100, 99), "1:1"), ((800, 100), "8:1")]
)
async def test_auto_is_the_ratio_nearest_to_the_first_input(studio: Studio, size: tuple[int, int], ratio: str) -> None:
    first = await studio.completed_upload(studio.ada, size=size)
    second = await studio.completed_upload(studio.ada, size=(10, 90))
    image = (await studio.ada.generate(inputs=[first, second])).json()["images"][0]
    assert image["aspect_ratio"] == ratio
    assert image["inputs"] == [first, second]


async def test_a_generation_may_start_from_an_upload_that_is_not_ready(studio: Studio) -> None:
    upload = await studio.ada.pending_upload()
    image = (await studio.ada.generate(inputs=[upload])).json()["images"][0]
    assert image["status"] == "pending"
    assert image["aspect_ratio"] is None


async def test_a_picture_of_somebody_else_is_no_input(studio: Studio) -> None:
    theirs = await studio.completed_upload(studio.ada)
    own = await studio.completed_upload(studio.bob)
    images = await studio.count("image")
    for inputs in ([theirs], [own, theirs], [random_id()]):
        refused(await studio.bob.generate(inputs=inputs), ErrorCode.NOT_FOUND)
    assert await studio.count("image") == images


async def test_a_picture_that_is_gone_is_no_input(studio: Studio) -> None:
    trashed = await studio.completed_upload(studio.ada)
    await studio.ada.http.delete(f"/api/images/{trashed}")
    canceled = await studio.ada.pending_upload()
    await studio.ada.http.post(f"/api/images/{canceled}/cancel")
    for input in (trashed, canceled):
        refused(await studio.ada.generate(inputs=[input]), ErrorCode.WRONG_STATE)


async def test_a_project_that_is_gone_takes_nothing(studio: Studio) -> None:
    project = (await studio.ada.http.post("/api/projects", json={"name": "Gone"})).json()["id"]
    await studio.ada.http.delete(f"/api/projects/{project}")
    answer = await studio.ada.http.post(f"/api/projects/{project}/generations", json={"prompt": "a kitten"})
    refused(answer, ErrorCode.NOT_FOUND)


async def test_inputs_the_provider_cannot_fetch_are_refused_before_anything_is_paid(another_studio: OpenStudio) -> None:
    async with another_studio(nanobanana_api_key="a-real-key") as studio:
        assert (await studio.ada.http.get("/api/me")).json()["provider"] == {
            "simulated": False,
            "inputs_reachable": False,
        }
        upload = await studio.completed_upload(studio.ada)
        refused(await studio.ada.generate(inputs=[upload]), ErrorCode.INPUTS_UNREACHABLE)
        assert (await studio.ada.generate()).status_code == 202


async def test_a_viewer_only_looks(another_studio: OpenStudio) -> None:
    async with another_studio() as studio:
        upload = await studio.completed_upload(studio.ada)
        await studio.run("UPDATE membership SET role = 'viewer'")
        assert (await studio.ada.http.get(f"/api/images/{upload}")).status_code == 200
        refused(await studio.ada.generate(), ErrorCode.READ_ONLY)
        refused(await studio.ada.upload(("kitten.jpg", b"\xff\xd8\xff\xe0")), ErrorCode.READ_ONLY)
        assert await studio.staged() == [f"incoming/{upload}"]
        for method, path, body in (
            ("POST", "/api/projects", {"name": "x"}),
            ("PATCH", f"/api/projects/{studio.ada.project}", {"name": "x"}),
            ("DELETE", f"/api/projects/{studio.ada.project}", None),
            ("PATCH", f"/api/images/{upload}", {"favorite": True}),
            ("DELETE", f"/api/images/{upload}", None),
            ("POST", f"/api/images/{upload}/restore", None),
            ("POST", f"/api/images/{upload}/cancel", None),
            ("POST", f"/api/images/{upload}/retry", None),
        ):
            refused(await studio.ada.http.request(method, path, json=body), ErrorCode.READ_ONLY)
