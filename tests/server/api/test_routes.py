"""Every operation of the table of contents: it answers as documented, to those who may ask, about what is theirs."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator, FormatChecker

from server.api.openapi import openapi
from server.api.operation import Operation
from server.api.routes import OPERATIONS
from server.core.errors import ErrorCode

from .pictures import picture
from .samples import SAMPLES, new_device, new_key, new_project, subscription
from .studio import Studio, random_id, refused

DOCUMENT = openapi(OPERATIONS)
PRIVATE = [operation for operation in OPERATIONS if not operation.public]
OF_ONE_THING = [operation for operation in OPERATIONS if "{id}" in operation.path]
PATHS = sorted({operation.path for operation in OPERATIONS})

each_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda o: f"{o.method} {o.path}")
each_private_operation = pytest.mark.parametrize("operation", PRIVATE, ids=lambda o: f"{o.method} {o.path}")
each_operation_with_an_id = pytest.mark.parametrize("operation", OF_ONE_THING, ids=lambda o: f"{o.method} {o.path}")


async def send(http: httpx.AsyncClient, operation: Operation, id: str, **asked: Any) -> httpx.Response:
    """A request that would be carried out if `id` were the sender's."""
    path = operation.path.format(id=id, rendition="thumb", token="token", nonce="nonce")
    bodies: dict[str, Any] = {
        "NewProject": {"name": "Kittens"},
        "ProjectEdit": {"name": "Cats"},
        "ImageEdit": {"favorite": True},
        "NewKey": {"name": "script"},
        "WorkspaceEdit": {"daily_cap_usd": 5},
        "QueueOrder": {"ids": [id]},
        "Selection": {"ids": [id]},
        "ImageChanges": {"ids": [id], "action": "favor"},
        "ReadMarkEdit": {"seen_at": "2031-01-01T00:00:00Z"},
        "Shown": {"images": [id], "device": None},
        "UntoldAsked": {"outcomes": [f"{id}:1"], "device": None, "language": "en"},
        "NoticeChoices": {"on": ["failed"], "muted_projects": []},
        "NewDevice": subscription(),
        "DeviceEdit": {"off": ["ready"]},
        "QueueScope": {},
        "QueueRetry": {},
        "GenerationRequest": {"prompt": "a kitten"},
    }
    if operation.body is not None:
        asked["json"] = bodies[operation.body.__name__]
    elif operation.multipart:
        asked["files"] = {"file": ("kitten.jpg", picture())}
    return await http.request(operation.method, path, **asked)


def test_every_operation_has_a_sample() -> None:
    assert set(SAMPLES) == {(operation.method, operation.path) for operation in OPERATIONS}


@each_operation
async def test_an_operation_answers_as_documented(studio: Studio, operation: Operation) -> None:
    answer = await SAMPLES[operation.method, operation.path](studio)
    assert answer.status_code == operation.status, answer.text
    described = DOCUMENT["paths"][operation.path][operation.method.lower()]["responses"][str(answer.status_code)]
    media_type = answer.headers.get("content-type", "").split(";")[0]
    if operation.answer is not None:
        schema = {**described["content"][media_type]["schema"], "components": DOCUMENT["components"]}
        Draft202012Validator(schema, format_checker=FormatChecker()).validate(answer.json())
        assert operation.answer.model_validate(answer.json()).model_dump(mode="json").keys() == answer.json().keys()
    elif operation.produces is not None:
        assert list(described["content"]) == [operation.produces]
        assert media_type.split("/")[0] == operation.produces.split("/")[0]
        assert answer.content


@each_private_operation
async def test_a_stranger_is_asked_to_sign_in(studio: Studio, operation: Operation) -> None:
    refused(await send(studio.stranger, operation, random_id()), ErrorCode.NOT_SIGNED_IN)
    wrong = {"Authorization": "Bearer atl_made-up"}
    refused(await send(studio.stranger, operation, random_id(), headers=wrong), ErrorCode.NOT_SIGNED_IN)


@each_operation_with_an_id
async def test_what_is_no_id_names_nothing(studio: Studio, operation: Operation) -> None:
    for id in ("1", "not-a-uuid", "%00", "..%2f..%2fetc", "é" * 40, f"{random_id()}0"):
        answer = await send(studio.ada.http, operation, id)
        assert answer.status_code == 404, f"{id}: {answer.text}"
        refused(answer, ErrorCode.NOT_FOUND)
    refused(await send(studio.ada.http, operation, random_id()), ErrorCode.NOT_FOUND)


@each_operation_with_an_id
async def test_what_is_somebody_elses_does_not_exist(studio: Studio, operation: Operation) -> None:
    ada, bob = studio.ada, studio.bob
    if "/keys/" in operation.path:
        theirs = await new_key(ada)
    elif "/devices/" in operation.path:
        theirs = await new_device(ada)
    elif "/projects/" in operation.path:
        theirs = await new_project(studio)
    elif "/retry" in operation.path:
        theirs = await ada.pending_generation()
        await ada.http.post(f"/api/images/{theirs}/cancel")
    elif operation.path.endswith(("/cancel", "/refresh")):
        theirs, _ = await studio.submitted_generation(ada)
    else:
        theirs = await studio.completed_upload(ada)
    before = await everything(studio)
    refused(await send(bob.http, operation, theirs), ErrorCode.NOT_FOUND)
    refused(await send(studio.stranger, operation, theirs, headers=bob.bearer), ErrorCode.NOT_FOUND)
    assert await everything(studio) == before
    assert await studio.staged() == before["staged"]


async def everything(studio: Studio) -> dict[str, Any]:
    """All that a foreign request might have changed."""
    seen: dict[str, Any] = {"staged": await studio.staged()}
    for table in ("image", "project", "event", "push", "push_subscription"):
        seen[table] = await studio.parts.database.query(
            lambda sql, table=table: sql.all(
                f"SELECT md5(string_agg({table}::text, ',' ORDER BY {table})) FROM {table}"
            )
        )
    seen["keys"] = await studio.parts.database.query(lambda sql: sql.all("SELECT id FROM api_key ORDER BY id"))
    return {name: [dict(row) for row in rows] if rows and name != "staged" else rows for name, rows in seen.items()}


@pytest.mark.parametrize("path", PATHS)
async def test_a_wrong_method_is_told_the_right_ones(studio: Studio, path: str) -> None:
    right = {operation.method for operation in OPERATIONS if operation.path == path}
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} - right:
        address = path.format(id=random_id(), rendition="thumb", token="token", nonce="nonce")
        answer = await studio.ada.http.request(method, address)
        refused(answer, ErrorCode.METHOD_NOT_ALLOWED)
        allowed = {method.strip() for method in answer.headers["allow"].split(",")}
        assert allowed - {"HEAD"} == right


@pytest.mark.parametrize(
    "path", ["/api/nothing", "/api/v2/projects", "/api/images", "/api/images/x/y", "/.well-known/x"]
)
async def test_an_unknown_address_is_nothing(studio: Studio, path: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        refused(await studio.ada.http.request(method, path), ErrorCode.NOT_FOUND)
