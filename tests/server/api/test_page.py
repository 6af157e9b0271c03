"""The dashboard's files: the page for every address of its own, hashed assets for ever, nothing else of the disk."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from server.app import create_app
from server.core.errors import ErrorCode
from server.settings import Settings

from .studio import client, refused

PAGE = "<!doctype html><title>Atelier</title>"


@pytest.fixture
def dist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A built dashboard, and a secret right beside it."""
    folder = tmp_path / "web" / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(PAGE)
    (folder / "favicon.svg").write_text("<svg/>")
    (folder / "assets" / "index-4f3a.js").write_text("console.log(1)")
    (tmp_path / "web" / "secret.txt").write_text("secret")
    monkeypatch.setattr("server.api.page.DIST", folder)
    return folder


@pytest.fixture
async def browser(dist: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody at the application's door; the page's files need none of its parts."""
    async with client(create_app(Settings(atelier_data=dist.parent))) as http:
        yield http


async def test_the_page_is_at_every_address_of_its_own_and_may_do_little(browser: httpx.AsyncClient) -> None:
    for path in ("/", "/p/x", "/p/0189f7ea/images/7", "/signed-out", "/?lang=fr"):
        answer = await browser.get(path)
        assert (answer.status_code, answer.text) == (200, PAGE), path
        assert answer.headers["content-type"].startswith("text/html")
        policy = answer.headers["content-security-policy"]
        for rule in ("default-src 'self'", "script-src 'self';", "object-src 'none'", "frame-ancestors 'none'"):
            assert rule in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-cache"
        assert answer.headers["referrer-policy"] == "same-origin"


async def test_files_named_by_their_content_are_kept_for_ever(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/assets/index-4f3a.js")
    assert (answer.status_code, answer.text) == (200, "console.log(1)")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    refused(await browser.get("/assets/index-old.js"), ErrorCode.NOT_FOUND)
    assert (await browser.get("/favicon.svg")).text == "<svg/>"


@pytest.mark.parametrize(
    "path",
    [
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/..%5csecret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/%2fetc%2fpasswd",
        "/%00",
        "/favicon.svg%00.html",
        "/assets/%00",
        "/" + "x" * 5000,
        "/assets/" + "x" * 5000,
        "/assets",
        "/assets/",
        "/%ff%fe",
    ],
)
async def test_no_address_leads_out_of_the_folder_or_into_an_error(browser: httpx.AsyncClient, path: str) -> None:
    answer = await browser.get(path)
    assert answer.status_code in (200, 307, 404), answer.text
    assert "secret" not in answer.text and "root:" not in answer.text


async def test_a_link_out_of_the_folder_is_not_followed(browser: httpx.AsyncClient, dist: Path) -> None:
    (dist / "linked.txt").symlink_to(dist.parent / "secret.txt")
    assert "secret" not in (await browser.get("/linked.txt")).text


async def test_the_page_is_only_read(browser: httpx.AsyncClient) -> None:
    for path in ("/", "/p/x", "/favicon.svg", "/assets/index-4f3a.js"):
        refused(await browser.post(path), ErrorCode.METHOD_NOT_ALLOWED)


async def test_a_page_that_is_not_built_says_how(browser: httpx.AsyncClient, dist: Path) -> None:
    (dist / "index.html").unlink()
    answer = await browser.get("/")
    assert (answer.status_code, "make build" in answer.text) == (503, True)
