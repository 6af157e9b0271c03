"""A browser that agreed to be told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from server.core.account import Viewer
from server.core.destination import Destinations, Forbidden
from server.core.devices import MOST, Device, Language, check_endpoint, is_public_key, is_secret
from server.core.errors import ErrorCode, Refusal
from server.core.ports import Database, Unit


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a browser gives: the address of its push service, and two keys in base64url."""

    endpoint: str
    p256dh: str
    auth: str


async def add_device(
    database: Database,
    viewer: Viewer,
    subscription: Subscription,
    name: str,
    language: Language,
    destinations: Destinations,
) -> Device:
    """The viewer's device as long as the session, or the API key, lasts; one that is known keeps its name and choices.

    Raises `Refusal` (INVALID_REQUEST, ENDPOINT_REFUSED, TOO_MANY_DEVICES), `Unavailable`.
    """
    _check(subscription, destinations)
    # Its time is the database's: the row's own default.
    new = Device(
        uuid4(),
        viewer.account,
        viewer.session,
        subscription.endpoint,
        subscription.p256dh,
        subscription.auth,
        name,
        language,
        datetime.min.replace(tzinfo=UTC),
        key=viewer.key,
    )

    async def work(unit: Unit) -> Device:
        if await unit.devices.count_others(viewer.account, new.endpoint) >= MOST:
            raise Refusal(ErrorCode.TOO_MANY_DEVICES, f"At most {MOST} devices are told: remove one first.", limit=MOST)
        return await unit.devices.put(new)

    return await database.transact(work)


def _check(subscription: Subscription, destinations: Destinations) -> None:
    if not is_public_key(subscription.p256dh):
        raise Refusal(ErrorCode.INVALID_REQUEST, "p256dh: not a public key of P-256.", field="p256dh")
    if not is_secret(subscription.auth):
        raise Refusal(ErrorCode.INVALID_REQUEST, "auth: not 16 bytes in base64url.", field="auth")
    try:
        check_endpoint(subscription.endpoint, destinations)
    except Forbidden as error:
        raise Refusal(ErrorCode.ENDPOINT_REFUSED, f"Nothing is sent to that push service: {error}") from error
