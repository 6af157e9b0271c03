"""Who may come in by either door of the live stream, decided before anything is streamed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from starlette.requests import HTTPConnection

from server.api.identity import bearer_key
from server.api.problems import RETRY_SOON, ProblemResponse
from server.core.account import Viewer
from server.core.errors import ErrorCode
from server.core.ports import Unavailable
from server.live.hub import Hub

Identify = Callable[[HTTPConnection], Awaitable[Viewer | None]]
"""Finds the viewer behind a Bearer key or a session cookie, None for nobody; may raise `Unavailable`."""


class Denial(Exception):
    """Refused with an HTTP answer."""

    def __init__(self, status: int, code: ErrorCode, detail: str) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail

    def response(self) -> ProblemResponse:
        """The problem; before a handshake every stranger is answered 403."""
        content = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "code": str(self.code),
        }
        return ProblemResponse(content, self.status, {"Retry-After": str(RETRY_SOON)} if self.status == 503 else None)


def refuse_while_leaving(hub: Hub) -> None:
    """Raises `Denial`."""
    if hub.draining:
        raise Denial(503, ErrorCode.UNAVAILABLE, "This server is restarting.")


async def admit(connection: HTTPConnection, identify: Identify, ours: bool) -> Viewer:
    """The viewer; `ours` says that a page of this server asks. Raises `Denial`.

    A page of somebody else's can make a browser send the cookie, but never a header of its own.
    """
    if bearer_key(connection) is None and not ours:
        raise Denial(403, ErrorCode.FORBIDDEN_ORIGIN, "Sockets with a cookie are for this server's own pages.")
    try:
        viewer = await identify(connection)
    except Unavailable as error:
        raise Denial(503, ErrorCode.UNAVAILABLE, "The database does not answer.") from error
    if viewer is None or (viewer.session is not None and not ours):
        raise Denial(403, ErrorCode.NOT_SIGNED_IN, "Sign in, or send a key.")
    return viewer
