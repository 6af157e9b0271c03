"""Every refusal as `application/problem+json` (RFC 9457) with a stable code."""

from __future__ import annotations

import logging
import math
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from server.api.operation import RateLimited
from server.core.errors import ErrorCode, Refusal

LOG = logging.getLogger(__name__)
RETRY_SOON = 2


class ProblemResponse(JSONResponse):
    """A refusal as it goes over the wire."""

    media_type = "application/problem+json"


def problem(refusal: Refusal, headers: dict[str, str] | None = None) -> ProblemResponse:
    """The answer to a refused request; `retry_after` becomes the standard header too."""
    content: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(refusal.status).phrase,
        "status": refusal.status,
        "detail": refusal.detail,
        "code": str(refusal.code),
        **refusal.extra,
    }
    sent = dict(headers or {})
    if "retry_after" in refusal.extra:
        sent["Retry-After"] = str(math.ceil(refusal.extra["retry_after"]))
    return ProblemResponse(content, refusal.status, sent)


async def on_refusal(_: Request, error: Exception) -> Response:
    """What a handler refused."""
    assert isinstance(error, Refusal)
    return problem(error, error.headers if isinstance(error, RateLimited) else None)


async def on_unavailable(_: Request, error: Exception) -> Response:
    """A part is away for the moment; nothing partial was written."""
    LOG.warning("a part is unavailable: %s", error)
    return problem(
        Refusal(ErrorCode.UNAVAILABLE, "A part of the server does not answer: try again.", retry_after=RETRY_SOON)
    )


_CODES = {404: ErrorCode.NOT_FOUND, 405: ErrorCode.METHOD_NOT_ALLOWED, 413: ErrorCode.TOO_LARGE}


async def on_http_error(_: Request, error: Exception) -> Response:
    """What the framework itself refused."""
    assert isinstance(error, HTTPException)
    code = _CODES.get(error.status_code, ErrorCode.INVALID_REQUEST)
    return problem(Refusal(code, error.detail or HTTPStatus(error.status_code).phrase), dict(error.headers or {}))


async def on_disconnect(_: Request, error: Exception) -> Response:
    """The client left in the middle of its request: nobody reads the answer, and nothing went wrong."""
    return Response(status_code=HTTPStatus.BAD_REQUEST)


async def on_bug(_: Request, error: Exception) -> Response:
    """Our own mistake: said plainly, logged whole by the server, told without details."""
    LOG.error("a request failed", exc_info=error)
    return problem(Refusal(ErrorCode.INTERNAL, "The server made a mistake; it has been written to its log."))
