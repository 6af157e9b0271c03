"""The provider's protocol without a socket: requests out, replies in as facts.

No reply raises, whatever its bytes are. The road that matters most: a submit is Refused or Rejected only where the
provider clearly said no, Accepted only with a task id, and everything else is Ambiguous, so never repeated on its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from math import isfinite
from typing import Any

from jobs.nanobanana.codes import OK, OnRecord, meaning, speaks_of_policy
from jobs.nanobanana.envelope import (
    Envelope,
    Reply,
    code_of_status,
    excerpt,
    open_envelope,
    parse_json,
    plain,
    retry_after,
    storable,
    whole_number,
)
from server.core.errors import Problem, ProblemCode
from server.core.facts import (
    Accepted,
    Ambiguous,
    Generated,
    Generating,
    GenerationFailed,
    Halt,
    NoOutput,
    PollFailed,
    Refused,
    Rejected,
    TaskMissing,
)

__all__ = [
    "Record",
    "RecordFact",
    "Reply",
    "Request",
    "Submission",
    "SubmitFact",
    "credit_request",
    "read_credit",
    "read_record",
    "read_submit",
    "record_request",
    "submit_request",
]

SubmitFact = Accepted | Refused | Rejected | Ambiguous
RecordFact = Generating | TaskMissing | PollFailed | Generated | NoOutput | GenerationFailed

_LONGEST_TASK_ID = 200
_RESULT_KEYS = ("resultImageUrl", "resultUrls", "resultImageUrls", "resultUrl", "result")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_BETWEEN = re.compile(r",\s*(?=[A-Za-z][A-Za-z0-9+.-]*:)")
_KEPT = ("operationType", "createTime", "completeTime", "errorCode", "errorMessage")


@dataclass(frozen=True, slots=True)
class Submission:
    """One picture to ask for. `input_urls` and `callback_url` are public addresses; no callback where it is None."""

    model: str
    prompt: str
    input_urls: tuple[str, ...] = ()
    aspect_ratio: str = "1:1"
    resolution: str = "1K"
    callback_url: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What to send, relative to the provider's base URL; the client adds the key."""

    method: str
    path: str
    json: Mapping[str, Any] | None = None
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Record:
    """What record-info says of a task. `callback_url` is the one the task was submitted with, if it tells.

    Whoever learned the task's id from a callback compares that address with the attempt's before believing the fact.
    """

    fact: RecordFact
    callback_url: str | None = None


# Requests out


def submit_request(submission: Submission) -> Request:
    """The request that asks for one picture, and is charged for. ValueError: a model that is not the provider's."""
    if submission.model not in _ENDPOINTS:
        raise ValueError(f"NanoBanana has no model named {submission.model!r}.")
    path, options = _ENDPOINTS[submission.model]
    body: dict[str, Any] = {"prompt": submission.prompt, **options(submission)}
    if submission.callback_url is not None:
        body["callBackUrl"] = submission.callback_url
    return Request("POST", f"/api/v1/nanobanana/{path}", body)


def record_request(task_id: str) -> Request:
    """The request for the state of one task."""
    return Request("GET", "/api/v1/nanobanana/record-info", params={"taskId": task_id})


def credit_request() -> Request:
    """The request for the balance."""
    return Request("GET", "/api/v1/common/credit")


def _first_options(submission: Submission) -> dict[str, Any]:
    # The misspelling is the provider's. Only one result address is documented, so never more than one picture.
    if not submission.input_urls:
        return {"type": "TEXTTOIAMGE", "numImages": 1, "image_size": submission.aspect_ratio}
    inputs = list(submission.input_urls)
    return {"type": "IMAGETOIAMGE", "numImages": 1, "image_size": submission.aspect_ratio, "imageUrls": inputs}


def _pro_options(submission: Submission) -> dict[str, Any]:
    options: dict[str, Any] = {"resolution": submission.resolution, "aspectRatio": submission.aspect_ratio}
    return {**options, "imageUrls": list(submission.input_urls)} if submission.input_urls else options


def _second_options(submission: Submission) -> dict[str, Any]:
    return {
        "imageUrls": list(submission.input_urls),
        "aspectRatio": submission.aspect_ratio,
        "resolution": submission.resolution,
        "outputFormat": "jpg",
    }


_ENDPOINTS: Mapping[str, tuple[str, Callable[[Submission], dict[str, Any]]]] = {
    "nano-banana": ("generate", _first_options),
    "nano-banana-pro": ("generate-pro", _pro_options),
    "nano-banana-2": ("generate-2", _second_options),
}


# Replies in: a submit


def read_submit(attempt: int, reply: Reply) -> SubmitFact:
    """What the answer to a submit means for `attempt`."""
    envelope = open_envelope(reply)
    # A task id is never dropped, not even one that comes with an error: record-info tells what became of it.
    task_id = _task_id(envelope.data) if envelope else None
    if task_id is not None:
        return Accepted(attempt, task_id)
    code = envelope.code if envelope else code_of_status(reply)
    message = envelope.message if envelope else ""
    verdict = meaning(code).submit
    if isinstance(verdict, Halt):
        return Refused(attempt, verdict, retry_after(reply), message or f"code {code}")
    if isinstance(verdict, ProblemCode):
        return Rejected(attempt, Problem(_blame(code, verdict, message), message or None))
    reason = "success without a task id" if envelope and code == OK else f"HTTP {reply.status}, code {code}"
    return Ambiguous(attempt, reason, excerpt(reply.body))


def _blame(code: int, verdict: ProblemCode, message: str) -> ProblemCode:
    return ProblemCode.PROMPT_REJECTED if code == 400 and speaks_of_policy(message) else verdict


def _task_id(data: Any) -> str | None:
    value = data.get("taskId") if isinstance(data, dict) else None
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value).strip()
    return text if text and text.isprintable() and text == storable(text) and len(text) <= _LONGEST_TASK_ID else None


# Replies in: a task's record


def read_record(attempt: int, task_id: str, reply: Reply) -> Record:
    """What record-info's answer about `task_id` means for `attempt`."""
    envelope = open_envelope(reply)
    if envelope is None:
        return Record(PollFailed(attempt, f"HTTP {reply.status}, not JSON", retry_after(reply)))
    data = envelope.data
    if not isinstance(data, dict) or not data:
        return Record(_without_data(attempt, task_id, envelope, reply))
    named = _task_id(data)
    if named is not None and named.lower() != task_id.lower():
        return Record(PollFailed(attempt, "the answer speaks of another task"))
    flag = whole_number(data.get("successFlag"))
    if envelope.code != OK and flag not in _ENDED:
        return Record(_without_data(attempt, task_id, envelope, reply))
    return Record(_by_flag(attempt, task_id, flag, data, envelope), _callback_url(data))


_SUCCESS, _NOT_CREATED, _FAILED = 1, 2, 3
_ENDED = (_SUCCESS, _NOT_CREATED, _FAILED)


def _by_flag(attempt: int, task_id: str, flag: int | None, data: dict[str, Any], envelope: Envelope) -> RecordFact:
    if flag == _SUCCESS:
        url = next(chain(_addresses(data.get("response")), _addresses(data.get("info")), _addresses(data)), None)
        return Generated(attempt, task_id, url, _details(data)) if url else NoOutput(attempt, task_id)
    words = plain(data.get("errorMessage")) or ("" if envelope.code == OK else envelope.message)
    if flag == _NOT_CREATED:
        return GenerationFailed(attempt, task_id, Problem(ProblemCode.CREATE_FAILED, words or None, charged=True))
    if flag == _FAILED:
        code = whole_number(data.get("errorCode")) or envelope.code
        return _generation_failed(attempt, task_id, code, words)
    # A flag that nobody documented ends nothing: the deadline does, should it never change.
    return Generating(attempt, task_id)


def _without_data(attempt: int, task_id: str, envelope: Envelope, reply: Reply) -> RecordFact:
    says = meaning(envelope.code).record
    if says is OnRecord.ENDED:
        return _generation_failed(attempt, task_id, envelope.code, envelope.message)
    if says is OnRecord.MISSING or (envelope.code == OK and not envelope.data):
        return TaskMissing(attempt)
    reason = f"code {envelope.code}: {envelope.message}" if envelope.message else f"code {envelope.code}"
    return PollFailed(attempt, reason, retry_after(reply))


def _generation_failed(attempt: int, task_id: str, code: int, words: str) -> GenerationFailed:
    blame = ProblemCode.PROMPT_REJECTED if speaks_of_policy(words) else meaning(code).task
    # Whether a failed generation is refunded is not known; the balance tells in the end.
    return GenerationFailed(attempt, task_id, Problem(blame, words or None, charged=True), confirmed=code == 501)


def _addresses(value: Any) -> Iterator[str]:
    """Every address in a result: a string, several with commas between, a list, JSON in a string, or an object."""
    if isinstance(value, dict):
        for key in _RESULT_KEYS:
            if not isinstance(value.get(key), dict):
                yield from _addresses(value.get(key))
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, str):
                yield from _addresses(item)
    elif isinstance(value, str):
        content = parse_json(value) if value.lstrip().startswith(("{", "[")) else None
        if isinstance(content, dict | list):
            yield from _addresses(content)
        else:
            # A comma may also stand inside an address: it parts two only where another scheme follows.
            parts = _BETWEEN.split(storable(value))
            yield from (part.strip() for part in parts if _SCHEME.match(part.strip()))


def _details(data: dict[str, Any]) -> dict[str, Any]:
    # Times stay the provider's strings: they carry no zone and may say hour 24.
    kept = {key: plain(data.get(key)) for key in _KEPT}
    return {"provider": {key: text for key, text in kept.items() if text not in ("", "0")}}


def _callback_url(data: dict[str, Any]) -> str | None:
    content = data.get("paramJson")
    if isinstance(content, str):
        content = parse_json(content)
    url = content.get("callBackUrl") if isinstance(content, dict) else None
    return url if isinstance(url, str) and url else None


# Replies in: the balance


def read_credit(reply: Reply) -> float | None:
    """The balance in the provider's credits; None where the answer does not tell."""
    envelope = open_envelope(reply)
    if envelope is None or envelope.code != OK:
        return None
    if isinstance(envelope.data, bool) or not isinstance(envelope.data, str | int | float):
        return None
    try:
        credit = float(envelope.data)
    except (ValueError, OverflowError):
        return None
    return credit if isfinite(credit) else None
