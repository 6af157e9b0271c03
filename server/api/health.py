"""Is the process alive, can it serve, what has it counted."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import JSONResponse, PlainTextResponse, Response

from server.api.call import Call
from server.api.push_metrics import push_metrics
from server.core.ports import Unavailable
from server.usecases.hold_provider import read_standing
from server.usecases.read_push_tally import read_push_tally


async def healthz(_: Call) -> Response:
    """The process answers. It asks nobody, so it answers whatever else is broken."""
    return PlainTextResponse("ok\n")


async def readyz(call: Call) -> Response:
    """Whether requests should be sent here: PostgreSQL answers and the process is not leaving.

    Redis gone is `degraded`, still 200: pictures finish and events arrive, only later. A process that is `deaf` while
    Redis works is not ready. `provider` says why nothing is submitted, null where submits go on; it concerns no
    balancer.
    """
    if call.parts.leaving.is_set():
        return JSONResponse({"status": "leaving"}, 503)
    try:
        standing = await read_standing(call.parts.database)
    except Unavailable:
        return JSONResponse({"status": "unavailable", "part": "postgresql"}, 503)
    live = call.parts.live_health()
    return JSONResponse({"status": live, "provider": standing.reason}, 503 if live == "deaf" else 200)


async def metrics(call: Call) -> Response:
    """Prometheus text: of this process, and of all pushes, as long as PostgreSQL answers."""
    try:
        pushes = push_metrics(await read_push_tally(call.parts.database))
    except Unavailable:
        pushes = b""
    return Response(generate_latest() + pushes, media_type=CONTENT_TYPE_LATEST)
