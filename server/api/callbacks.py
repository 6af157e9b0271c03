"""The provider's callbacks: hints, of which nothing but the task id is believed."""

from __future__ import annotations

import asyncio

from starlette.responses import JSONResponse, Response

from server.api.call import Call, parse_json, read_body
from server.api.operation import RateLimited
from server.core.errors import ErrorCode, Refusal
from server.core.limits import Rate
from server.core.ports import Unavailable
from server.usecases.note_callback import note_callback

BODY_LIMIT = 64 * 1024
COMMIT_TIMEOUT = 2.0
# Guessing nonces is hopeless anyway; this keeps the guesser from costing anything.
_GUESSES = Rate("callback", 20, 10.0)


async def receive_callback(call: Call) -> Response:
    """Commit the task id it brings, then answer 200; 503 where that cannot be done within 2 s."""
    task_id = _task_id(await read_body(call.request, BODY_LIMIT))
    try:
        async with asyncio.timeout(COMMIT_TIMEOUT):
            known = await note_callback(
                call.parts.database, call.request.path_params["nonce"], task_id, call.parts.rules
            )
    except TimeoutError as error:
        raise Unavailable("the callback could not be committed in time") from error
    if not known:
        await _count_guess(call)
        raise Refusal(ErrorCode.NOT_FOUND, "Nobody waits for this.")
    return JSONResponse({"code": 200, "msg": "success"})


async def _count_guess(call: Call) -> None:
    client = call.request.client.host if call.request.client else "unknown"
    verdict = await call.parts.limiter.hit(f"callback:{client}", _GUESSES)
    if not verdict.allowed:
        raise RateLimited(_GUESSES, verdict)


def _task_id(body: bytes) -> str | None:
    """`data.taskId` of either shape, if it looks like one."""
    content = parse_json(body)
    data = content.get("data") if isinstance(content, dict) else None
    task_id = data.get("taskId") if isinstance(data, dict) else None
    # What is not printable no provider made, and PostgreSQL would not take.
    return task_id if isinstance(task_id, str) and 0 < len(task_id) <= 200 and task_id.isprintable() else None
