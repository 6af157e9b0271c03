"""The dashboard's files: the page for every address of its own, hashed assets for ever."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

DIST = Path(__file__).parents[2] / "web" / "dist"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' blob: data:; connect-src 'self'; style-src 'self' 'unsafe-inline'; "
        "script-src 'self'; worker-src 'self'; manifest-src 'self'; object-src 'none'; base-uri 'none'; "
        "frame-ancestors 'none'; form-action 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-cache",
}

# What Python's own table does not know, or knows otherwise on other machines: a worker that is no script is refused.
MEDIA_TYPES = {".webmanifest": "application/manifest+json", ".js": "text/javascript"}


class _Assets(StaticFiles):
    """Files named by their content: they never change."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


async def _page(_: Request) -> Response:
    index = DIST / "index.html"
    if not index.is_file():
        return PlainTextResponse("The dashboard is not built: run `make build`.\n", 503)
    return FileResponse(index, headers=HEADERS)


async def _public_file(request: Request) -> Response:
    path = _file_named(request.path_params["name"])
    if path is None:
        return await _page(request)
    return FileResponse(path, headers=HEADERS, media_type=MEDIA_TYPES.get(path.suffix))


def _file_named(name: str) -> Path | None:
    try:
        path = (DIST / name).resolve()
        return path if path.parent == DIST.resolve() and path.is_file() else None
    except (OSError, ValueError):
        # No disk could hold a file of that name.
        return None


def page_routes() -> list[BaseRoute]:
    """After the API's: what is left belongs to the page."""
    return [
        Mount("/assets", _Assets(directory=DIST / "assets", check_dir=False)),
        Route("/", _page),
        Route("/p/{rest:path}", _page),
        Route("/{name}", _public_file),
    ]
