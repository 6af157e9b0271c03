"""The control interface: what was charged, what is under way, how the simulator is set. For tests and demos."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .behaviours import BEHAVIOURS
from .records import shown_url
from .settings import BadSettings, changed, number, whole
from .simulation import Simulation, Visit
from .tasks import Charge, Task

LONGEST_WAIT = 60.0
_MOST_BYTES = 1024 * 1024

Handler = Callable[[Simulation, Request], Awaitable[dict[str, object]]]


class _Wrong(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def controlled(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """The handler as an endpoint. A request with an Origin comes from a web page, and no page has business here."""

    async def endpoint(request: Request) -> Response:
        try:
            if "origin" in request.headers:
                raise _Wrong(403, "not_for_pages", "The control interface does not answer web pages.")
            return JSONResponse(await handler(request.app.state.simulation, request))
        except BadSettings as error:
            return JSONResponse({"code": "bad_settings", "message": str(error)}, status_code=422)
        except _Wrong as error:
            return JSONResponse({"code": error.code, "message": error.message}, status_code=error.status)

    return endpoint


async def ledger(simulation: Simulation, request: Request) -> dict[str, object]:
    """GET: every charge in order, how many there were in all, their total in US$, and the credits left."""
    book = simulation.book
    charges = [_charge(charge) for charge in book.charges]
    return {"charges": charges, "count": book.charged, "total": book.total_usd, "credits": book.credits}


async def tasks(simulation: Simulation, request: Request) -> dict[str, object]:
    """GET: every task that is remembered, oldest first."""
    return {"tasks": [_task(task) for task in simulation.book.tasks.values()]}


async def task(simulation: Simulation, request: Request) -> dict[str, object]:
    """GET: one task; `?until=done` or `?until=settled` waits for its end, or for its last callback as well.

    It answers after `?timeout=` seconds (10 unless told, 60 at most) at the latest, with the task as it is then.
    """
    found = simulation.book.tasks.get(request.path_params["task_id"])
    if found is None:
        raise _Wrong(404, "unknown_task", "There is no such task.")
    until = request.query_params.get("until")
    if until not in (None, "done", "settled"):
        raise _Wrong(422, "bad_until", "until is done or settled.")
    if until is not None:
        settled = until == "settled"
        await simulation.generation.until(lambda: found.callbacks_over if settled else found.done, _timeout(request))
    return _task(found)


async def requests(simulation: Simulation, request: Request) -> dict[str, object]:
    """GET: every request to the provider's endpoints, oldest first, with what was answered."""
    return {"requests": [_visit(visit) for visit in simulation.visits]}


async def behaviours(simulation: Simulation, request: Request) -> dict[str, object]:
    """GET: the table of behaviours."""
    rows = [{"name": row.name, "written": row.signature, "about": row.about, "does": row.sentence} for row in _ROWS]
    return {"behaviours": rows}


async def settings(simulation: Simulation, request: Request) -> dict[str, object]:
    """GET: the settings; POST: replaces those that the JSON body names, all or none."""
    if request.method == "POST":
        wishes = await _object(request)
        balance = wishes.pop("balance", None)
        new = changed(simulation.settings, wishes, simulation.book.now())
        if balance is not None:
            if not 0 <= whole("balance", balance) <= 10**9:
                raise BadSettings("balance lies between 0 and 1000000000 credits.")
            simulation.book.credits = whole("balance", balance)
        simulation.settings = new
    return {**simulation.settings.as_dict(), "balance": simulation.book.credits}


async def reset(simulation: Simulation, request: Request) -> dict[str, object]:
    """POST: as just started. Nothing under way ends or calls back any more."""
    await simulation.reset()
    return {"status": "reset"}


async def release(simulation: Simulation, request: Request) -> dict[str, object]:
    """POST: ends one task now (`{"task_id": …}`), or all that wait, also those that would never end."""
    task_id = (await _object(request)).get("task_id")
    if task_id is not None and not isinstance(task_id, str):
        raise _Wrong(422, "bad_task_id", "task_id is a text.")
    return {"released": simulation.generation.release(task_id)}


_ROWS = tuple(BEHAVIOURS.values())


def _charge(charge: Charge) -> dict[str, object]:
    asked = charge.task.submission
    return {
        "task_id": charge.task.task_id,
        "model": asked.model.name,
        "resolution": asked.resolution,
        "amount_usd": charge.amount_usd,
        "at": round(charge.at * 1000),
        "prompt": asked.prompt,
        "callback_url": asked.callback_url,
        "image_urls": list(asked.image_urls),
        "behaviours": charge.task.choice.texts(),
    }


def _task(task: Task) -> dict[str, object]:
    tries = [
        {
            "at": round(one.at * 1000),
            "delivery": one.delivery,
            "try": one.attempt,
            "status": one.status,
            "error": one.error,
        }
        for one in task.callbacks
    ]
    return {
        "task_id": task.task_id,
        "model": task.submission.model.name,
        "prompt": task.submission.prompt,
        "created_at": round(task.created_at * 1000),
        "done_at": None if task.done_at is None else round(task.done_at * 1000),
        "planned_seconds": task.planned,
        "flag": task.flag,
        "error_code": task.error_code,
        "result_url": shown_url(task),
        "polls": task.polls,
        "downloads": task.downloads,
        "callbacks": tries,
        "settled": task.callbacks_over,
        "behaviours": task.choice.texts(),
    }


def _visit(visit: Visit) -> dict[str, object]:
    return {
        "at": round(visit.at * 1000),
        "method": visit.method,
        "path": visit.path,
        "prompt": visit.prompt,
        "task_id": visit.task_id,
        "status": visit.status,
        "code": visit.code,
    }


def _timeout(request: Request) -> float:
    try:
        wish = float(request.query_params.get("timeout", "10"))
    except ValueError:
        wish = -1.0
    return number("timeout", wish, least=0, most=LONGEST_WAIT)


async def _object(request: Request) -> dict[str, object]:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BYTES:
            raise _Wrong(413, "too_large", "The body is larger than 1 MiB.")
    try:
        wishes = json.loads(bytes(body) or b"{}")
    except (ValueError, RecursionError) as error:
        raise _Wrong(400, "bad_json", "The body is not valid JSON.") from error
    if not isinstance(wishes, dict):
        raise _Wrong(400, "bad_json", "The body is not a JSON object.")
    return wishes
