"""What came over the wire, opened with care: nothing that the provider can send raises here."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

LONGEST_PAUSE = 3_600.0
"""Seconds; what a Retry-After may ask for at most."""

EXCERPT_BYTES = 2_048
_LONGEST_TEXT = 500
_ADDRESS = re.compile(r"(https?:(?:\\?/){2}[^\s\"'<>\\/?#]*)[^\s\"'<>]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer. `headers` may be written in any case; `body` is whole, or what came of it."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def header(self, name: str) -> str | None:
        """The header's value, whatever the case of its name."""
        wanted = name.lower()
        return next((value for key, value in self.headers.items() if key.lower() == wanted), None)


@dataclass(frozen=True, slots=True)
class Envelope:
    """The `{"code", "msg", "data"}` around every answer. `code` falls back on the HTTP status."""

    code: int
    message: str
    data: Any


def open_envelope(reply: Reply) -> Envelope | None:
    """The envelope, or None where the body is not a JSON object. The body's code wins over the HTTP status."""
    content = parse_json(reply.body)
    if not isinstance(content, dict):
        return None
    code = whole_number(content.get("code"))
    message = plain(content.get("msg")) or plain(content.get("message"))
    return Envelope(code_of_status(reply) if code is None else code, message, content.get("data"))


def code_of_status(reply: Reply) -> int:
    """The code an HTTP status stands for where the body names none.

    A gateway also answers 501 and 505, and means something else: only the body may speak of those.
    """
    return min(reply.status, 500)


def parse_json(text: bytes | str) -> Any:
    """The JSON value, or None where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def whole_number(value: Any) -> int | None:
    """An int that may have been sent as a string or a float, else None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    if isinstance(value, int):
        return value
    try:
        return int(value) if isinstance(value, str) else None
    except ValueError:
        return None


def plain(value: Any) -> str:
    """Words of the provider as we keep them: short, storable, and no address longer than its host.

    An address in an error message is one of our own signed ones, or one that expires.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return _ADDRESS.sub(r"\1/…", storable(str(value)))[:_LONGEST_TEXT].strip()


def storable(text: str) -> str:
    """The text without what PostgreSQL refuses: NUL and lone surrogates."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")


def excerpt(body: bytes) -> str:
    """The first 2 kB of a body that could not be understood, its addresses cut after the host."""
    text = storable(body[:EXCERPT_BYTES].decode("utf-8", "replace"))
    return _ADDRESS.sub(r"\1/…", text)


def retry_after(reply: Reply) -> float | None:
    """Seconds the provider asks us to wait, 0 to one hour; None where it names none that can be read."""
    value = (reply.header("retry-after") or "").strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", value):
        return min(float(value), LONGEST_PAUSE)
    until = _http_date(value)
    if until is None:
        return None
    # Both dates are the provider's, where it sends both: then our clock does not matter.
    now = _http_date(reply.header("date") or "") or datetime.now(UTC)
    return min(max((until - now).total_seconds(), 0.0), LONGEST_PAUSE)


def _http_date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
