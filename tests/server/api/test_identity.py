"""From where a write may come: browsers send the cookie from any page, and tell only the origin."""

from __future__ import annotations

import pytest

from server.core.errors import ErrorCode
from server.usecases import sign_in

from .conftest import OpenStudio
from .studio import HOST, Studio, refused

FOREIGN = [
    "https://evil.example",
    "http://evil.example",
    "http://atelier.test.evil.example",
    "http://atelier.test:8000",
    "http://evil.example/atelier.test",
    "http://atelier.test@evil.example",
    "null",
    "",
    "atelier.test",
    "http://[",
    "http://[::1",
    "file://",
]


@pytest.mark.parametrize("origin", FOREIGN)
async def test_a_write_with_a_cookie_from_a_foreign_page_is_refused(studio: Studio, origin: str) -> None:
    image = await studio.completed_upload(studio.ada)
    rows = await studio.count("image"), await studio.count("project")
    headers = {"Origin": origin}
    for method, path, body in (
        ("POST", "/api/projects", {"name": "x"}),
        ("PATCH", f"/api/images/{image}", {"favorite": True}),
        ("DELETE", f"/api/images/{image}", None),
        ("POST", f"/api/projects/{studio.ada.project}/generations", {"prompt": "a kitten"}),
        ("DELETE", "/api/sessions/current", None),
    ):
        answer = await studio.ada.http.request(method, path, json=body, headers=headers)
        refused(answer, ErrorCode.FORBIDDEN_ORIGIN)
    upload = await studio.ada.upload(("kitten.jpg", b"\xff\xd8\xff"), headers=headers)
    refused(upload, ErrorCode.FORBIDDEN_ORIGIN)
    assert (await studio.count("image"), await studio.count("project")) == rows
    assert (await studio.ada.read(image))["favorite"] is False


@pytest.mark.parametrize("origin", [HOST, "HTTPS://Atelier.TEST", None])
async def test_our_own_page_and_what_is_no_browser_may_write(studio: Studio, origin: str | None) -> None:
    headers = {"Origin": origin} if origin else {}
    answer = await studio.ada.http.post("/api/projects", json={"name": "x"}, headers=headers)
    assert answer.status_code == 201


async def test_a_key_needs_no_origin(studio: Studio) -> None:
    for origin in ({}, {"Origin": "https://evil.example"}):
        answer = await studio.stranger.post(
            "/api/projects", json={"name": "x"}, headers={**studio.ada.bearer, **origin}
        )
        assert answer.status_code == 201


async def test_a_made_up_key_does_not_lend_the_cookie_to_a_foreign_page(studio: Studio) -> None:
    headers = {"Origin": "https://evil.example", "Authorization": "Bearer atl_made-up"}
    answer = await studio.ada.http.post("/api/projects", json={"name": "x"}, headers=headers)
    refused(answer, ErrorCode.NOT_SIGNED_IN)


async def test_nobody_is_signed_in_by_a_foreign_page(studio: Studio) -> None:
    token = await sign_in.make_link(studio.parts.database, studio.ada.email)
    asked = {"json": {"token": token}, "headers": {"Origin": "https://evil.example"}}
    refused(await studio.stranger.post("/api/sessions", **asked), ErrorCode.FORBIDDEN_ORIGIN)
    assert not studio.stranger.cookies


async def test_reads_may_come_from_anywhere(studio: Studio) -> None:
    """The browser keeps their answers from the foreign page by itself: nothing allows it to look."""
    answer = await studio.ada.http.get("/api/projects", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_the_published_address_is_ours(another_studio: OpenStudio) -> None:
    async with another_studio(public_url="https://studio.example.org/") as studio:
        for origin, status in (("https://studio.example.org", 201), ("http://studio.example.org", 403), (HOST, 201)):
            answer = await studio.ada.http.post("/api/projects", json={"name": "x"}, headers={"Origin": origin})
            assert answer.status_code == status
