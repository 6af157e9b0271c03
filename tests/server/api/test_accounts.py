"""Signing in and out, what the page is told first, and API keys."""

from __future__ import annotations

import asyncio
from datetime import datetime
from http.cookies import SimpleCookie
from typing import Any

import pytest

from server.api.identity import COOKIE
from server.core.catalog import MODELS
from server.core.errors import ErrorCode
from server.usecases import sign_in

from .conftest import OpenStudio
from .studio import Studio, client, refused


async def link(studio: Studio, email: str = "ada@example.org") -> str:
    token = await sign_in.make_link(studio.parts.database, email)
    assert token is not None
    return token


async def test_a_link_works_once(studio: Studio) -> None:
    token = await link(studio)
    async with client(studio.app) as http:
        assert (await http.post("/api/sessions", json={"token": token})).status_code == 201
        assert (await http.get("/api/me")).json()["account"]["email"] == "ada@example.org"
    async with client(studio.app) as http:
        refused(await http.post("/api/sessions", json={"token": token}), ErrorCode.LINK_EXPIRED)
        refused(await http.get("/api/me"), ErrorCode.NOT_SIGNED_IN)


async def test_of_ten_at_once_one_gets_in(studio: Studio) -> None:
    token = await link(studio)
    async with client(studio.app) as http:
        answers = await asyncio.gather(*(http.post("/api/sessions", json={"token": token}) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [201, *[401] * 9]


async def test_a_link_expires(studio: Studio) -> None:
    token = await link(studio)
    await studio.run("UPDATE sign_in_link SET expires_at = now() WHERE used_at IS NULL")
    refused(await studio.stranger.post("/api/sessions", json={"token": token}), ErrorCode.LINK_EXPIRED)


@pytest.mark.parametrize("token", ["", "short", "x" * 129, None, 7])
async def test_what_cannot_be_a_token_is_refused(studio: Studio, token: Any) -> None:
    refused(await studio.stranger.post("/api/sessions", json={"token": token}), ErrorCode.INVALID_REQUEST)


async def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(studio: Studio) -> None:
    async with client(studio.app) as http:
        answer = await http.post("/api/sessions", json={"token": await link(studio)})
    assert answer.headers["cache-control"] == "no-store"
    cookie = SimpleCookie(answer.headers["set-cookie"])[COOKIE]
    assert cookie["httponly"] and cookie["samesite"].lower() == "lax" and cookie["path"] == "/"
    assert not cookie["secure"] and not cookie["domain"]
    lasts = datetime.fromisoformat(answer.json()["expires_at"]) - studio.parts.clock.now()
    assert int(cookie["max-age"]) == pytest.approx(lasts.total_seconds(), abs=60) == 30 * 86_400
    assert len(cookie.value) >= 40


async def test_behind_https_the_cookie_is_secure(another_studio: OpenStudio) -> None:
    async with another_studio(public_url="https://studio.example.org") as studio:
        answer = await studio.stranger.post("/api/sessions", json={"token": await link(studio)})
    assert SimpleCookie(answer.headers["set-cookie"])[COOKIE]["secure"]


async def test_signing_out_ends_the_session_and_no_other(studio: Studio) -> None:
    async with client(studio.app) as here, client(studio.app) as there:
        for http in (here, there):
            await http.post("/api/sessions", json={"token": await link(studio)})
        kept = dict(here.cookies)
        assert (await here.delete("/api/sessions/current")).status_code == 204
        assert COOKIE not in here.cookies
        refused(await studio.stranger.get("/api/me", headers=cookie_header(kept[COOKIE])), ErrorCode.NOT_SIGNED_IN)
        assert (await there.get("/api/me")).status_code == 200
        refused(await here.delete("/api/sessions/current"), ErrorCode.NOT_SIGNED_IN)


async def test_an_expired_session_is_nobody(another_studio: OpenStudio) -> None:
    async with another_studio() as studio:
        await studio.run("UPDATE session SET expires_at = now()")
        refused(await studio.ada.http.get("/api/me"), ErrorCode.NOT_SIGNED_IN)


@pytest.mark.parametrize("value", ["", "x", "\"'; DROP TABLE session", "x" * 4000, "%00"])
async def test_a_made_up_cookie_is_nobody(studio: Studio, value: str) -> None:
    refused(await studio.stranger.get("/api/me", headers=cookie_header(value)), ErrorCode.NOT_SIGNED_IN)


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Basic YWRhOng=", "Bearer atl_x", "Bearer \xff", "atl_x"])
async def test_a_made_up_key_is_nobody(studio: Studio, header: str) -> None:
    answer = await studio.stranger.get("/api/me", headers={"Authorization": header.encode("latin-1")})
    refused(answer, ErrorCode.NOT_SIGNED_IN)


async def test_the_page_learns_what_is_on_offer(studio: Studio) -> None:
    me = (await studio.ada.http.get("/api/me")).json()
    settings = studio.parts.settings
    workspace = {"id": str(studio.ada.workspace), "name": "ada", "role": "owner", "daily_cap_usd": None}
    assert me["workspace"] == workspace
    assert me["provider"] == {"simulated": True, "inputs_reachable": True}
    assert [model["id"] for model in me["models"]] == list(MODELS)
    assert me["default_model"] in MODELS
    assert me["limits"] == {
        "max_count": 8,
        "upload_max_bytes": settings.upload_max_bytes,
        "upload_max_pixels": settings.upload_max_pixels,
        "upload_media_types": ["image/jpeg", "image/png", "image/webp"],
        "trash_days": 30,
    }
    behind = studio.parts.clock.now() - datetime.fromisoformat(me["now"])
    assert 0 <= behind.total_seconds() < 5


async def test_a_key_is_shown_once_used_and_revoked(studio: Studio) -> None:
    answer = await studio.ada.http.post("/api/keys", json={"name": " laptop "})
    made = answer.json()
    assert made["name"] == "laptop"
    assert made["secret"].startswith("atl_") and len(made["secret"]) > 40
    bearer = {"Authorization": f"Bearer {made['secret']}"}
    assert (await studio.stranger.get("/api/me", headers=bearer)).status_code == 200
    assert (await studio.stranger.get("/api/me", headers={"Authorization": f"bearer {made['secret']}"})).is_success

    listed = (await studio.ada.http.get("/api/keys")).json()
    (mine,) = (key for key in listed["items"] if key["id"] == made["id"])
    assert mine["last_used_at"] is not None
    assert made["secret"] not in str(listed)
    assert not [key for key in (await studio.bob.http.get("/api/keys")).json()["items"] if key["id"] == made["id"]]

    assert (await studio.ada.http.delete(f"/api/keys/{made['id']}")).status_code == 204
    refused(await studio.stranger.get("/api/me", headers=bearer), ErrorCode.NOT_SIGNED_IN)
    refused(await studio.ada.http.delete(f"/api/keys/{made['id']}"), ErrorCode.NOT_FOUND)


async def test_no_secret_lies_in_the_database(studio: Studio) -> None:
    token = await link(studio)
    async with client(studio.app) as http:
        await http.post("/api/sessions", json={"token": token})
        secrets = [token, http.cookies[COOKIE], studio.ada.key]
    for table in ("sign_in_link", "session", "api_key", "idempotency", "event"):
        rows = await studio.parts.database.query(lambda sql, table=table: sql.all(f"SELECT {table}::text FROM {table}"))
        assert not [secret for secret in secrets if any(secret in str(row.values()) for row in rows)]


def cookie_header(value: str) -> dict[str, str]:
    return {"Cookie": f"{COOKIE}={value}"}
