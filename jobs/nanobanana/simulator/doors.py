"""The door before every endpoint of the provider: the log, the key, the outage, refusals."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from .bad_answers import Hangup, Silence, html
from .envelope import Refused
from .simulation import Simulation, Visit

INVALID_KEY = "invalid"
Handler = Callable[[Simulation, Request, Visit], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]

_STATUSES = {401: 401, 402: 200, 429: 429, 455: 200, 500: 500}


def door(handler: Handler, named: str = "msg") -> Endpoint:
    """The handler behind its door; `named` is what a refusal's message is called."""

    async def endpoint(request: Request) -> Response:
        simulation: Simulation = request.app.state.simulation
        visit = Visit(simulation.book.now(), request.method, request.url.path)
        simulation.visits.append(visit)
        try:
            _admit(request)
            response = _out_of_order(simulation) or await handler(simulation, request, visit)
        except Refused as refusal:
            response = refusal.answer(named)
        if not isinstance(response, Hangup | Silence):
            visit.status, visit.code = response.status_code, getattr(response, "code", None)
        return response

    return endpoint


def _admit(request: Request) -> None:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise Refused(401, "Unauthorized: no API key", status=401)
    if key.strip() == INVALID_KEY:
        raise Refused(401, "You do not have access permissions", status=401)


def _out_of_order(simulation: Simulation) -> Response | None:
    outage = simulation.outage()
    if outage is None:
        return None
    if outage.kind == "cut":
        return Hangup()
    if outage.kind == "no-answer":
        return Silence(simulation.closing)
    if outage.kind == "html-502":
        return html(502)
    code = int(outage.kind.removeprefix("code-"))
    return Refused(code, "The service is out of order.", _STATUSES[code]).answer()
