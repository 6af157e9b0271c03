"""The three endpoints that take a task and money for it."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from .bad_answers import Hangup, Silence, held, html
from .choices import Choice, UnknownBehaviour
from .doors import Endpoint, door
from .envelope import Answer, Refused
from .inputs import fetched
from .models import Model
from .simulation import Simulation, Visit
from .tasks import Task
from .validation import MOST_BODY_BYTES, Submission, validated

LONGEST_BODY = 30.0
LONGEST_CALLBACK_FIRST = 25.0


class _Refusal(NamedTuple):
    code: int
    status: int
    message: str


_REFUSALS: dict[str, _Refusal] = {
    "refuse": _Refusal(400, 200, "Your prompt was flagged as violating content policies."),
    "code-400": _Refusal(400, 400, "Parameter error"),
    "code-401": _Refusal(401, 401, "You do not have access permissions"),
    "body-401": _Refusal(401, 200, "You do not have access permissions"),
    "code-402": _Refusal(402, 200, "The current credits are insufficient. Please top up."),
    "code-403": _Refusal(403, 403, "Forbidden"),
    "code-404": _Refusal(404, 404, "Not found"),
    "code-413": _Refusal(413, 413, "The request is too large"),
    "code-422": _Refusal(422, 200, "Validation error"),
    "code-429": _Refusal(429, 429, "Too many requests"),
    "code-451": _Refusal(451, 200, "Failed to fetch an input image"),
    "code-501": _Refusal(501, 200, "Image generation failed"),
    "code-505": _Refusal(505, 200, "This feature is disabled"),
}
_AMBIGUOUS = (
    *("code-500", "body-500", "odd-code", "html-502", "html-200"),
    *("empty-200", "cut-json", "no-task-id", "no-answer", "cut"),
)


def submit_endpoint(model: Model) -> Endpoint:
    """The endpoint that submits to one model."""

    async def submit(simulation: Simulation, request: Request, visit: Visit) -> Response:
        submission = validated(model, await _body(request))
        visit.prompt = submission.prompt
        try:
            choice, prompt = simulation.choose(submission.prompt)
        except UnknownBehaviour as error:
            raise Refused(400, str(error), status=400) from error
        _refuse_where_asked(simulation, submission, choice)
        if _refused_by_a_proxy(simulation, submission, choice):
            return html(403)
        inputs = await fetched(simulation.client, submission.image_urls)
        if "uncharged" in choice and any(name in choice for name in _AMBIGUOUS):
            return _misanswer(simulation, choice) or html(502)
        origin = str(request.base_url).rstrip("/")
        task = simulation.book.accept(submission, choice, prompt, simulation.settings, origin)
        visit.task_id = task.task_id
        simulation.generation.start(task, inputs)
        return await _answered(simulation, request, task)

    return door(submit, named="message" if model.path == "generate-pro" else "msg")


async def _body(request: Request) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(LONGEST_BODY):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MOST_BODY_BYTES:
                    raise Refused(413, "The request is too large", status=413)
    except TimeoutError as error:
        raise Refused(400, "The request took too long to arrive", status=408) from error
    return bytes(body)


def _refuse_where_asked(simulation: Simulation, submission: Submission, choice: Choice) -> None:
    what = f"{submission.model.path} {submission.prompt}"
    _refuse_in_maintenance(simulation, what, choice)
    for name, refusal in _REFUSALS.items():
        if name in choice and choice.lasts(name, simulation.book.times_asked(f"{name} {what}")):
            retry_after = choice.number(name, 1) if name == "code-429" else None
            raise Refused(refusal.code, refusal.message, refusal.status, retry_after)


def _refused_by_a_proxy(simulation: Simulation, submission: Submission, choice: Choice) -> bool:
    what = f"html-403 {submission.model.path} {submission.prompt}"
    return "html-403" in choice and choice.lasts("html-403", simulation.book.times_asked(what))


def _refuse_in_maintenance(simulation: Simulation, what: str, choice: Choice) -> None:
    now = simulation.book.now()
    lasts = choice.number("code-455")
    if lasts is not None and simulation.book.times_asked(f"code-455 {what}") == 1:
        simulation.maintenance_until = max(simulation.maintenance_until, now + lasts)
    if now < simulation.maintenance_until or ("code-455" in choice and lasts is None):
        raise Refused(455, "The service is under maintenance. Please try again later.")


async def _answered(simulation: Simulation, request: Request, task: Task) -> Response:
    if "callback-first" in task.choice:
        await simulation.generation.until(lambda: _called_back(task), LONGEST_CALLBACK_FIRST)
    late = task.choice.number("late-answer")
    if late is not None and not await held(request.receive, simulation.closing, late):
        return Hangup()
    bad = _misanswer(simulation, task.choice)
    status = 500 if "status-500" in task.choice else 200
    return bad or Answer({"taskId": task.task_id}, status=status, named=task.message_named)


def _called_back(task: Task) -> bool:
    return task.callbacks_over


def _misanswer(simulation: Simulation, choice: Choice) -> Response | None:
    """An answer that leaves open whether the task was accepted; None where a plain one is due."""
    if "code-500" in choice:
        return Answer(None, 500, "Internal server error", status=500)
    if "body-500" in choice:
        return Answer(None, 500, "Internal server error")
    if "odd-code" in choice:
        return Answer(None, 777, "Something that no page documents")
    if "html-502" in choice or "html-200" in choice:
        return html(502 if "html-502" in choice else 200)
    if "empty-200" in choice:
        return Response(b"", media_type="application/json")
    if "cut-json" in choice:
        return Response(b'{"code":200,"msg":"success","data":{"tas', media_type="application/json")
    if "no-task-id" in choice:
        return Answer({})
    if "no-answer" in choice:
        return Silence(simulation.closing)
    return Hangup() if "cut" in choice else None
