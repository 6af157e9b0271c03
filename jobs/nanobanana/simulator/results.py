"""The host that results are fetched from, and every way it serves them badly."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from .bad_answers import LONGEST_HOLD, Silence, transport_of, until_gone
from .simulation import Simulation
from .tasks import Task

_TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
_METADATA = "http://169.254.169.254/latest/meta-data/"
_CHUNK = 64 * 1024
_TWO_GIB = 2 * 1024**3
_PAGE = "<!doctype html><title>Not a picture</title><p>This is a page of HTML, whatever its name says.</p>"


async def result_endpoint(request: Request) -> Response:
    """GET /results/{name}: the picture, unless its task was told to serve something else."""
    simulation: Simulation = request.app.state.simulation
    if request.headers.get("user-agent", "").startswith("Python-urllib"):
        return PlainTextResponse("Forbidden", status_code=403)
    found = simulation.book.picture(request.path_params["name"])
    if found is None:
        return _not_found()
    task, picture = found
    task.downloads += 1
    since = simulation.book.now() - (task.done_at or 0.0)
    if "result-silent" in task.choice:
        return Silence(simulation.closing)
    return _refused(task, since) or _redirected(task, request) or _served(task, picture)


def _refused(task: Task, since: float) -> Response | None:
    """The answer that withholds the picture, if the task is to get one; `since` is seconds after its end."""
    choice = task.choice
    gone_after = choice.number("result-404-after")
    if "result-404" in choice or (gone_after is not None and since >= gone_after):
        return _not_found()
    if choice.lasts("result-403", task.downloads):
        return PlainTextResponse("Forbidden", status_code=403)
    if choice.lasts("result-500", task.downloads):
        return PlainTextResponse("Internal Server Error", status_code=500)
    return None


def _redirected(task: Task, request: Request) -> Response | None:
    """The redirect that stands before the picture, if there is one (more)."""
    if "result-redirect" in task.choice:
        return RedirectResponse(task.choice.text("result-redirect") or _METADATA, status_code=302)
    hop = request.query_params.get("hop", "0")
    if hop.isdigit() and int(hop) < (task.choice.number("result-hops") or 0):
        return RedirectResponse(f"{request.url.path}?hop={int(hop) + 1}", status_code=302)
    return None


def _served(task: Task, picture: bytes) -> Response:
    kind = _TYPES[task.form]
    choice = task.choice
    if "result-html" in choice:
        return HTMLResponse(_PAGE, headers={"Content-Type": kind})
    if "result-empty" in choice:
        return Response(b"", media_type=kind)
    if "result-packed" in choice:
        return Response(gzip.compress(picture), media_type=kind, headers={"Content-Encoding": "gzip"})
    if "result-truncated" in choice:
        return Response(picture[: len(picture) // 2], media_type=kind)
    if "result-cut" in choice:
        return _CutShort(picture, media_type=kind)
    if "result-endless" in choice:
        return StreamingResponse(_flood(picture, None), media_type=kind)
    if "result-huge" in choice:
        return StreamingResponse(_flood(picture, _TWO_GIB), media_type=kind, headers={"Content-Length": str(_TWO_GIB)})
    if "result-slow" in choice:
        length = {"Content-Length": str(len(picture))}
        return StreamingResponse(_drip(picture), media_type=kind, headers=length)
    return Response(picture, media_type="text/html" if "result-wrong-type" in choice else kind)


def _not_found() -> Response:
    return PlainTextResponse("Not Found", status_code=404)


class _CutShort(Response):
    """Promises its whole body, sends half of it, and cuts the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        half = self.body[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        transport_of(receive).close()
        await until_gone(receive)


async def _flood(picture: bytes, length: int | None) -> AsyncIterator[bytes]:
    """The picture, then zeros: `length` bytes in all, or without an end (for ten minutes)."""
    stop = _in(LONGEST_HOLD)
    zeros = bytes(_CHUNK)
    yield picture
    sent = len(picture)
    while not stop() and (length is None or sent < length):
        chunk = zeros if length is None else zeros[: length - sent]
        yield chunk
        sent += len(chunk)
        # A reader on this machine takes everything at once: others must get their turn.
        await asyncio.sleep(0.001)


async def _drip(picture: bytes) -> AsyncIterator[bytes]:
    stop = _in(LONGEST_HOLD)
    for place in range(len(picture)):
        if stop():
            return
        yield picture[place : place + 1]
        await asyncio.sleep(1)


def _in(seconds: float) -> Callable[[], bool]:
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    return lambda: loop.time() >= end
