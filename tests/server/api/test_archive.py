"""Many pictures in one zip, behind a link that is good for ten minutes."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from server.core.errors import ErrorCode
from server.core.signing import read_archive, read_input, sign_archive

from .studio import BOUND, Person, Studio, on_a_port, random_id, refused


async def archive(person: Person, *ids: str) -> dict[str, Any]:
    answer = await person.http.post("/api/images/archive", json={"ids": ids})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def opened(answer: httpx.Response) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(answer.content)) as zip:
        assert zip.testzip() is None
        return {name: zip.read(name) for name in zip.namelist()}


async def original(studio: Studio, image: str) -> bytes:
    return (await studio.ada.http.get(f"/api/images/{image}/file/original")).content


async def test_a_link_leads_to_the_originals_in_their_order(studio: Studio) -> None:
    names = ["Été à Paris.jpg", "con.jpg", "été à paris.jpeg", ".jpg"]
    ids = [await studio.completed_upload(studio.ada, (64 + n, 48), name) for n, name in enumerate(names)]
    told = await archive(studio.ada, *ids[::-1], ids[0])
    answer = await studio.stranger.get(told["url"])
    assert answer.status_code == 200
    assert (answer.headers["content-type"], told["images"]) == ("application/zip", 4)
    assert len(answer.content) == told["size"] == int(answer.headers["content-length"])
    assert answer.headers["content-disposition"] == f'attachment; filename="{told["name"]}"'
    assert told["name"].startswith("atelier-2") and told["name"].endswith(".zip")
    assert "no-store" in answer.headers["cache-control"]
    files = opened(answer)
    assert list(files) == ["atelier.jpg", "été à paris.jpg", "con-.jpg", "Été à Paris 2.jpg"]
    assert list(files.values()) == [await original(studio, id) for id in ids[::-1]]
    # A browser that broke off may ask again.
    assert (await studio.stranger.get(told["url"])).content == answer.content


async def test_it_is_sent_whole_over_a_wire(studio: Studio) -> None:
    ids = [await studio.completed_upload(studio.ada, (1200, 900)) for _ in range(3)]
    told = await archive(studio.ada, *ids)
    async with on_a_port(studio.app) as port, httpx.AsyncClient(timeout=BOUND, trust_env=False) as http:
        answer = await http.get(f"http://127.0.0.1:{port}{told['url']}")
    assert len(opened(answer)) == 3


async def test_what_is_trashed_is_in_it_and_what_has_no_file_or_is_foreign_is_not(studio: Studio) -> None:
    trashed, pending = await studio.completed_upload(studio.ada), await studio.ada.pending_upload()
    theirs = await studio.completed_upload(studio.bob)
    await studio.ada.http.delete(f"/api/images/{trashed}")
    told = await archive(studio.ada, pending, trashed, theirs, random_id())
    assert told["images"] == 1
    files = opened(await studio.stranger.get(told["url"]))
    assert list(files.values()) == [await original(studio, trashed)]
    nothing = {"ids": [pending, theirs, random_id()]}
    refused(await studio.ada.http.post("/api/images/archive", json=nothing), ErrorCode.NOT_FOUND)


async def test_what_was_purged_since_is_left_out(studio: Studio) -> None:
    ids = [await studio.completed_upload(studio.ada) for _ in range(2)]
    told = await archive(studio.ada, *ids)
    for id in ids:
        await studio.ada.http.delete(f"/api/images/{id}")
    await studio.ada.http.post("/api/trash/purge", json={"ids": ids[:1]})
    answer = await studio.stranger.get(told["url"])
    assert len(opened(answer)) == 1
    assert int(answer.headers["content-length"]) == len(answer.content) < told["size"]
    await studio.ada.http.post("/api/trash/purge", json={"ids": ids})
    refused(await studio.stranger.get(told["url"]), ErrorCode.NOT_FOUND)


async def test_an_altered_or_expired_link_is_refused(studio: Studio) -> None:
    image = await studio.completed_upload(studio.ada)
    url = (await archive(studio.ada, image))["url"]
    id, expiry, signature, _ = url.removeprefix("/api/archives/").split(".")
    altered = [
        f"{id}.{int(expiry) + 60}.{signature}.zip",
        f"{id}.{expiry}.{signature[::-1]}.zip",
        f"{id}.{expiry}.{signature}.jpg",
        # Of the other kind, and well signed.
        studio.signed_input(image).removeprefix("/api/inputs/"),
        "x",
    ]
    for token in altered:
        refused(await studio.stranger.get(f"/api/archives/{token}"), ErrorCode.LINK_ALTERED)
    refused(await studio.stranger.get(f"/api/inputs/{url.removeprefix('/api/archives/')}"), ErrorCode.LINK_ALTERED)
    await studio.run("UPDATE archive SET expires_at = now()")
    refused(await studio.stranger.get(url), ErrorCode.NOT_FOUND)


def test_links_of_different_uses_do_not_open_each_other(studio: Studio) -> None:
    now = studio.parts.clock.now()
    token = sign_archive(b"secret", uuid4(), now + timedelta(seconds=60))
    assert read_archive(b"secret", token, now) is not None
    assert read_input(b"secret", token, now) is None
    assert read_archive(b"secret", token, now + timedelta(seconds=62)) is None


@pytest.mark.parametrize("ids", [[], ["x"], [random_id()] * 501])
async def test_a_selection_that_cannot_be_is_refused(studio: Studio, ids: list[str]) -> None:
    refused(await studio.ada.http.post("/api/images/archive", json={"ids": ids}), ErrorCode.INVALID_REQUEST)
    refused(await studio.ada.http.post("/api/trash/purge", json={"ids": ids}), ErrorCode.INVALID_REQUEST)
