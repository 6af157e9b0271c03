"""OpenAPI 3.1 from the table of contents and the shapes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from server.api.operation import Operation
from server.api.schemas import ProblemDetails

_REFERENCE = "#/components/schemas/{model}"


def openapi(operations: Iterable[Operation]) -> dict[str, Any]:
    """The whole document."""
    table = list(operations)
    paths: dict[str, dict[str, Any]] = {}
    for operation in table:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _describe(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Atelier", "version": "1", "description": "A self-hosted studio for AI pictures."},
        "paths": paths,
        "components": {
            "schemas": _shapes(table),
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "atelier_session"},
            },
        },
    }


def _shapes(table: list[Operation]) -> dict[str, Any]:
    sent = {operation.body for operation in table if operation.body}
    answered = {operation.answer for operation in table if operation.answer} | {ProblemDetails}
    models: list[tuple[type[BaseModel], Any]] = [(shape, "validation") for shape in sent]
    models += [(shape, "serialization") for shape in answered]
    ordered = sorted(models, key=lambda model: model[0].__name__)
    _, document = models_json_schema(ordered, ref_template=_REFERENCE)
    return dict(document["$defs"])


def _describe(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "summary": operation.summary,
        "operationId": operation.handler.__name__,
        "parameters": _parameters(operation),
        "responses": {
            str(int(operation.status)): _success(operation),
            "default": _content("application/problem+json", _reference(ProblemDetails), "A refusal."),
        },
        "security": [] if operation.public else [{"key": []}, {"session": []}],
    }
    if operation.body:
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _reference(operation.body)}},
        }
    elif operation.multipart:
        described["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": _FILES}}}
    return described


_FILES = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "string", "contentMediaType": "application/octet-stream"},
        }
    },
}


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", operation.path)
    ]
    in_query = [
        {"name": name, "in": "query", "description": text, "schema": {"type": "string"}}
        for name, text in (operation.query or {}).items()
    ]
    key = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 200}}
    return in_path + in_query + ([key] if operation.once else [])


def _success(operation: Operation) -> dict[str, Any]:
    if operation.answer:
        return _content("application/json", _reference(operation.answer), operation.summary)
    if operation.produces:
        return _content(operation.produces, {}, operation.summary)
    return {"description": operation.summary}


def _content(media_type: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"description": description, "content": {media_type: {"schema": schema}}}


def _reference(shape: type[BaseModel]) -> dict[str, Any]:
    return {"$ref": _REFERENCE.format(model=shape.__name__)}
