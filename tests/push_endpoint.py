"""A push service on loopback that speaks RFC 8030, and the browser behind it: nothing here is the product's own code.

It checks who sends (RFC 8292), opens what was sealed (RFC 8188, RFC 8291), and answers as a test tells it to.
"""

from __future__ import annotations

import asyncio
import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.raw_server import RawServer, Visit, says

PATIENCE = 20.0
CURVE = ec.SECP256R1()
SECRET = bytes(range(16))
# An answer: its status, and further header lines.
DOWN = ("503 Service Unavailable", "")


def to_text(data: bytes) -> str:
    """base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def from_text(text: str) -> bytes:
    """base64url without padding."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def point_of(key: ec.EllipticCurvePublicKey) -> bytes:
    """The uncompressed point."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


class Receiver:
    """A browser's keys, and how it opens what was sealed for it."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(CURVE)
        self._point = point_of(self._key.public_key())

    @property
    def keys(self) -> dict[str, str]:
        """As `PushSubscription.toJSON()` has them."""
        return {"p256dh": to_text(self._point), "auth": to_text(SECRET)}

    def open(self, body: bytes) -> bytes:
        """The payload of one `aes128gcm` record. Raises InvalidTag where it was not sealed for these keys."""
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        sender, sealed = body[21 : 21 + length], body[21 + length :]
        assert length == 65
        assert len(sealed) <= size
        shared = self._key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, sender))
        secret = _hkdf(SECRET, shared, b"WebPush: info\0" + self._point + sender, 32)
        key = _hkdf(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
        nonce = _hkdf(salt, secret, b"Content-Encoding: nonce\0", 12)
        padded = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\0")
        assert padded.endswith(b"\x02"), "the last record says so"
        return padded[:-1]


def _hkdf(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


@dataclass(frozen=True)
class Received:
    """A message as the service was handed it, opened; `at` by the monotonic clock."""

    path: str
    headers: dict[str, str]
    payload: dict[str, Any]
    claims: dict[str, Any]
    key: str
    size: int
    at: float = field(default_factory=time.monotonic)


@dataclass
class PushService:
    """Its address, what it took, and what it answers next: a status, or with headers; then 201 again.

    While it is `silent` it takes nothing; what it takes is answered once `held` is over.
    """

    receiver: Receiver = field(default_factory=Receiver)
    received: list[Received] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    answers: list[tuple[str, str]] = field(default_factory=list)
    always: tuple[str, str] | None = None
    silent: asyncio.Event | None = None
    held: asyncio.Event | None = None
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    url: str = ""

    def endpoint(self, device: str = "ada") -> str:
        """One device's address."""
        return f"{self.url}/send/{device}"

    def subscription(self, device: str = "ada", language: str = "en") -> dict[str, str]:
        """What that device's browser sends."""
        keys = self.receiver.keys
        return {"endpoint": self.endpoint(device), **keys, "name": device, "language": language}

    async def until(self, met: Callable[[PushService], bool]) -> None:
        """Wait until `met` holds of it."""
        try:
            async with asyncio.timeout(PATIENCE), self.changed:
                await self.changed.wait_for(lambda: met(self))
        except TimeoutError:
            raise AssertionError(f"waited in vain: {self.received} {self.refused}") from None

    async def took(self, number: int) -> list[Received]:
        """What it took, once that are so many."""
        await self.until(lambda service: len(service.received) >= number)
        return self.received

    async def refusals(self, number: int) -> None:
        """Wait until it has answered no so often."""
        await self.until(lambda service: len(service.refused) >= number)

    async def answer(self, visit: Visit) -> None:
        """One request."""
        if self.silent is not None:
            await self._note(lambda: self.refused.append("silent"))
            await self.silent.wait()
            return
        status, headers = self.answers.pop(0) if self.answers else self.always or ("201 Created", "")
        if status.startswith("2"):
            message = self._read(visit)
            # It is told before anybody hears that it was taken.
            await self._note(lambda: self.received.append(message))
            if self.held is not None:
                await self.held.wait()
        else:
            await self._note(lambda: self.refused.append(status))
        await says(b"", status, headers)(visit)

    async def _note(self, write: Callable[[], None]) -> None:
        async with self.changed:
            write()
            self.changed.notify_all()

    def _read(self, visit: Visit) -> Received:
        head, _, body = bytes(visit.received).partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        assert first.startswith("POST ")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        assert headers["content-encoding"] == "aes128gcm"
        claims, key = check_token(headers["authorization"], self.url)
        payload = json.loads(self.receiver.open(body))
        return Received(visit.path, headers, payload, claims, key, len(body))


def check_token(authorization: str, origin: str) -> tuple[dict[str, Any], str]:
    """RFC 8292: the claims and the key of a token that is signed with that key, for us, and good now."""
    scheme, _, rest = authorization.partition(" ")
    assert scheme == "vapid"
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    head, claims, signature = parts["t"].split(".")
    assert json.loads(from_text(head)) == {"typ": "JWT", "alg": "ES256"}
    raw = from_text(signature)
    numbers = (int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    key = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, from_text(parts["k"]))
    key.verify(encode_dss_signature(*numbers), f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    told: dict[str, Any] = json.loads(from_text(claims))
    assert told["aud"] == origin
    assert time.time() < told["exp"] <= time.time() + 24 * 3_600
    assert told["sub"].startswith(("mailto:", "https://"))
    return told, parts["k"]


@asynccontextmanager
async def push_service() -> AsyncIterator[PushService]:
    """Listening on loopback, plain."""
    service = PushService()
    async with RawServer(service.answer) as server:
        service.url = server.url
        yield service
        for waiting in (service.silent, service.held):
            if waiting is not None:
                waiting.set()
