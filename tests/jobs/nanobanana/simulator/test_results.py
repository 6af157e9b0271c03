"""The result host, well and badly behaved."""

from __future__ import annotations

import asyncio
import gzip
from io import BytesIO

import httpx
import pytest
from PIL import Image

from .provider import BOUND, Provider


async def url_of(provider: Provider, prompt: str, **body: object) -> str:
    return str((await provider.finished(prompt, **body))["result_url"])


@pytest.mark.parametrize(
    ("tag", "form", "kind"),
    [("result-png", "PNG", "image/png"), ("result-jpg", "JPEG", "image/jpeg"), ("result-webp", "WEBP", "image/webp")],
)
async def test_the_format_can_be_chosen(provider: Provider, tag: str, form: str, kind: str) -> None:
    url = await url_of(provider, f"a cat [[{tag}]]")
    answer = await provider.http.get(url)
    assert answer.headers["content-type"] == kind and url.endswith(f".{tag.removeprefix('result-')}")
    assert Image.open(BytesIO(answer.content)).format == form


async def test_the_output_format_of_the_request(provider: Provider) -> None:
    assert (await url_of(provider, "a cat", outputFormat="png")).endswith(".png")


async def test_python_urllib_is_forbidden_and_others_are_not(provider: Provider) -> None:
    url = await url_of(provider, "a cat")
    assert (await provider.http.get(url, headers={"User-Agent": "Python-urllib/3.11"})).status_code == 403
    assert (await provider.http.get(url)).status_code == 200
    assert (await provider.http.get(f"{url}x")).status_code == 404


async def test_black_is_black(provider: Provider) -> None:
    answer = await provider.http.get(await url_of(provider, "a cat [[black]]"))
    assert Image.open(BytesIO(answer.content)).convert("L").getextrema() == (0, 0)


async def test_small_is_small_and_in_shape(provider: Provider) -> None:
    answer = await provider.http.get(await url_of(provider, "a cat [[small]]", aspectRatio="16:9"))
    assert Image.open(BytesIO(answer.content)).size == (340, 192)


async def test_withheld(provider: Provider) -> None:
    assert (await provider.http.get(await url_of(provider, "a cat [[result-404]]"))).status_code == 404
    expired = await url_of(provider, "a cat [[result-403:1]]")
    assert [(await provider.http.get(expired)).status_code for _ in range(2)] == [403, 200]
    flaky = await url_of(provider, "a cat [[result-500:2]]")
    assert [(await provider.http.get(flaky)).status_code for _ in range(3)] == [500, 500, 200]


async def test_gone_after_a_time(provider: Provider) -> None:
    url = await url_of(provider, "a cat [[result-404-after:0.4]]")
    seen = [(await provider.http.get(url)).status_code]
    async with asyncio.timeout(BOUND):
        while seen[-1] == 200:
            seen.append((await provider.http.get(url)).status_code)
    assert seen[0] == 200 and seen[-1] == 404


async def test_half_a_picture_in_a_whole_answer(provider: Provider) -> None:
    answer = await provider.http.get(await url_of(provider, "a cat [[result-truncated]]"))
    assert int(answer.headers["content-length"]) == len(answer.content)
    with pytest.raises(OSError, match="truncated"):
        Image.open(BytesIO(answer.content)).load()


async def test_nothing_and_more_than_a_picture(provider: Provider) -> None:
    assert (await provider.http.get(await url_of(provider, "a cat [[result-empty]]"))).content == b""
    async with provider.http.stream("GET", await url_of(provider, "a cat [[result-packed]]")) as answer:
        raw = b"".join([chunk async for chunk in answer.aiter_raw()])
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(raw).startswith(b"\xff\xd8\xff")


async def test_an_answer_cut_halfway(provider: Provider) -> None:
    url = await url_of(provider, "a cat [[result-cut]]")
    with pytest.raises(httpx.RemoteProtocolError, match="complete message body"):
        await provider.http.get(url)


async def test_types_and_names_that_lie(provider: Provider) -> None:
    page = await provider.http.get(await url_of(provider, "a cat [[result-html]]"))
    assert page.headers["content-type"] == "image/jpeg" and page.text.startswith("<!doctype html>")
    typed = await provider.http.get(await url_of(provider, "a cat [[result-wrong-type]]"))
    assert typed.headers["content-type"].startswith("text/html") and typed.content.startswith(b"\xff\xd8\xff")
    url = await url_of(provider, "a cat [[result-wrong-extension]]")
    assert url.endswith(".png") and (await provider.http.get(url)).content.startswith(b"\xff\xd8\xff")


@pytest.mark.parametrize(("tag", "length"), [("result-endless", None), ("result-huge", str(2 * 1024**3))])
async def test_more_than_anyone_wants(provider: Provider, tag: str, length: str | None) -> None:
    url = await url_of(provider, f"a cat [[{tag}]]")
    got = 0
    async with provider.http.stream("GET", url) as answer:
        assert answer.headers.get("content-length") == length
        async for chunk in answer.aiter_bytes():
            got += len(chunk)
            if got > 3_000_000:
                break
    assert got > 3_000_000


async def test_one_byte_a_second(provider: Provider) -> None:
    url = await url_of(provider, "a cat [[result-slow]]")
    with pytest.raises(httpx.ReadTimeout):
        await provider.http.get(url, timeout=0.5)


async def test_silence(provider: Provider) -> None:
    url = await url_of(provider, "a cat [[result-silent]]")
    with pytest.raises(httpx.ReadTimeout):
        await provider.http.get(url, timeout=0.5)


async def test_some_hops_lead_to_the_picture(provider: Provider) -> None:
    url = await url_of(provider, "a cat [[result-hops:3]]")
    answer = await provider.http.get(url, follow_redirects=True)
    assert [hop.status_code for hop in answer.history] == [302, 302, 302]
    assert answer.content.startswith(b"\xff\xd8\xff")


async def test_redirects(provider: Provider) -> None:
    answer = await provider.http.get(await url_of(provider, "a cat [[result-redirect]]"))
    assert (answer.status_code, answer.headers["location"]) == (302, "http://169.254.169.254/latest/meta-data/")
    answer = await provider.http.get(await url_of(provider, "a cat [[result-redirect:http://127.0.0.1:9/x]]"))
    assert answer.headers["location"] == "http://127.0.0.1:9/x"
