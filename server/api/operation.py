"""One operation of the API: its line in the table of contents, and the way every request takes to its handler."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match, Route
from starlette.types import Scope

from server.api.call import Call, parts_of
from server.api.identity import SAFE_METHODS, check_origin, viewer_of
from server.core.errors import ErrorCode, Refusal
from server.core.limits import Rate, Verdict
from server.settings import Settings

Handler = Callable[[Call], Awaitable[Any]]
RateOf = Callable[[Settings], Rate]


@dataclass(frozen=True, slots=True)
class Operation:
    """A method and a path, what goes in and what comes out.

    A handler returns the answer's JSON (a mapping or a shape) or a response of its own. `once`: it honours
    Idempotency-Key.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    body: type[BaseModel] | None = None
    answer: type[BaseModel] | None = None
    status: HTTPStatus = HTTPStatus.OK
    rate: RateOf | None = None
    public: bool = False
    multipart: bool = False
    once: bool = False
    produces: str | None = None
    query: Mapping[str, str] | None = None

    async def answer_request(self, request: Request) -> Response:
        """Who asks, from where, how often; then the handler. Raises `Refusal`, `Unavailable`."""
        call = Call(request, parts_of(request))
        headers: dict[str, str] = {}
        if not self.public:
            call.caller = await viewer_of(call.parts.database, request)
            if call.caller is None:
                raise Refusal(ErrorCode.NOT_SIGNED_IN, "Sign in, or send an API key.")
        if self.method not in SAFE_METHODS:
            check_origin(request, call.parts.settings.public_url)
        if self.rate is not None and call.caller is not None:
            headers = await self._count(call, self.rate(call.parts.settings))
        answer = await self.handler(call)
        response = answer if isinstance(answer, Response) else self._json(answer)
        response.headers.update(headers)
        return response

    async def _count(self, call: Call, rate: Rate) -> dict[str, str]:
        verdict = await call.parts.limiter.hit(f"{rate.name}:{call.viewer.account}", rate)
        headers = rate_headers(rate, verdict)
        if not verdict.allowed:
            raise RateLimited(rate, verdict)
        return headers

    def _json(self, answer: Any) -> Response:
        if answer is None:
            return Response(status_code=HTTPStatus.NO_CONTENT)
        content = answer.model_dump(mode="json") if isinstance(answer, BaseModel) else answer
        return JSONResponse(content, self.status, {"Cache-Control": "no-store"})


def routes(operations: Iterable[Operation]) -> list[Route]:
    """One Starlette route a path, so that a wrong method is told all the right ones."""
    by_path: dict[str, dict[str, Operation]] = {}
    for operation in operations:
        by_path.setdefault(operation.path, {})[operation.method] = operation
    return [_route(path, by_method) for path, by_method in by_path.items()]


def _route(path: str, by_method: Mapping[str, Operation]) -> Route:
    async def answer(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        return await by_method[method].answer_request(request)

    return _PathRoute(path, answer, methods=list(by_method))


class _PathRoute(Route):
    """The first route whose path fits answers, be it that the method is wrong: no `{id}` below takes a name for one."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, child = super().matches(scope)
        return (match if match is Match.NONE else Match.FULL), child


class RateLimited(Refusal):
    """A request too many; nothing was written."""

    def __init__(self, rate: Rate, verdict: Verdict) -> None:
        super().__init__(
            ErrorCode.RATE_LIMITED,
            f"At most {rate.limit} requests in {rate.window:g} s: try again in {verdict.retry_after:.1f} s.",
            # Rounded up: whoever waits that long passes.
            retry_after=math.ceil(verdict.retry_after * 1000) / 1000,
        )
        self.headers = rate_headers(rate, verdict)


def rate_headers(rate: Rate, verdict: Verdict) -> dict[str, str]:
    """The standard `RateLimit` and `RateLimit-Policy` fields."""
    return {
        "RateLimit-Policy": f'"{rate.name}";q={rate.limit};w={rate.window:g}',
        "RateLimit": f'"{rate.name}";r={verdict.remaining};t={max(0, round(verdict.reset + 0.499))}',
    }
