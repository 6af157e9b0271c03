"""Everything the simulator can be told to do wrong, by name. The names are a public interface: docs/simulator.md.

A behaviour is chosen by a tag in the prompt, `[[name]]` or `[[name:argument:argument]]`, or over the control interface
by the same text without brackets. Seconds are real seconds, whatever the simulator's speed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

# What an argument may be: a count (a whole number above 0), a code of three digits, seconds or times (a number, 0 or
# more), a URL.
COUNT, CODE, SECONDS, TIMES, URL = "n", "code", "seconds", "times", "url"


@dataclass(frozen=True)
class Behaviour:
    """One row: `required` arguments come first, then the `optional` ones."""

    name: str
    about: str
    sentence: str
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    @property
    def signature(self) -> str:
        """How it is written: `code-429[:n[:seconds]]`."""
        needed = "".join(f":{argument}" for argument in self.required)
        return self.name + needed + "".join(f"[:{a}" for a in self.optional) + "]" * len(self.optional)


def _rows(about: str, *rows: tuple[str, str]) -> Iterable[Behaviour]:
    for signature, sentence in rows:
        bare = signature.partition("[")[0]
        name, *required = bare.split(":")
        optional = re.findall(r"\[:([a-z]+)", signature)
        yield Behaviour(name, about, sentence, tuple(required), tuple(optional))


_SUBMIT = _rows(
    "submit",
    ("ok", "Nothing goes wrong, not even by chance."),
    ("refuse", "Refused with code 400, the prompt was flagged; nothing is charged."),
    (
        "code-400[:n]",
        "Refused with HTTP 400 and code 400, parameter error: the first n submits of this prompt, or all.",
    ),
    ("code-401[:n]", "Refused with HTTP 401 and code 401: the first n submits of this prompt, or all."),
    ("body-401[:n]", "Refused with HTTP 200 and code 401: the first n submits of this prompt, or all."),
    ("code-402[:n]", "Refused with HTTP 200 and code 402, no credits: the first n submits of this prompt, or all."),
    ("code-403[:n]", "Refused with HTTP 403 and code 403: the first n submits of this prompt, or all."),
    (
        "html-403[:n]",
        "Refused with HTTP 403 and a page of HTML, by a proxy: the first n submits of this prompt, or all.",
    ),
    ("code-404[:n]", "Refused with HTTP 404 and code 404: the first n submits of this prompt, or all."),
    ("code-413[:n]", "Refused with HTTP 413 and code 413, too large: the first n submits of this prompt, or all."),
    ("code-422[:n]", "Refused with HTTP 200 and code 422, validation: the first n submits of this prompt, or all."),
    (
        "code-429[:n[:seconds]]",
        "Refused with HTTP 429 and code 429: the first n submits of this prompt, or all; seconds become Retry-After.",
    ),
    ("code-451[:n]", "Refused with HTTP 200 and code 451, an input could not be fetched: the first n submits, or all."),
    (
        "code-455[:seconds]",
        "Maintenance: for so many seconds from the first such submit, every submit is refused with code 455; "
        "without seconds, this prompt always is.",
    ),
    (
        "code-501[:n]",
        "Refused with HTTP 200 and code 501, generation failed: the first n submits of this prompt, or all.",
    ),
    (
        "code-505[:n]",
        "Refused with HTTP 200 and code 505, feature disabled: the first n submits of this prompt, or all.",
    ),
    ("code-500", "Accepted and charged, but answered with HTTP 500 and code 500."),
    ("body-500", "Accepted and charged, but answered with HTTP 200 and code 500."),
    ("odd-code", "Accepted and charged, but answered with code 777, which no page documents."),
    ("html-502", "Accepted and charged, but answered with HTTP 502 and a page of HTML."),
    ("html-200", "Accepted and charged, but answered with HTTP 200 and a page of HTML."),
    ("empty-200", "Accepted and charged, but answered with HTTP 200 and no body."),
    ("cut-json", "Accepted and charged, but answered with half a JSON body."),
    ("no-task-id", "Accepted and charged, but answered with code 200 and no taskId."),
    ("no-answer", "Accepted and charged, but never answered: the connection stays open for ten minutes."),
    ("cut", "Accepted and charged, then the connection is cut without an answer."),
    (
        "uncharged",
        "Beside code-500, body-500, odd-code, html-502, html-200, empty-200, cut-json, no-task-id, no-answer or cut: "
        "not accepted, not charged.",
    ),
    ("status-500", "Accepted, charged and answered as ever, but with HTTP status 500."),
    ("late-answer:seconds", "Accepted and charged; the answer is held back for so many seconds."),
)
_GENERATION = _rows(
    "generation",
    ("slow[:times]", "Takes 5 times as long as it would have, or so many times."),
    ("duration:seconds", "Takes exactly so many real seconds (and as long as the painting takes)."),
    ("never", "Stays GENERATING (flag 0) for ever, or until it is released over the control interface."),
    ("flag-2", "Ends with flag 2, CREATE_TASK_FAILED."),
    ("flag-3", "Ends with flag 3, GENERATE_FAILED, code 501."),
    ("flag-3-policy", "Ends with flag 3 and code 400: flagged by the content policy."),
    ("flag-3-internal", "Ends with flag 3 and code 500: internal error."),
    ("flag-3-code:code", "Ends with flag 3, GENERATE_FAILED, and that code."),
    ("flag-7", "Ends with flag 7, which no page documents, and no result."),
    ("no-url", "Ends with flag 1, SUCCESS, and no result URL."),
    ("black", "The picture is entirely black."),
    ("small", "The picture is a plain one of about 256 pixels a side, painted in a few milliseconds."),
    ("result-png", "The picture is a PNG."),
    ("result-jpg", "The picture is a JPEG."),
    ("result-webp", "The picture is a WebP."),
)
_RECORD = _rows(
    "record-info",
    ("record-null[:n]", "Answered with code 422 `recordInfo is null`: the first n polls, or all."),
    ("data-null[:n]", "Answered with code 200 and `data: null`: the first n polls, or all."),
    ("record-404[:n]", "Answered with code 404: the first n polls, or all."),
    (
        "poll-429[:n[:seconds]]",
        "Answered with HTTP 429 and code 429: the first n polls, or all; with seconds, Retry-After.",
    ),
    ("poll-500[:n]", "Answered with HTTP 500 and code 500: the first n polls, or all."),
    ("poll-code:code[:n]", "Answered with HTTP 200 and that code, without data: the first n polls, or all."),
    ("poll-status-500[:n]", "Answered as ever, but with HTTP status 500: the first n polls, or all."),
    ("poll-html-502[:n]", "Answered with HTTP 502 and a page of HTML: the first n polls, or all."),
    ("poll-html-200[:n]", "Answered with HTTP 200 and a page of HTML: the first n polls, or all."),
    ("poll-cut[:n]", "The connection is cut without an answer: the first n polls, or all."),
    ("record-foreign[:n]", "Answered with the record of another task, a success: the first n polls, or all."),
    ("blanks", "Empty text and 0 stand where null usually does."),
    ("error-code-text", "errorCode is text instead of a number."),
    ("epoch-times", "createTime and completeTime are epoch milliseconds instead of text."),
    ("hour-24", "createTime and completeTime are text with the hour 24."),
    ("result-array", "resultImageUrl is an array."),
    ("result-urls", "The result is in `resultUrls`, an array, instead of resultImageUrl."),
    ("result-commas", "resultImageUrl is two URLs, parted by a comma; both lead to the picture."),
)
_CALLBACK = _rows(
    "callback",
    ("no-callback", "No callback is ever sent."),
    ("callback-twice", "The callback is sent twice at once."),
    ("callback-times:n", "The callback is sent n times at once."),
    ("callback-first", "The task is done as soon as painted, and called back before the submit is answered."),
    ("late-callback:seconds", "The callback is sent so many seconds after the end."),
    (
        "callback-lies",
        "The callback tells of a failure where there was a success, and the other way round, with a result on a "
        "foreign host; record-info tells the truth.",
    ),
    ("callback-foreign", "The callback names a task that does not exist."),
    ("callback-cut", "The callback's body is half a JSON body."),
    ("shape-a", "The callback has the shape of `generate`: its code decides."),
    ("shape-b", "The callback has the shape of `generate-2`: the record-info body."),
)
_RESULT = _rows(
    "result",
    ("result-404", "The result is answered with HTTP 404."),
    (
        "result-403[:n]",
        "The result is answered with HTTP 403, as if its address had expired: the first n downloads, or all.",
    ),
    ("result-404-after:seconds", "The result is there for so many seconds after the end, then answered with HTTP 404."),
    ("result-500[:n]", "The result is answered with HTTP 500: the first n downloads, or all."),
    ("result-empty", "The file is empty."),
    ("result-truncated", "The file is half a picture, and the answer ends as if it were whole."),
    ("result-cut", "The answer promises the whole picture and the connection is cut halfway."),
    ("result-html", "The file is a page of HTML named and typed as a picture."),
    ("result-wrong-type", "The picture is whole, but its Content-Type is text/html."),
    ("result-wrong-extension", "The picture is whole, but its name ends in the extension of another format."),
    ("result-packed", "The picture is packed with gzip, although nobody asked for that."),
    ("result-endless", "The answer begins like a picture and never ends (for ten minutes)."),
    ("result-huge", "The answer promises 2 GiB and sends them."),
    ("result-slow", "The picture comes one byte a second."),
    ("result-silent", "The result is never answered: the connection stays open for ten minutes."),
    ("result-hops:n", "So many redirects on the same host lead to the picture."),
    ("result-redirect[:url]", "HTTP 302 to the URL, or to http://169.254.169.254/latest/meta-data/."),
    ("result-url:url", "record-info and callback name this URL as the result."),
)

BEHAVIOURS: dict[str, Behaviour] = {
    row.name: row for rows in (_SUBMIT, _GENERATION, _RECORD, _CALLBACK, _RESULT) for row in rows
}
