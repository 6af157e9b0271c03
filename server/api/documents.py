"""The OpenAPI document, and a page that shows it without a script."""

from __future__ import annotations

from html import escape
from typing import Any

from starlette.responses import HTMLResponse, JSONResponse, Response

from server.api.call import Call


def _document() -> dict[str, Any]:
    # Late, because the table of contents names these two handlers.
    from server.api.openapi import openapi
    from server.api.routes import OPERATIONS

    return openapi(OPERATIONS)


async def read_openapi(_: Call) -> Response:
    """OpenAPI 3.1."""
    return JSONResponse(_document())


async def read_docs(_: Call) -> Response:
    """The operations as a plain page."""
    rows = "".join(
        f"<tr><td><code>{method.upper()}</code><td><code>{escape(path)}</code><td>{escape(operation['summary'])}"
        for path, methods in _document()["paths"].items()
        for method, operation in methods.items()
    )
    return HTMLResponse(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        "<title>Atelier API</title><style>body{font:16px/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem;"
        "color-scheme:light dark}td{padding:.25rem 1rem .25rem 0;vertical-align:top}</style>"
        "<h1>Atelier API</h1><p>The whole document: <a href=/api/openapi.json>openapi.json</a>. "
        "Errors are <code>application/problem+json</code> with a stable <code>code</code>. "
        f"The live stream is described in the project's <code>docs/live-protocol.md</code>.<table>{rows}</table>"
    )
