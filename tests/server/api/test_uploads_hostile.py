"""Uploads by strangers who mean harm: refused early, with a sentence, and leaving nothing behind."""

from __future__ import annotations

import asyncio
import resource
import sys
import time
from collections.abc import AsyncIterator

import httpx
import pytest

from server.core.errors import STATUS, ErrorCode

from .conftest import OpenStudio
from .pictures import EPS, HTML, SVG, TEXT, picture, png_claiming
from .studio import BOUND, Studio, on_a_port, refused

MIB = 1 << 20
FORM = {"Content-Type": "multipart/form-data; boundary=b"}
FILE = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.jpg"\r\n\r\n'
END = b"\r\n--b--\r\n"


async def post(studio: Studio, body: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
    """A form written by hand."""
    path = f"/api/projects/{studio.ada.project}/uploads"
    return await studio.ada.http.post(path, content=body, headers=headers or FORM)


@pytest.fixture(autouse=True)
async def nothing_is_left(studio: Studio) -> AsyncIterator[None]:
    """Whatever the request was: no row, no bytes."""
    images, keys = await studio.count("image"), await studio.parts.blobs.keys("")
    yield
    assert await studio.count("image") == images
    assert await studio.parts.blobs.keys("") == keys


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("page.png", HTML),
        ("page.jpg", b"\xef\xbb\xbf" + HTML),
        ("moving.gif", picture("GIF")),
        ("drawing.svg", SVG),
        ("print.eps", EPS),
        ("scan.tiff", picture("TIFF")),
        ("bitmap.bmp", picture("BMP")),
        ("words.txt", TEXT),
        ("empty.jpg", b""),
        ("stub.png", b"\x89PNG\r\n\x1a\n"),
        ("sound.webp", b"RIFF\x00\x00\x00\x00WAVEfmt "),
    ],
)
async def test_what_is_no_jpeg_png_or_webp_is_refused(studio: Studio, name: str, data: bytes) -> None:
    refused(await studio.ada.upload((name, data)), ErrorCode.UNSUPPORTED_PICTURE)
    # One bad file refuses the request whole.
    refused(await studio.ada.upload(("kitten.jpg", picture()), (name, data)), ErrorCode.UNSUPPORTED_PICTURE)


@pytest.mark.parametrize(("width", "height"), [(20_000, 20_000), (13_300, 13_300), (2**31 - 1, 2**31 - 1)])
async def test_a_bomb_is_refused_by_its_header_alone(studio: Studio, width: int, height: int) -> None:
    data, peak, times = png_claiming(width, height), memory_peak(), []
    for _ in range(3):
        began = time.perf_counter()
        problem = refused(await studio.ada.upload(("bomb.png", data)), ErrorCode.TOO_MANY_PIXELS)
        times.append(time.perf_counter() - began)
    # The machine has other things to do as well, so the quickest counts.
    assert min(times) < 0.2
    assert memory_peak() - peak < 20 * MIB
    assert problem["limit"] == studio.parts.settings.upload_max_pixels


async def test_a_picture_without_pixels_is_refused(studio: Studio) -> None:
    refused(await studio.ada.upload(("nothing.png", png_claiming(0, 0))), ErrorCode.BAD_PICTURE)


async def test_a_picture_beyond_the_limit_is_refused(another_studio: OpenStudio) -> None:
    async with another_studio(upload_max_bytes=100_000) as studio:
        within = picture() + bytes(100_000 - len(picture()))
        assert (await studio.ada.upload(("just.jpg", within))).status_code == 201
        staged = await studio.staged()
        for extra in (1, 500_000, 3 * MIB):
            problem = refused(await studio.ada.upload(("large.jpg", within + bytes(extra))), ErrorCode.TOO_LARGE)
            assert problem["limit"] in (100_000, 100_000 + MIB)
        assert await studio.staged() == staged


async def test_an_announced_body_is_refused_before_it_is_read(studio: Studio) -> None:
    async with on_a_port(studio.app) as port, asyncio.timeout(BOUND):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(upload_head(studio, f"Content-Length: {60 * MIB}"))
        assert b" 413 " in await reader.readline()
        writer.close()


async def test_an_unannounced_body_is_cut_at_the_limit(another_studio: OpenStudio) -> None:
    async with another_studio(upload_max_bytes=MIB) as studio, on_a_port(studio.app) as port, asyncio.timeout(BOUND):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(upload_head(studio, "Transfer-Encoding: chunked") + chunk(FILE + picture()))
        answer = asyncio.create_task(reader.readline())
        sent = 0
        while not answer.done() and sent < 60 * MIB:
            writer.write(chunk(bytes(MIB // 4)))
            sent += MIB // 4
            await writer.drain()
        assert b" 413 " in await answer
        assert sent < 30 * MIB
        assert await studio.staged() == []
        writer.close()


async def test_a_client_that_leaves_half_way_is_no_mistake_of_ours(
    studio: Studio, caplog: pytest.LogCaptureFixture
) -> None:
    gone = asyncio.Event()

    async def watched(scope, receive, send):  # type: ignore[no-untyped-def]
        try:
            await studio.app(scope, receive, send)
        finally:
            gone.set()

    async with on_a_port(watched) as port, asyncio.timeout(BOUND):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(upload_head(studio, f"Content-Length: {5 * MIB}") + FILE + picture() + bytes(MIB))
        await writer.drain()
        writer.close()
        await gone.wait()
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_a_body_that_stalls_is_too_slow(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.api.call.BODY_TIMEOUT", 0.1)

    async def stalling() -> AsyncIterator[bytes]:
        yield FILE + picture()
        await asyncio.Event().wait()

    path = f"/api/projects/{studio.ada.project}/uploads"
    refused(await studio.ada.http.post(path, content=stalling(), headers=FORM), ErrorCode.TOO_SLOW)


async def test_ten_thousand_fields_are_refused(studio: Studio) -> None:
    fields = b"".join(b'--b\r\nContent-Disposition: form-data; name="f%d"\r\n\r\n1\r\n' % n for n in range(10_000))
    answer = await post(studio, fields + FILE + picture() + END)
    assert answer.status_code == 400
    refused(answer, ErrorCode.NOT_JSON)


async def test_more_than_twenty_files_are_refused(studio: Studio) -> None:
    refused(await studio.ada.upload(*[(f"{n}.jpg", picture()) for n in range(21)]), ErrorCode.NOT_JSON)


@pytest.mark.parametrize("size", [20_000, 5 * MIB])
async def test_huge_part_headers_are_refused(studio: Studio, size: int) -> None:
    part = b'--b\r\nX-Padding: %s\r\nContent-Disposition: form-data; name="file"; filename="x.jpg"\r\n\r\n' % (
        b"x" * size
    )
    answer = await post(studio, part + picture() + END)
    assert answer.status_code == 400
    refused(answer, ErrorCode.NOT_JSON)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Content-Type": "multipart/form-data"}, FILE + END),
        ({"Content-Type": "multipart/form-data; boundary="}, FILE + END),
        ({"Content-Type": "multipart/form-data; boundary=" + "b" * 5000}, FILE + END),
        (
            {"Content-Type": "multipart/form-data; boundary=b; charset=idna"},
            FILE.replace(b"x.jpg", b"xn--999999999") + END,
        ),
        (
            {"Content-Type": "multipart/form-data; boundary=b; charset=punycode"},
            FILE.replace(b"x.jpg", b"999999999") + END,
        ),
        ({"Content-Type": "multipart/form-data; boundary=b; charset=rot13"}, FILE + END),
        ({"Content-Type": "multipart/mixed; boundary=b"}, FILE + END),
        ({"Content-Type": "application/json"}, b"{}"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"file=x"),
        (FORM, b""),
        (FORM, b"not a form at all"),
        (FORM, FILE),
        (FORM, b"--b--\r\n"),
        (FORM, b"--b\r\n\r\nno headers" + END),
        (FORM, b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nno file name' + END),
        (FORM, b'--b\r\nContent-Disposition: form-data; name="other"; filename="x.jpg"\r\n\r\n' + END),
        (FORM, b'--b\r\nContent-Disposition: form-data; name="\x00\xff"; filename="\xff"\r\n\r\n' + END),
        (FORM, b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + bytes(2 * MIB) + END),
    ],
)
async def test_a_form_that_cannot_be_read_is_told_so(studio: Studio, headers: dict[str, str], body: bytes) -> None:
    answer = await post(studio, body, headers)
    assert answer.status_code in (400, 415, 422), answer.text
    assert STATUS[ErrorCode(answer.json()["code"])] == answer.status_code
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_name_in_any_charset_is_kept_plain(another_studio: OpenStudio) -> None:
    async with another_studio() as studio:
        for charset, name in (("utf-7", b"+2AA-.jpg"), ("utf-8", b"\xff\xfe.jpg"), ("utf-16", b"\xd8\x00.jpg")):
            headers = {"Content-Type": f"multipart/form-data; boundary=b; charset={charset}"}
            answer = await post(studio, FILE.replace(b"x.jpg", name) + picture() + END, headers)
            assert answer.status_code in (201, 400, 422), f"{charset}: {answer.text}"
            if answer.status_code == 201:
                assert answer.json()["images"][0]["name"].isprintable()


async def test_a_folder_name_in_a_form_is_only_a_name(another_studio: OpenStudio) -> None:
    async with another_studio() as studio:
        for name in (b"../../x", b"..%2f..%2fx", b"/etc/passwd", b"incoming/../../../x"):
            answer = await post(studio, FILE.replace(b"x.jpg", name) + picture() + END)
            assert answer.status_code == 201, answer.text
        data = studio.parts.settings.atelier_data
        files = {path.relative_to(data).parts[:2] for path in data.rglob("*") if path.is_file()}
        assert files <= {("blobs", "incoming"), ("secret_key",)}
        assert not list(data.parent.glob("x"))


def upload_head(studio: Studio, length: str) -> bytes:
    """The request line and headers of an upload with Ada's key."""
    lines = [
        f"POST /api/projects/{studio.ada.project}/uploads HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {studio.ada.key}",
        f"Content-Type: {FORM['Content-Type']}",
        length,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def memory_peak() -> int:
    """The most bytes this process, which is the web process here, has ever held."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
