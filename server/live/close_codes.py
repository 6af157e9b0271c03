"""Why a socket is closed. 4000-4499: come back; 4500-4999: stay away (sign in again, or reload)."""

from __future__ import annotations

from enum import IntEnum


class CloseCode(IntEnum):
    """Our own close codes beside RFC 6455's."""

    GOING_AWAY = 1001
    POLICY = 1008
    TOO_BIG = 1009
    RESTARTING = 4000
    HELLO_TIMEOUT = 4001
    RESYNC = 4003
    UNAVAILABLE = 4004
    BAD_FRAME = 4500
    NOT_SIGNED_IN = 4501
    NO_SUCH_WORKSPACE = 4502
    TOO_MANY_SOCKETS = 4503
