"""Web Push: sealed for the device by pywebpush (RFC 8291), sent by the guarded client to where a stranger said."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from pywebpush import WebPusher, WebPushException

from server.core.destination import Destinations, Forbidden, Origin
from server.core.devices import origin_of_endpoint
from server.core.ports import Clock, Delivery, Envelope, Outcome
from server.infra.guarded_http import Answer, Caps, GuardedHttp, RequestFailed, Unsafe
from server.infra.vapid import Unsignable, VapidKey

_ENCODING = "aes128gcm"
_GONE = frozenset({404, 410})
_TRY_LATER = frozenset({408, 425, 429})
MOST_PATIENT = 24 * 3_600.0
"""Seconds: who asks for more patience is asked again before."""


class WebPush:
    """The port `Push`. `timeout` is in seconds, for one message; close it with `aclose`."""

    def __init__(
        self,
        destinations: Destinations,
        key: VapidKey,
        subject: str,
        clock: Clock,
        timeout: float,
        http: GuardedHttp | None = None,
    ) -> None:
        caps = Caps(total=timeout, connect=min(5.0, timeout), silence=timeout)
        self._http = http or GuardedHttp(destinations, caps)
        self._key = key
        self._subject = subject
        self._clock = clock

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def send(self, envelope: Envelope) -> Delivery:
        """See `server.core.ports.Push.send`."""
        try:
            origin = origin_of_endpoint(envelope.endpoint)
            headers = {
                "TTL": str(envelope.ttl),
                "Urgency": envelope.urgency,
                "Topic": envelope.topic,
                "Content-Encoding": _ENCODING,
                "Content-Type": "application/octet-stream",
                "Authorization": self._key.authorization(_text(origin), self._subject, self._clock.now()),
            }
            body = _seal(envelope)
        except (Forbidden, Unsignable, ValueError) as error:
            return Delivery(Outcome.REFUSED, reason=str(error))
        try:
            return self._read(await self._http.post(envelope.endpoint, body, headers))
        except Unsafe as error:
            return Delivery(Outcome.REFUSED, reason=str(error))
        except RequestFailed as error:
            return Delivery(Outcome.LATER, reason=str(error))

    def _read(self, answer: Answer) -> Delivery:
        reason = f"The push service answered {answer.status}."
        if 200 <= answer.status < 300:
            return Delivery(Outcome.SENT)
        if answer.status in _GONE:
            return Delivery(Outcome.GONE, reason=reason)
        if answer.status in _TRY_LATER or answer.status >= 500:
            wait = read_retry_after(answer.headers.get("retry-after", ""), self._clock.now())
            return Delivery(Outcome.LATER, wait, reason)
        return Delivery(Outcome.REFUSED, reason=reason)


def _seal(envelope: Envelope) -> bytes:
    """Readable by the device alone. Raises ValueError where its keys are none."""
    keys = {"p256dh": envelope.p256dh, "auth": envelope.auth}
    try:
        sealed = WebPusher({"endpoint": envelope.endpoint, "keys": keys}).encode(envelope.payload, _ENCODING)
    except WebPushException as error:
        raise ValueError("The device's keys cannot be used.") from error
    return bytes(sealed["body"])


def _text(origin: Origin) -> str:
    return f"{origin.scheme}://{origin.header()}"


def read_retry_after(value: str, now: datetime) -> float | None:
    """Seconds from `now`, of a number or a date; None where there is no such header, or none that can be read."""
    try:
        wait = float(value) if value.strip().isdigit() else (_date(value) - now).total_seconds()
    except (TypeError, ValueError):
        return None
    return min(MOST_PATIENT, max(0.0, wait)) if math.isfinite(wait) else None


def _date(value: str) -> datetime:
    date = parsedate_to_datetime(value)
    return date if date.tzinfo else date.replace(tzinfo=UTC)
