"""Who is asking, from where: the session's cookie or a Bearer key, and the Origin of writes."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from server.core.account import Viewer
from server.core.errors import ErrorCode, Refusal
from server.core.origin import origin_allowed
from server.core.ports import Database
from server.usecases.sign_in import Credentials, identify

COOKIE = "atelier_session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


async def viewer_of(database: Database, connection: HTTPConnection) -> Viewer | None:
    """The person behind a request or a socket's handshake; None for strangers. Raises `Unavailable`."""
    return await identify(database, *credentials_of(connection))


def credentials_of(connection: HTTPConnection) -> Credentials:
    """What a request or a handshake shows."""
    return Credentials(connection.cookies.get(COOKIE), bearer_key(connection))


def bearer_key(connection: HTTPConnection) -> str | None:
    """The API key of the Authorization header, if there is one."""
    scheme, _, key = connection.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" and key.strip() else None


def check_origin(connection: HTTPConnection, public_url: str | None) -> None:
    """A write with a cookie must come from a page of ours. Raises `Refusal(FORBIDDEN_ORIGIN)`.

    Browsers send Origin with every write; what sends none is not a browser and holds the cookie by itself.
    """
    origin = connection.headers.get("origin")
    if origin is None or bearer_key(connection) is not None:
        return
    others = [public_url] if public_url else []
    if not origin_allowed(origin, connection.url.scheme, connection.headers.get("host"), others):
        raise Refusal(ErrorCode.FORBIDDEN_ORIGIN, "This request came from another site's page.")
