"""What record-info says of a task, and how it tells the story wrongly when asked to."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.responses import Response

from .bad_answers import Hangup, html
from .endings import GENERATING, SUCCESS
from .envelope import Answer, Refused
from .tasks import Task

_FOREIGN = "https://elsewhere.example/foreign.png"


def record_answer(task: Task) -> Response:
    """The answer to one poll; it counts the poll. Raises Refused."""
    task.polls += 1
    choice, polls = task.choice, task.polls
    if choice.lasts("record-null", polls):
        raise Refused(422, "recordInfo is null")
    if choice.lasts("data-null", polls):
        return Answer(None)
    if choice.lasts("record-404", polls):
        raise Refused(404, "task not found")
    if choice.lasts("poll-429", polls):
        raise Refused(429, "Too many requests", status=429, retry_after=choice.number("poll-429", 1))
    if choice.lasts("poll-500", polls):
        raise Refused(500, "Internal server error", status=500)
    if choice.lasts("poll-html-502", polls):
        return html(502)
    if choice.lasts("poll-html-200", polls):
        return html(200)
    if choice.lasts("poll-cut", polls):
        return Hangup()
    if choice.lasts("poll-code", polls, place=1):
        raise Refused(int(choice.number("poll-code") or 0), "As told.")
    if choice.lasts("record-foreign", polls):
        return Answer(
            {**record(task), "taskId": "0" * 32, "successFlag": SUCCESS, "response": {"resultImageUrl": _FOREIGN}}
        )
    return Answer(record(task), status=500 if choice.lasts("poll-status-500", polls) else 200)


def record(task: Task) -> dict[str, object]:
    """The `data` of record-info, as it stands now."""
    blank = "blanks" in task.choice
    error: object = task.error_code
    if error is not None and "error-code-text" in task.choice:
        error = str(error)
    response: object = None
    if task.flag == SUCCESS:
        response = {"originImageUrl": "" if blank else None, **_result(task, blank)}
    return {
        "taskId": task.task_id,
        "paramJson": task.submission.raw,
        "completeTime": _time(task, task.done_at) if task.done_at is not None else ("" if blank else None),
        "response": response,
        "successFlag": task.flag,
        "errorCode": 0 if blank and error is None else error,
        "errorMessage": "" if blank and task.error_message is None else task.error_message,
        "operationType": f"{task.submission.model.name}_{task.submission.resolution.lower()}",
        "createTime": _time(task, task.created_at),
    }


def shown_url(task: Task) -> str | None:
    """The URL that the provider tells, if it tells one."""
    return None if "no-url" in task.choice or task.flag in (GENERATING,) else task.result_url


def _result(task: Task, blank: bool) -> dict[str, object]:
    url = shown_url(task)
    if url is None:
        return {"resultImageUrl": "" if blank else None}
    if "result-array" in task.choice:
        return {"resultImageUrl": [url]}
    if "result-urls" in task.choice:
        return {"resultImageUrl": "" if blank else None, "resultUrls": [url]}
    if "result-commas" in task.choice:
        return {"resultImageUrl": f"{url},{url}?copy=2"}
    return {"resultImageUrl": url}


def _time(task: Task, at: float) -> object:
    if "epoch-times" in task.choice:
        return round(at * 1000)
    text = datetime.fromtimestamp(at, UTC)
    return text.strftime("%Y-%m-%d 24:%M:%S") if "hour-24" in task.choice else text.strftime("%Y-%m-%d %H:%M:%S")
