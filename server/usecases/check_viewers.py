"""Whether people with an open socket may still look."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID

from server.core.account import Viewer
from server.core.ports import Bus, Database, Unit

ENDED_CHANNEL = "sessions"
"""The bus channel that carries the id of a session, key or account whose sockets must be looked at now."""


class Standing(StrEnum):
    """What became of a viewer since they were let in."""

    GOOD = "good"
    SIGNED_OUT = "signed_out"
    NOT_A_MEMBER = "not_a_member"


async def check_viewers(database: Database, viewers: Sequence[Viewer]) -> list[Standing]:
    """The standing of each viewer in their `workspace`, in order, at one moment. Raises `Unavailable`."""

    async def check(unit: Unit) -> list[Standing]:
        alive = await unit.accounts.alive(viewers)
        pairs = zip(viewers, alive, strict=True)
        return [Standing.GOOD if good else await _reason(unit, viewer) for viewer, good in pairs]

    return await database.transact(check)


async def tell_ended(bus: Bus, id: UUID) -> None:
    """After the commit that ended a session or key, or changed an account's rights: its sockets hear of it at once.

    Harmless twice. Raises `Unavailable`; the sockets are then found by the next check, within a minute.
    """
    await bus.publish(ENDED_CHANNEL, str(id).encode())


async def _reason(unit: Unit, viewer: Viewer) -> Standing:
    if await unit.accounts.member(viewer.account, viewer.workspace) is None:
        return Standing.NOT_A_MEMBER
    return Standing.SIGNED_OUT
