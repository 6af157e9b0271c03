"""The contract as one JSON Schema document, from which the page's types are made: `python -m server.contract`."""

from __future__ import annotations

import inspect
import json
import sys
from typing import Any, Literal

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from server.api import many_shapes, money_shapes, notice_shapes, queue_shapes, read_mark_shapes, schemas
from server.core.errors import ErrorCode, ProblemCode
from server.core.image import Kind, Status
from server.live import frames
from server.live.close_codes import CloseCode

Mode = Literal["validation", "serialization"]

# What the page sends is described as the server reads it: members with a default may be left out.
SENT_BY_THE_PAGE = frozenset(
    {
        "SignIn",
        "NewProject",
        "ProjectEdit",
        "GenerationRequest",
        "ImageEdit",
        "NewKey",
        "WorkspaceEdit",
        "QueueOrder",
        "QueueScope",
        "QueueRetry",
        "Selection",
        "ImageChanges",
        "ReadMarkEdit",
        "Shown",
        "NewDevice",
        "DeviceEdit",
        "Hello",
    }
)
ENUMS = (ErrorCode, ProblemCode, Status, Kind)


class _Untitled(GenerateJsonSchema):
    """Members get no title, so that a generator names types after shapes and not after members."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def contract() -> dict[str, Any]:
    """A JSON Schema document whose `$defs` hold every shape, frame and code; `x-close-codes` maps names to numbers."""
    adapters: list[tuple[str, Mode, TypeAdapter[Any]]] = [
        (shape.__name__, _mode(shape), TypeAdapter(shape)) for shape in _shapes()
    ]
    adapters += [(enum.__name__, "serialization", TypeAdapter(enum)) for enum in ENUMS]
    adapters.append(("ServerFrame", "serialization", frames.SERVER_FRAME))
    named, document = TypeAdapter.json_schemas(adapters, schema_generator=_Untitled)
    shapes = dict(document["$defs"])
    shapes["ServerFrame"] = named["ServerFrame", "serialization"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Contract",
        "type": "object",
        "$defs": dict(sorted(shapes.items())),
        "x-close-codes": {code.name: int(code) for code in CloseCode},
    }


def _shapes() -> list[type[BaseModel]]:
    modules = (schemas, many_shapes, money_shapes, notice_shapes, queue_shapes, read_mark_shapes, frames)
    found = {
        name: value
        for module in modules
        for name, value in inspect.getmembers(module, inspect.isclass)
        if issubclass(value, BaseModel) and value.__module__ in {module.__name__ for module in modules}
        if value is not schemas.Shape
    }
    return list(found.values())


def _mode(shape: type[BaseModel]) -> Mode:
    return "validation" if shape.__name__ in SENT_BY_THE_PAGE else "serialization"


if __name__ == "__main__":
    json.dump(contract(), sys.stdout, indent=1)
