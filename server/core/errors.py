"""Everything that can go wrong and that a person may read about, each under a stable code.

Two tables: `Refusal` is what the API answers to a request; `Problem` is what an image carries when it could not be
made. The page has a sentence and at most one button for every code, in each language; a test compares the tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class ErrorCode(StrEnum):
    """Codes of refused requests; the HTTP status of each stands in `STATUS`."""

    INVALID_REQUEST = "invalid_request"
    NOT_JSON = "not_json"
    NOT_SIGNED_IN = "not_signed_in"
    LINK_EXPIRED = "link_expired"
    FORBIDDEN_ORIGIN = "forbidden_origin"
    READ_ONLY = "read_only"
    NOT_FOUND = "not_found"
    WRONG_STATE = "wrong_state"
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"
    UNSUPPORTED_PICTURE = "unsupported_picture"
    BAD_PICTURE = "bad_picture"
    TOO_MANY_PIXELS = "too_many_pixels"
    INPUTS_UNREACHABLE = "inputs_unreachable"
    UNSUPPORTED_OPTION = "unsupported_option"
    KEY_REUSED = "idempotency_key_reused"
    RATE_LIMITED = "rate_limited"
    DAILY_CAP_REACHED = "daily_cap_reached"
    LINK_ALTERED = "link_altered"
    ENDPOINT_REFUSED = "endpoint_refused"
    TOO_MANY_DEVICES = "too_many_devices"
    UNAVAILABLE = "unavailable"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    INTERNAL = "internal"


STATUS: Mapping[ErrorCode, int] = {
    ErrorCode.INVALID_REQUEST: 422,
    ErrorCode.NOT_JSON: 400,
    ErrorCode.NOT_SIGNED_IN: 401,
    ErrorCode.LINK_EXPIRED: 401,
    ErrorCode.FORBIDDEN_ORIGIN: 403,
    ErrorCode.READ_ONLY: 403,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.WRONG_STATE: 409,
    ErrorCode.TOO_LARGE: 413,
    ErrorCode.TOO_SLOW: 408,
    ErrorCode.UNSUPPORTED_PICTURE: 415,
    ErrorCode.BAD_PICTURE: 422,
    ErrorCode.TOO_MANY_PIXELS: 422,
    ErrorCode.INPUTS_UNREACHABLE: 422,
    ErrorCode.UNSUPPORTED_OPTION: 422,
    ErrorCode.KEY_REUSED: 422,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.DAILY_CAP_REACHED: 402,
    ErrorCode.LINK_ALTERED: 403,
    ErrorCode.ENDPOINT_REFUSED: 422,
    ErrorCode.TOO_MANY_DEVICES: 409,
    ErrorCode.UNAVAILABLE: 503,
    ErrorCode.METHOD_NOT_ALLOWED: 405,
    ErrorCode.INTERNAL: 500,
}


class Refusal(Exception):
    """A request that is not carried out; nothing was written.

    `detail` is an English sentence for people who read the API; the page translates `code`. `extra` holds JSON members
    of the answer, such as `retry_after` in seconds or `field`.
    """

    def __init__(self, code: ErrorCode, detail: str, **extra: Any) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.extra = extra

    @property
    def status(self) -> int:
        """The HTTP status this refusal answers with."""
        return STATUS[self.code]


class ProblemCode(StrEnum):
    """Why an image failed; kept in `image.error` and shown on its card."""

    BAD_IMAGE = "bad_image"
    INPUT_FAILED = "input_failed"
    INPUT_UNREACHABLE = "input_unreachable"
    PROMPT_REJECTED = "prompt_rejected"
    REQUEST_REJECTED = "request_rejected"
    MODEL_UNAVAILABLE = "model_unavailable"
    CREATE_FAILED = "create_failed"
    GENERATION_FAILED = "generation_failed"
    PROVIDER_NO_OUTPUT = "provider_no_output"
    TASK_UNKNOWN = "task_unknown"
    TIMED_OUT = "timed_out"
    MAY_HAVE_BEEN_CHARGED = "may_have_been_charged"
    BAD_RESULT = "bad_result"
    UNSAFE_RESULT = "unsafe_result"
    RESULT_GONE = "result_gone"
    SAVE_TIMED_OUT = "save_timed_out"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Problem:
    """A failure's stable code and what the provider or decoder said of it, if anything (at most 2 kB)."""

    code: ProblemCode
    detail: str | None = None
    charged: bool = field(default=False)

    def as_json(self) -> dict[str, Any]:
        """The shape stored in `image.error` and shown by the API."""
        return {"code": str(self.code), "detail": self.detail, "charged": self.charged}
