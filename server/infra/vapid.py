"""Who we are to push services: the key pair that SECRET_KEY gives, and tokens signed with it (RFC 8292)."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02, VapidException

from server.core.vapid_key import private_key

TOKEN_LIFE = 12 * 3_600
"""Seconds: half of what is allowed, so that a clock may be wrong."""


class Unsignable(Exception):
    """No token can be made for that push service: its origin is none that the standard knows."""


class VapidKey:
    """The installation's key, the same in every process."""

    def __init__(self, secret: bytes) -> None:
        self._key = ec.derive_private_key(private_key(secret), ec.SECP256R1())

    @property
    def public(self) -> str:
        """What a browser subscribes with: the uncompressed point in base64url."""
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return urlsafe_b64encode(point).rstrip(b"=").decode()

    def authorization(self, origin: str, subject: str, now: datetime) -> str:
        """The header of that name, for a push service's `origin`. Raises `Unsignable`."""
        claims = {"aud": origin, "sub": subject, "exp": int(now.timestamp()) + TOKEN_LIFE}
        # The library's own check of `sub` knows no port; push services know better what they take.
        vapid = Vapid02(self._key, conf={"no-strict": True})
        try:
            return str(vapid.sign(claims)["Authorization"])
        except VapidException as error:
            raise Unsignable(f"{origin} cannot be signed for.") from error
