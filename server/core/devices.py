"""Where a person is told: a browser that agreed to it, with the address and the keys of its push service."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from ipaddress import ip_address
from typing import Protocol
from urllib.parse import urlsplit
from uuid import UUID

from server.core.destination import PORTS, Destinations, Forbidden, Origin
from server.core.notices import NoticeKind

MOST = 20
"""Devices of one person."""

# The curve P-256 of FIPS 186: y² = x³ - 3x + b over the field of P.
_P = 2**256 - 2**224 + 2**192 + 2**96 - 1
_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B


class Language(StrEnum):
    """The languages in which a device is told."""

    EN = "en"
    FR = "fr"


class Trouble(StrEnum):
    """Why a device may not have been told: its push service said no, or did not answer."""

    REFUSED = "refused"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Device:
    """A row of `push_subscription`. `p256dh` and `auth` are base64url; `off` are kinds that this device is not told.

    It belongs to the `session` or the API `key` it was added with, and goes with that. `rests_until`: nothing is sent
    to it before.
    """

    id: UUID
    account: UUID
    session: UUID | None
    endpoint: str
    p256dh: str
    auth: str
    name: str
    language: Language
    created_at: datetime
    off: frozenset[NoticeKind] = frozenset()
    pushed_at: datetime | None = None
    trouble: Trouble | None = None
    rests_until: datetime | None = None
    key: UUID | None = None


class Devices(Protocol):
    """Rows of `push_subscription`. May raise `Unavailable`."""

    async def put(self, device: Device) -> Device:
        """Insert, or where the endpoint is known bring its keys, session and language up to date.

        The account's own keeps its id, name and choices, and stays with a session that has not ended where an API key
        brings it. Another account's is taken over: that one goes, with all that was to be sent to it.
        """

    async def count_others(self, account: UUID, endpoint: str) -> int:
        """How many devices the account has, that one apart; nobody adds another before the unit ends."""

    async def of(self, account: UUID) -> Sequence[Device]:
        """The account's devices, oldest first."""

    async def told(self, accounts: Sequence[UUID], workspace: UUID | None) -> Sequence[Device]:
        """The devices of these accounts that may be told of the workspace (None is any), in the order of their ids.

        Their sessions have not ended, and they are members still.
        """

    async def change(
        self,
        account: UUID,
        id: UUID,
        name: str | None = None,
        language: Language | None = None,
        off: frozenset[NoticeKind] | None = None,
    ) -> Device | None:
        """Set what is not None; None where the account has no such device."""

    async def get(self, account: UUID, id: UUID) -> Device | None:
        """The account's device."""

    async def remove(self, account: UUID, id: UUID) -> bool:
        """Delete it with all that was to be sent to it; False where the account has no such device."""

    async def forget(self, device: Device) -> None:
        """Its push service does not know it any more: delete it, unless it has been renewed meanwhile."""

    async def note_sent(self, id: UUID) -> None:
        """It was told now, and all is well."""

    async def note_trouble(self, id: UUID, trouble: Trouble, rests_until: datetime | None = None) -> None:
        """It could not be told; nothing more is sent to it before `rests_until`."""


def check_endpoint(endpoint: str, destinations: Destinations) -> Origin:
    """The origin of a push service's address. Forbidden: it is not one we send to, as far as can be seen from it.

    Where its name leads is checked when something is sent.
    """
    origin = origin_of_endpoint(endpoint)
    destinations.check(origin)
    try:
        address = str(ip_address(origin.host))
    except ValueError:
        return origin
    destinations.check_addresses(origin, [address])
    return origin


def origin_of_endpoint(endpoint: str) -> Origin:
    """Scheme, host and port. Forbidden: there is none, or there are credentials in it."""
    try:
        parts = urlsplit(endpoint)
        scheme, host, port = parts.scheme.lower(), parts.hostname or "", parts.port
    except ValueError as error:
        raise Forbidden("The address cannot be read.") from error
    if scheme not in PORTS or not host or "@" in parts.netloc or not endpoint.isascii() or not endpoint.isprintable():
        raise Forbidden("The address is no web address.")
    return Origin(scheme, host.rstrip("."), PORTS[scheme] if port is None else port)


def is_public_key(text: str) -> bool:
    """Whether it is an uncompressed point of P-256 in base64url: what a browser gives as `p256dh`."""
    point = decode(text)
    if point is None or len(point) != 65 or point[0] != 4:
        return False
    x, y = int.from_bytes(point[1:33], "big"), int.from_bytes(point[33:], "big")
    return x < _P and y < _P and (y * y - (x * x * x - 3 * x + _B)) % _P == 0


def is_secret(text: str) -> bool:
    """Whether it is 16 bytes in base64url: what a browser gives as `auth`."""
    secret = decode(text)
    return secret is not None and len(secret) == 16


def decode(text: str) -> bytes | None:
    """The bytes of base64url, padded or not; None where it is something else."""
    bare = text.rstrip("=")
    if not bare.isascii() or not all(character.isalnum() or character in "-_" for character in bare):
        return None
    try:
        return urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
    except (binascii.Error, ValueError):
        return None
