"""What every code of the provider means: the one table that decides whether a submit may be repeated.

The same table, for people, stands in `docs/nanobanana.md`; a test compares the two.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from server.core.errors import ProblemCode
from server.core.facts import Halt

OK = 200


class OnRecord(StrEnum):
    """What a code says of a task that was asked for."""

    MISSING = "missing"
    ENDED = "ended"
    ASK_AGAIN = "ask again"


@dataclass(frozen=True, slots=True)
class Meaning:
    """A code on a submit (None: it may have been accepted and charged), on record-info, and as a task's own error."""

    submit: Halt | ProblemCode | None
    record: OnRecord
    task: ProblemCode


_P = ProblemCode
_R = OnRecord

MEANINGS: Mapping[int, Meaning] = {
    # On a submit, 400 is PROMPT_REJECTED where its text says so.
    400: Meaning(_P.REQUEST_REJECTED, _R.ASK_AGAIN, _P.PROMPT_REJECTED),
    401: Meaning(Halt.BAD_KEY, _R.ASK_AGAIN, _P.GENERATION_FAILED),
    402: Meaning(Halt.OUT_OF_CREDITS, _R.ASK_AGAIN, _P.GENERATION_FAILED),
    403: Meaning(Halt.BAD_KEY, _R.ASK_AGAIN, _P.GENERATION_FAILED),
    404: Meaning(_P.REQUEST_REJECTED, _R.MISSING, _P.GENERATION_FAILED),
    413: Meaning(_P.REQUEST_REJECTED, _R.ASK_AGAIN, _P.REQUEST_REJECTED),
    422: Meaning(_P.REQUEST_REJECTED, _R.MISSING, _P.REQUEST_REJECTED),
    429: Meaning(Halt.RATE_LIMITED, _R.ASK_AGAIN, _P.GENERATION_FAILED),
    451: Meaning(_P.INPUT_UNREACHABLE, _R.ASK_AGAIN, _P.INPUT_UNREACHABLE),
    455: Meaning(Halt.MAINTENANCE, _R.ASK_AGAIN, _P.GENERATION_FAILED),
    500: Meaning(None, _R.ASK_AGAIN, _P.GENERATION_FAILED),
    501: Meaning(None, _R.ENDED, _P.GENERATION_FAILED),
    505: Meaning(_P.MODEL_UNAVAILABLE, _R.ASK_AGAIN, _P.MODEL_UNAVAILABLE),
}
UNLISTED = Meaning(None, OnRecord.ASK_AGAIN, ProblemCode.GENERATION_FAILED)

_POLICY = re.compile(r"\bflagged\b|polic(y|ies)\b|prohibited|nsfw|sensitive content|safety|moderation", re.IGNORECASE)


def meaning(code: int | None) -> Meaning:
    """What `code` means; a code that nobody documented may always have cost money."""
    return MEANINGS.get(code, UNLISTED) if code is not None else UNLISTED


def speaks_of_policy(text: str) -> bool:
    """Whether the provider's words blame the prompt."""
    return _POLICY.search(text) is not None
