"""Which pages may open a socket with somebody's cookie: browsers send it from any page, and tell only the origin."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}
_SCHEMES = {"ws": "http", "wss": "https"}

Place = tuple[str, str, int]


def origin_allowed(origin: str | None, scheme: str, host: str | None, others: Sequence[str] = ()) -> bool:
    """Whether `origin`, a header's value, is this server's own, by the request's scheme and Host header.

    `others` are further URLs of this server, such as PUBLIC_URL. No origin, an opaque one (`null`) or one that cannot
    be read is nobody's.
    """
    place = _place(origin or "")
    if place is None or urlsplit(origin or "").path:
        return False
    own = _place(f"{_SCHEMES.get(scheme, scheme)}://{host}") if host else None
    return place == own or place in [_place(other) for other in others]


def _place(url: str) -> Place | None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname or parts.username is not None:
        return None
    return parts.scheme, parts.hostname, _PORTS[parts.scheme] if port is None else port
