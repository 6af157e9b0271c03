"""The key by which push services know this installation: derived, so that there is nothing more to keep or to lose."""

from __future__ import annotations

import hashlib
import hmac

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""The order of P-256's group: a private key is a number from 1 to one less."""

_USE = b"atelier vapid p-256 v1"
# Sixteen bytes more than the order has, so that the remainder favours no key (FIPS 186-5, A.2.1).
_LENGTH = 48


def private_key(secret: bytes) -> int:
    """The private key of P-256 that belongs to SECRET_KEY; the same for every process and for good."""
    return int.from_bytes(_hkdf(secret, _USE, _LENGTH), "big") % (ORDER - 1) + 1


def _hkdf(secret: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869 with SHA-256 and no salt."""
    key = hmac.new(bytes(32), secret, hashlib.sha256).digest()
    block, output = b"", b""
    counter = 1
    while len(output) < length:
        block = hmac.new(key, block + info + bytes([counter]), hashlib.sha256).digest()
        output += block
        counter += 1
    return output[:length]
