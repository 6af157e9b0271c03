"""Addresses that carry their own permission: what they name, until when, and a signature. The clock is handed in."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from uuid import UUID

_EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}


def extension(media_type: str) -> str:
    """The usual ending of a file of that type, without the dot."""
    return _EXTENSIONS[media_type]


def sign_input(secret: bytes, image: UUID, expires_at: datetime, media_type: str) -> str:
    """A token for `GET /api/inputs/{token}`; it ends in the file's extension, which some fetchers insist on."""
    return _sign(secret, "input", image, expires_at, extension(media_type))


def read_input(secret: bytes, token: str, now: datetime) -> UUID | None:
    """The image the token names; None where it was altered or has expired."""
    return _read(secret, "input", token, now)


def sign_archive(secret: bytes, archive: UUID, expires_at: datetime) -> str:
    """A token for `GET /api/archives/{token}`."""
    return _sign(secret, "archive", archive, expires_at, "zip")


def read_archive(secret: bytes, token: str, now: datetime) -> UUID | None:
    """The archive the token names; None where it was altered or has expired."""
    return _read(secret, "archive", token, now)


def sign_thumb(secret: bytes, image: UUID, expires_at: datetime) -> str:
    """A token for `GET /api/thumbs/{token}`."""
    return _sign(secret, "thumb", image, expires_at, "thumb")


def read_thumb(secret: bytes, token: str, now: datetime) -> UUID | None:
    """The image whose thumb the token names; None where it was altered or has expired."""
    return _read(secret, "thumb", token, now)


def _sign(secret: bytes, use: str, id: UUID, expires_at: datetime, ending: str) -> str:
    claim = f"{id.hex}.{int(expires_at.timestamp())}"
    return f"{claim}.{_signature(secret, use, claim, ending)}.{ending}"


def _read(secret: bytes, use: str, token: str, now: datetime) -> UUID | None:
    parts = token.split(".")
    if len(parts) != 4 or not token.isascii():
        return None
    claim = f"{parts[0]}.{parts[1]}"
    if not hmac.compare_digest(parts[2].encode(), _signature(secret, use, claim, parts[3]).encode()):
        return None
    # The signature is ours, so all parts have the form that _sign gave them.
    if datetime.fromtimestamp(int(parts[1]), UTC) < now:
        return None
    return UUID(hex=parts[0])


def _signature(secret: bytes, use: str, claim: str, ending: str) -> str:
    """Bound to its use: an address of one kind opens nothing of another."""
    return hmac.new(secret, f"{use}:{claim}.{ending}".encode(), hashlib.sha256).hexdigest()[:40]
