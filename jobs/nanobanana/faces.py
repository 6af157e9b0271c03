"""Every face that the provider can show, and what becomes of an image that meets it: one row each.

`codes.py` and `protocol.py` decide; this table says what they must come to, tests walk every row on the simulator, and
`docs/nanobanana.md` repeats it for people.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from server.core import facts as f
from server.core.errors import ProblemCode
from server.core.facts import Halt
from server.core.image import Status


class Side(StrEnum):
    """Where a face is seen."""

    SUBMIT = "submit"
    RECORD = "record-info"
    CALLBACK = "callback"
    RESULT = "result"


class Remedy(StrEnum):
    """What may help: at most one thing, which the page offers as its one button. A retry says what it may cost."""

    NOTHING = "nothing"
    WAIT = "wait"
    EDIT = "edit"
    RETRY = "retry"
    OPERATOR = "operator"


AFTER_PROBLEM: Mapping[ProblemCode, Remedy] = {
    ProblemCode.BAD_IMAGE: Remedy.NOTHING,
    ProblemCode.INPUT_FAILED: Remedy.EDIT,
    ProblemCode.INPUT_UNREACHABLE: Remedy.RETRY,
    ProblemCode.PROMPT_REJECTED: Remedy.EDIT,
    ProblemCode.REQUEST_REJECTED: Remedy.EDIT,
    ProblemCode.MODEL_UNAVAILABLE: Remedy.EDIT,
    ProblemCode.CREATE_FAILED: Remedy.RETRY,
    ProblemCode.GENERATION_FAILED: Remedy.RETRY,
    ProblemCode.PROVIDER_NO_OUTPUT: Remedy.RETRY,
    ProblemCode.TASK_UNKNOWN: Remedy.RETRY,
    ProblemCode.TIMED_OUT: Remedy.RETRY,
    ProblemCode.MAY_HAVE_BEEN_CHARGED: Remedy.RETRY,
    ProblemCode.BAD_RESULT: Remedy.RETRY,
    # The next result would lie at the same place, and be paid for too.
    ProblemCode.UNSAFE_RESULT: Remedy.OPERATOR,
    ProblemCode.RESULT_GONE: Remedy.RETRY,
    ProblemCode.SAVE_TIMED_OUT: Remedy.RETRY,
    ProblemCode.EXPIRED: Remedy.RETRY,
}

AFTER_HALT: Mapping[Halt, Remedy] = {
    Halt.RATE_LIMITED: Remedy.WAIT,
    Halt.MAINTENANCE: Remedy.WAIT,
    Halt.UNREACHABLE: Remedy.WAIT,
    Halt.OUT_OF_CREDITS: Remedy.OPERATOR,
    Halt.BAD_KEY: Remedy.OPERATOR,
    Halt.HELD: Remedy.OPERATOR,
}


@dataclass(frozen=True, slots=True)
class Face:
    """One row. `sign` is how it is recognised, `shown_by` the simulator's behaviours (none: nobody listens there).

    `fact` is what it is taken for, `status` where the image comes to rest. `charged`: the person is told that it may
    have been paid for. `tasks` is how many the provider has made, and charges for.
    """

    name: str
    side: Side
    sign: str
    shown_by: str
    fact: type[f.Fact]
    status: Status = Status.COMPLETED
    problem: ProblemCode | None = None
    halt: Halt | None = None
    charged: bool = False
    tasks: int = 1

    @property
    def remedy(self) -> Remedy:
        """What may help."""
        if self.halt is not None:
            return AFTER_HALT[self.halt]
        return AFTER_PROBLEM[self.problem] if self.problem is not None else Remedy.NOTHING


_P = ProblemCode


def _failing(face: Face, problem: ProblemCode, charged: bool = True) -> Face:
    return replace(face, status=Status.FAILED, problem=problem, charged=charged)


def _submits() -> Iterator[Face]:
    def row(name: str, sign: str, shown_by: str, fact: type[f.Fact], tasks: int) -> Face:
        return Face(name, Side.SUBMIT, sign, shown_by, fact, tasks=tasks)

    def well(name: str, sign: str, shown_by: str) -> Face:
        return row(name, sign, shown_by, f.Accepted, 1)

    def waits(name: str, sign: str, shown_by: str, halt: Halt) -> Face:
        return replace(row(name, sign, shown_by, f.Refused, 0), status=Status.PENDING, halt=halt)

    def rejected(name: str, sign: str, shown_by: str, problem: ProblemCode) -> Face:
        return _failing(row(name, sign, shown_by, f.Rejected, 0), problem, charged=False)

    def unclear(name: str, sign: str, shown_by: str) -> Face:
        return row(name, sign, shown_by, f.Ambiguous, 1)

    def lost(name: str, sign: str, shown_by: str, tasks: int) -> Face:
        return _failing(row(name, sign, shown_by, f.Ambiguous, tasks), _P.MAY_HAVE_BEEN_CHARGED)

    yield well("accepted", "a task id", "ok")
    yield well("accepted late", "a task id, within the submit's time", "late-answer:0.2")
    yield well("accepted under a bad status", "a task id, whatever the status and the code", "status-500")
    yield waits("unreachable", "no connection: no byte was written", "", Halt.UNREACHABLE)
    yield waits("rate limited", "code 429", "code-429:1", Halt.RATE_LIMITED)
    yield waits("rate limited for a time", "code 429 with Retry-After", "code-429:1:1", Halt.RATE_LIMITED)
    yield waits("maintenance", "code 455", "code-455:0.2", Halt.MAINTENANCE)
    yield waits("no credits", "code 402 in HTTP 200", "code-402:1", Halt.OUT_OF_CREDITS)
    yield waits("bad key", "code 401", "code-401:1", Halt.BAD_KEY)
    yield waits("bad key in a good status", "code 401 in HTTP 200", "body-401:1", Halt.BAD_KEY)
    yield waits("not allowed", "code 403", "code-403:1", Halt.BAD_KEY)
    yield waits("not allowed, by a proxy", "HTTP 403 with HTML", "html-403:1", Halt.BAD_KEY)
    yield rejected("prompt flagged", "code 400 whose words speak of policy", "refuse", _P.PROMPT_REJECTED)
    yield rejected("parameter error", "code 400", "code-400", _P.REQUEST_REJECTED)
    yield rejected("no such endpoint", "code 404", "code-404", _P.REQUEST_REJECTED)
    yield rejected("request too large", "code 413", "code-413", _P.REQUEST_REJECTED)
    yield rejected("validation", "code 422", "code-422", _P.REQUEST_REJECTED)
    yield rejected("input not fetched", "code 451, twice", "code-451", _P.INPUT_UNREACHABLE)
    yield row("input not fetched at first", "code 451, once: its address is signed anew", "code-451:1", f.Rejected, 1)
    yield rejected("feature disabled", "code 505", "code-505", _P.MODEL_UNAVAILABLE)
    yield unclear("internal error", "code 500", "code-500")
    yield unclear("internal error in a good status", "code 500 in HTTP 200", "body-500")
    yield unclear("undocumented code", "any code not listed", "odd-code")
    yield unclear("a proxy's page", "HTTP 5xx with HTML", "html-502")
    yield unclear("a page in a good status", "HTTP 200 with HTML", "html-200")
    yield unclear("empty answer", "HTTP 200 without a body", "empty-200")
    yield unclear("cut JSON", "a body that ends too soon", "cut-json")
    yield unclear("success without a task", "code 200 without a task id", "no-task-id")
    yield unclear("silence", "no answer within the submit's time", "no-answer")
    yield unclear("cut connection", "the connection ends after the first byte", "cut")
    yield lost("never heard of again", "any of these, and no callback", "cut no-callback", 1)
    yield lost("lost before it was accepted", "the same: nobody can tell", "html-502 uncharged", 0)
    yield lost("failed at once", "code 501: whether a task was made is not said", "code-501", 0)


def _records() -> Iterator[Face]:
    def row(name: str, sign: str, shown_by: str, fact: type[f.Fact] = f.Generated) -> Face:
        return Face(name, Side.RECORD, sign, shown_by, fact)

    def fails(name: str, sign: str, shown_by: str, problem: ProblemCode) -> Face:
        return _failing(row(name, sign, shown_by, f.GenerationFailed), problem)

    yield row("slow", "flag 0, then 1", "slow:100", f.Generating)
    yield _failing(row("never done", "flag 0 until the deadline", "never", f.Generating), _P.TIMED_OUT)
    yield _failing(row("unknown flag", "a flag beyond 0 to 3", "flag-7", f.Generating), _P.TIMED_OUT)
    yield fails("not created", "flag 2", "flag-2", _P.CREATE_FAILED)
    yield fails("generation failed", "flag 3, code 501", "flag-3", _P.GENERATION_FAILED)
    yield fails("generation broke", "flag 3, code 500", "flag-3-internal", _P.GENERATION_FAILED)
    yield fails("picture refused", "flag 3, code 400 or words of policy", "flag-3-policy", _P.PROMPT_REJECTED)
    yield fails("failed for its input", "flag 3, code 451", "flag-3-code:451", _P.INPUT_UNREACHABLE)
    yield fails("failed for its request", "flag 3, code 413 or 422", "flag-3-code:422", _P.REQUEST_REJECTED)
    yield fails("failed for its model", "flag 3, code 505", "flag-3-code:505", _P.MODEL_UNAVAILABLE)
    yield fails("failed without a record", "code 501 without data", "poll-code:501", _P.GENERATION_FAILED)
    yield _failing(row("no result", "flag 1 without an address", "no-url", f.NoOutput), _P.PROVIDER_NO_OUTPUT)
    for name, sign, shown_by in (
        ("record null", "code 422", "record-null"),
        ("data null", "code 200 with `data: null`", "data-null"),
        ("not found", "code 404", "record-404"),
    ):
        yield row(f"{name} at first", f"{sign}, within a minute", f"{shown_by}:2", f.TaskMissing)
        yield _failing(row(f"{name} for ever", f"{sign}, for longer", shown_by, f.TaskMissing), _P.TASK_UNKNOWN)
    yield row("poll rate limited", "code 429", "poll-429:1:0.2", f.PollFailed)
    yield row("poll broken", "code 500", "poll-500:2", f.PollFailed)
    yield row("poll answered by a proxy", "HTTP 5xx with HTML", "poll-html-502:2", f.PollFailed)
    yield row("poll answered by a page", "HTTP 200 with HTML", "poll-html-200:2", f.PollFailed)
    yield row("poll cut", "the connection ends", "poll-cut:1", f.PollFailed)
    yield row("another task's record", "a task id that is not the one asked for", "record-foreign:2", f.PollFailed)
    for code in (400, 401, 402, 403, 413, 451, 455, 505, 777):
        yield row(f"poll refused with {code}", f"code {code} without data", f"poll-code:{code}:2", f.PollFailed)
    yield row("record under a bad status", "a record, whatever the status", "poll-status-500")
    yield row("blanks", '`""` and 0 where others send null', "blanks")
    yield row("code as text", "flag 1, and all else is ignored", "error-code-text")
    yield row("times in milliseconds", "kept as text, never computed with", "epoch-times")
    yield row("hour 24", "kept as text, never computed with", "hour-24")
    yield row("result in a list", "the first address of it", "result-array")
    yield row("result in resultUrls", "the first address of it", "result-urls")
    yield row("results with commas", "the first address of them", "result-commas")


def _callbacks() -> Iterator[Face]:
    def row(name: str, sign: str, shown_by: str, fact: type[f.Fact] = f.Generated) -> Face:
        return Face(name, Side.CALLBACK, sign, shown_by, fact)

    yield row("shape A", "`data.taskId`; its code is not believed", "shape-a")
    yield row("shape B", "`data.taskId`; its flag is not believed", "shape-b")
    yield row("a success called a failure", "record-info alone decides", "callback-lies")
    lie = row("a failure called a success", "record-info alone decides", "callback-lies flag-3", f.GenerationFailed)
    yield _failing(lie, _P.GENERATION_FAILED)
    yield row("a foreign task", "the submit's own task id stands", "callback-foreign")
    yield row("half a callback", "400; polling goes on", "callback-cut")
    yield row("twice", "one transition", "callback-twice")
    yield row("ten at once", "one transition", "callback-times:10")
    yield row("before the answer", "the task id is kept; the answer changes nothing", "callback-first")
    yield row("late", "the record was asked for meanwhile", "late-callback:1")
    yield row("none", "polling goes on", "no-callback")


def _results() -> Iterator[Face]:
    def row(name: str, sign: str, shown_by: str, fact: type[f.Fact] = f.Stored) -> Face:
        return Face(name, Side.RESULT, sign, shown_by, fact)

    def bad(name: str, sign: str, shown_by: str, fact: type[f.Fact] = f.ResultRejected) -> Face:
        return _failing(row(name, sign, shown_by, fact), _P.BAD_RESULT)

    def unsafe(name: str, sign: str, shown_by: str) -> Face:
        return _failing(row(name, sign, shown_by, f.ResultRejected), _P.UNSAFE_RESULT)

    def gone(name: str, sign: str, shown_by: str) -> Face:
        return _failing(row(name, sign, shown_by, f.ResultMissing), _P.RESULT_GONE)

    yield row("PNG", "the bytes decode", "result-png")
    yield row("JPEG", "the bytes decode", "result-jpg")
    yield row("WebP", "the bytes decode", "result-webp")
    yield row("wrong type", "the bytes decode; the Content-Type is ignored", "result-wrong-type")
    yield row("wrong extension", "the bytes decode; the name is ignored", "result-wrong-extension")
    yield row("black", "no variance: kept, and flagged `flat`", "black")
    yield row("some redirects", "up to three, each checked anew", "result-hops:3")
    yield row(
        "expired at first", "HTTP 403, then an address that record-info names anew", "result-403:1", f.ResultMissing
    )
    yield gone("forbidden", "HTTP 4xx each time, record-info asked again three times", "result-403")
    yield gone("not found", "the same", "result-404")
    yield gone("gone after a time", "the same", "result-404-after:0")
    yield row("host in trouble", "HTTP 5xx, 408, 425 or 429: tried again", "result-500:2", f.SaveFailed)
    yield bad("empty", "no byte", "result-empty")
    yield bad("a page", "bytes that do not decode", "result-html")
    yield bad("half a picture", "bytes that do not decode", "result-truncated")
    yield bad("cut each time", "fewer bytes than announced, three times", "result-cut")
    yield bad("packed", "a Content-Encoding, which nobody asked for", "result-packed")
    yield bad("endless", "more than the cap on bytes", "result-endless")
    yield bad("two gigabytes", "more announced than the cap on bytes", "result-huge")
    yield bad("a byte a second", "longer than the cap on time, five times", "result-slow", f.SaveFailed)
    yield bad("silent", "longer than the cap on time, five times", "result-silent", f.SaveFailed)
    yield bad("too many redirects", "more than three", "result-hops:4")
    yield unsafe("redirect to the inside", "a private address: no packet is sent", "result-redirect")
    yield unsafe("redirect to this machine", "the same", "result-redirect:http://127.0.0.1:1/x.png")
    yield unsafe("a file", "another scheme than https", "result-url:file:///etc/passwd")
    yield unsafe("a foreign host", "a host that is not on the list", "result-url:https://elsewhere.example/x.png")


FACES: tuple[Face, ...] = (*_submits(), *_records(), *_callbacks(), *_results())
