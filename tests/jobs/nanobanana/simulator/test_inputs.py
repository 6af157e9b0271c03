"""Inputs, fetched from a server of the test's."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image
from starlette.responses import RedirectResponse, Response, StreamingResponse

from .provider import Neighbour, Provider


def file(form: str, size: tuple[int, int] = (300, 200), colour: str = "teal") -> bytes:
    data = BytesIO()
    Image.new("RGB", size, colour).save(data, form)
    return data.getvalue()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
async def test_the_result_is_made_from_the_input(provider: Provider, beside: Neighbour, form: str) -> None:
    beside.files["/in"] = Response(file(form, (300, 200)))
    task = await provider.finished("make it brighter", imageUrls=[f"{beside.url}/in"])
    picture = Image.open(BytesIO((await provider.http.get(task["result_url"])).content)).convert("RGB")
    assert picture.width / picture.height == pytest.approx(1.5, abs=0.05)
    red, green, blue = picture.resize((1, 1)).getpixel((0, 0))  # type: ignore[misc]
    assert green > red and blue > red
    assert (await provider.charges())[0]["image_urls"] == [f"{beside.url}/in"]


async def test_what_cannot_be_fetched_is_code_451_and_free(provider: Provider, beside: Neighbour) -> None:
    beside.files["/loop"] = RedirectResponse("/loop")
    beside.files["/huge"] = StreamingResponse(bytes(1024 * 1024) for _ in range(11))
    for url in (f"{beside.url}/missing", "http://127.0.0.1:1/x", f"{beside.url}/loop", f"{beside.url}/huge"):
        answer = (await provider.post("generate-2", prompt="a cat", imageUrls=[url])).json()
        assert (answer["code"], answer["data"]) == (451, None), url
    assert await provider.charges() == []


async def test_what_is_no_picture_is_code_422_and_free(provider: Provider, beside: Neighbour) -> None:
    beside.files["/page"] = Response("<html>")
    answer = (await provider.post("generate-2", prompt="a cat", imageUrls=[f"{beside.url}/page"])).json()
    assert answer["code"] == 422
    assert await provider.charges() == []


async def test_half_a_picture_fails_the_task(provider: Provider, beside: Neighbour) -> None:
    whole = file("PNG")
    beside.files["/half"] = Response(whole[: len(whole) // 2])
    task = await provider.finished("a cat", imageUrls=[f"{beside.url}/half"])
    assert (task["flag"], task["error_code"]) == (3, 400)
