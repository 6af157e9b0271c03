"""Stored pictures over HTTP: to those who may see them, as pictures and never as anything else."""

from __future__ import annotations

import hashlib
from urllib.parse import unquote
from uuid import UUID

import httpx
import pytest

from server.core.errors import ErrorCode
from server.core.signing import sign_input

from .studio import BOUND, Studio, on_a_port, random_id, refused


@pytest.fixture(scope="module")
async def image(studio: Studio) -> str:
    """A completed picture of Ada's."""
    return await studio.completed_upload(studio.ada, name="Été à Paris, l'île; 🐱.jpeg")


@pytest.mark.parametrize("rendition", ["original", "preview", "thumb"])
async def test_a_rendition_is_the_stored_bytes_guarded(studio: Studio, image: str, rendition: str) -> None:
    answer = await studio.ada.http.get(f"/api/images/{image}/file/{rendition}")
    told = (await studio.ada.read(image))["renditions"][rendition]
    assert answer.status_code == 200
    assert hashlib.sha256(answer.content).hexdigest() == told["sha256"]
    assert len(answer.content) == told["size"] == int(answer.headers["content-length"])
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["etag"] == f'"{told["sha256"]}"'
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert "content-disposition" not in answer.headers


async def test_what_the_browser_has_is_not_sent_again(studio: Studio, image: str) -> None:
    path = f"/api/images/{image}/file/thumb"
    etag = (await studio.ada.http.get(path)).headers["etag"]
    for known in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        answer = await studio.ada.http.get(path, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content) == (304, b""), known
        assert answer.headers["etag"] == etag
    for other in ('"other"', etag.strip('"')[:-1], ""):
        assert (await studio.ada.http.get(path, headers={"If-None-Match": other})).status_code == 200


async def test_a_head_tells_the_size_and_sends_nothing(studio: Studio, image: str) -> None:
    size = (await studio.ada.read(image))["renditions"]["original"]["size"]
    async with on_a_port(studio.app) as port, httpx.AsyncClient(timeout=BOUND, trust_env=False) as http:
        address = f"http://127.0.0.1:{port}/api/images/{image}/file/original"
        answer = await http.head(address, headers=studio.ada.bearer)
        assert (answer.status_code, answer.content) == (200, b"")
        assert int(answer.headers["content-length"]) == size
        # The connection is still good for another request.
        assert len((await http.get(address, headers=studio.ada.bearer)).content) == size


async def test_a_download_is_named_after_the_picture(studio: Studio, image: str) -> None:
    answer = await studio.ada.http.get(f"/api/images/{image}/file/original?download")
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith("attachment; filename=\"atelier.jpg\"; filename*=UTF-8''")
    assert unquote(disposition.rpartition("''")[2]) == "Été à Paris- l-île- -.jpg"
    assert disposition.isascii()


async def test_a_generated_picture_is_named_after_its_prompt(studio: Studio, image: str) -> None:
    await studio.run(
        "UPDATE image SET name = '', prompt = :prompt WHERE id = :id",
        prompt="Un chat\r\nSet-Cookie: x=1; un deux trois quatre cinq six sept",
        id=UUID(await studio.completed_upload(studio.ada)),
    )
    found = next(one for one in await studio.ada.pictures() if one["prompt"])
    answer = await studio.ada.http.get(f"/api/images/{found['id']}/file/original?download=1")
    name = unquote(answer.headers["content-disposition"].rpartition("''")[2])
    assert name == "Un chat Set-Cookie- x-1- un deux trois quatre.jpg"
    assert "set-cookie" not in answer.headers


async def test_an_unknown_rendition_or_one_not_there_yet_is_nothing(studio: Studio, image: str) -> None:
    for rendition in ("huge", "original.jpg", "..%2foriginal", "%00", "sha256"):
        refused(await studio.ada.http.get(f"/api/images/{image}/file/{rendition}"), ErrorCode.NOT_FOUND)
    pending = await studio.ada.pending_upload()
    refused(await studio.ada.http.get(f"/api/images/{pending}/file/original"), ErrorCode.NOT_FOUND)


async def test_a_picture_in_the_trash_can_still_be_looked_at(studio: Studio) -> None:
    image = await studio.completed_upload(studio.ada)
    await studio.ada.http.delete(f"/api/images/{image}")
    assert (await studio.ada.http.get(f"/api/images/{image}/file/thumb")).status_code == 200


async def test_a_file_that_is_gone_is_told_so(studio: Studio) -> None:
    image = await studio.completed_upload(studio.ada)
    for key in await studio.parts.blobs.keys(f"{studio.ada.workspace}/{image}"):
        await studio.parts.blobs.delete(key)
    refused(await studio.ada.http.get(f"/api/images/{image}/file/thumb"), ErrorCode.NOT_FOUND)
    refused(await studio.stranger.get(studio.signed_input(image)), ErrorCode.NOT_FOUND)


async def test_a_signed_address_needs_no_session(studio: Studio, image: str) -> None:
    answer = await studio.stranger.get(studio.signed_input(image))
    assert answer.status_code == 200
    assert answer.content == (await studio.ada.http.get(f"/api/images/{image}/file/original")).content
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert "no-store" in answer.headers["cache-control"]


async def test_an_altered_or_expired_address_is_refused(studio: Studio, image: str) -> None:
    good = studio.signed_input(image, 60)
    claim, expiry, signature, _ = good.removeprefix("/api/inputs/").split(".")
    other = UUID(await studio.completed_upload(studio.bob)).hex
    altered = [
        f"{other}.{expiry}.{signature}.jpg",
        f"{claim}.{int(expiry) + 3600}.{signature}.jpg",
        f"{claim}.{expiry}.{signature[:-1]}{'0' if signature[-1] != '0' else '1'}.jpg",
        f"{claim}.{expiry}..jpg",
        f"{claim}.{expiry}.{signature}.png",
        f"{claim}.{expiry}.{signature}.exe",
        f"{claim}.{expiry}.{signature}",
        f"{claim}.{expiry}.{signature}.jpg.jpg",
        "é.é.é.jpg",
        "x",
        "%00",
    ]
    for token in altered:
        refused(await studio.stranger.get(f"/api/inputs/{token}"), ErrorCode.LINK_ALTERED)
    refused(await studio.stranger.get(studio.signed_input(image, -2)), ErrorCode.LINK_ALTERED)
    # Another server's secret, and a session, are no help.
    expires_at = studio.parts.clock.now().replace(year=2099)
    foreign = sign_input(b"another secret", UUID(image), expires_at, "image/jpeg")
    refused(await studio.ada.http.get(f"/api/inputs/{foreign}"), ErrorCode.LINK_ALTERED)


async def test_a_signed_address_of_nothing_is_nothing(studio: Studio) -> None:
    refused(await studio.stranger.get(studio.signed_input(random_id())), ErrorCode.NOT_FOUND)
    refused(await studio.stranger.get(studio.signed_input(await studio.ada.pending_upload())), ErrorCode.NOT_FOUND)
