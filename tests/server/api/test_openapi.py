"""The OpenAPI document and the page that shows it."""

from __future__ import annotations

import json
from html import unescape

from openapi_spec_validator import OpenAPIV31SpecValidator

from server.api.routes import OPERATIONS
from server.core.errors import ErrorCode

from .studio import Studio


async def test_the_document_is_valid_and_whole(studio: Studio) -> None:
    document = (await studio.stranger.get("/api/openapi.json")).json()
    assert document["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(document).validate()
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert described == {(operation.method, operation.path) for operation in OPERATIONS}


async def test_every_operation_says_who_may_ask_and_how_it_refuses(studio: Studio) -> None:
    document = (await studio.stranger.get("/api/openapi.json")).json()
    for operation in OPERATIONS:
        described = document["paths"][operation.path][operation.method.lower()]
        assert described["security"] == ([] if operation.public else [{"key": []}, {"session": []}])
        assert "application/problem+json" in described["responses"]["default"]["content"]
        assert ("requestBody" in described) == (operation.body is not None or operation.multipart)
    codes = document["components"]["schemas"]["ErrorCode"]["enum"]
    assert set(codes) == {str(code) for code in ErrorCode}


async def test_the_key_is_offered_where_it_is_honoured(studio: Studio) -> None:
    document = (await studio.stranger.get("/api/openapi.json")).json()
    offered = {
        path
        for path, methods in document["paths"].items()
        for operation in methods.values()
        if any(parameter["name"] == "Idempotency-Key" for parameter in operation["parameters"])
    }
    spending = {"/api/projects/{id}/generations", "/api/images/{id}/retry", "/api/queue/retry"}
    honoured = {"/api/projects", "/api/projects/{id}/uploads"} | spending
    assert offered == honoured


async def test_nothing_in_it_tells_of_this_machine(studio: Studio) -> None:
    text = (await studio.stranger.get("/api/openapi.json")).text
    assert str(studio.parts.settings.atelier_data) not in text
    assert json.loads(text)


async def test_the_page_lists_every_operation(studio: Studio) -> None:
    answer = await studio.stranger.get("/api/docs")
    assert answer.headers["content-type"].startswith("text/html")
    page = unescape(answer.text)
    for operation in OPERATIONS:
        assert f"<code>{operation.method}</code><td><code>{operation.path}</code><td>{operation.summary}" in page
    assert "<script" not in page
