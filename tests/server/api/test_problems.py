"""Bodies, headers and addresses that make no sense get a sentence and a stable code, never a 500."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from server.core.errors import STATUS, ErrorCode

from .conftest import OpenStudio
from .studio import SOON, Studio, refused

JSON = {"content-type": "application/json"}


@pytest.mark.parametrize("body", [b"", b"{", b"prompt=cat", b'"\xff"', b"[" * 30_000, b'{"a":' * 10_000])
async def test_what_is_no_json_is_told_so(studio: Studio, body: bytes) -> None:
    refused(await studio.ada.http.post("/api/projects", content=body, headers=JSON), ErrorCode.NOT_JSON)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"null", ""),
        (b"[]", ""),
        (b"1e999", ""),
        (b"{}", "name"),
        (b'{"name": null}', "name"),
        (b'{"name": 7}', "name"),
        (b'{"name": "   "}', "name"),
        (b'{"name": "a\\u0000b"}', "name"),
        (b'{"name": "\\ud800"}', "name"),
        (json.dumps({"name": "x" * 121}).encode(), "name"),
        (b'{"name": "x", "owner": "me"}', "owner"),
        (b'{"name": "x", "\\ud800": 1}', None),
        (b'{"name": "x", "\\u0000": 1}', None),
    ],
)
async def test_a_body_of_another_shape_names_the_member(studio: Studio, body: bytes, field: str | None) -> None:
    problem = refused(
        await studio.ada.http.post("/api/projects", content=body, headers=JSON), ErrorCode.INVALID_REQUEST
    )
    assert field is None or problem["field"] == field


async def test_a_body_beyond_64_kib_is_too_large(studio: Studio) -> None:
    body = json.dumps({"name": "x" * 70_000}).encode()
    problem = refused(await studio.ada.http.post("/api/projects", content=body), ErrorCode.TOO_LARGE)
    assert problem["limit"] == 64 * 1024

    async def unannounced() -> AsyncIterator[bytes]:
        yield body

    refused(await studio.ada.http.post("/api/projects", content=unannounced()), ErrorCode.TOO_LARGE)


@pytest.mark.parametrize("key", ["", "k" * 201, "tab\there"])
async def test_an_idempotency_key_has_a_form(studio: Studio, key: str) -> None:
    answer = await studio.ada.http.post("/api/projects", json={"name": "x"}, headers={"Idempotency-Key": key})
    refused(answer, ErrorCode.INVALID_REQUEST)


@pytest.mark.parametrize("limit", ["0", "501", "-1", "1.5", "ten", "²", ""])
async def test_a_page_has_from_1_to_500_images(studio: Studio, limit: str) -> None:
    answer = await studio.ada.http.get(f"/api/projects/{studio.ada.project}/images", params={"limit": limit})
    assert refused(answer, ErrorCode.INVALID_REQUEST)["field"] == "limit"


async def test_a_mistake_of_ours_is_a_problem_without_details(studio: Studio, caplog: pytest.LogCaptureFixture) -> None:
    """A table that is gone is no fault of the request."""
    await studio.run("ALTER TABLE api_key RENAME TO mislaid")
    try:
        problem = refused(await studio.ada.http.get("/api/keys"), ErrorCode.INTERNAL)
    finally:
        await studio.run("ALTER TABLE mislaid RENAME TO api_key")
    assert "api_key" not in json.dumps(problem)
    assert "api_key" in caplog.text


async def test_a_database_that_is_held_is_told_soon(another_studio: OpenStudio) -> None:
    async with another_studio(database_pool=1) as studio:
        async with studio.database_held():
            answer = await studio.ada.http.get("/api/projects")
        refused(answer, ErrorCode.UNAVAILABLE)
        assert answer.headers["retry-after"] == "2"
        assert answer.elapsed.total_seconds() < SOON
        assert (await studio.ada.http.get("/api/projects")).status_code == 200


def test_every_code_has_a_status() -> None:
    assert set(STATUS) == set(ErrorCode)
