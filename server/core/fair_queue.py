"""The queue in front of the provider: what waits, in whose order, and what a workspace's people see of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from server.core.limits import Rate, Verdict
from server.core.stores import Wake

PLACES = 500
"""Most places told of one workspace."""


@dataclass(frozen=True, slots=True)
class QueueState:
    """A workspace's part of the queue.

    `in_flight` counts what is reserved or at the provider, `waiting` the pending generations that are not reserved.
    `places` holds, for the first `PLACES` of those, their place among all that wait, 1 goes next; in the order of the
    places. An image that waits for a picture to be made from has no place yet. While the workspace is paused the
    others pass it by, and a place is one among its own.
    """

    paused: bool = False
    in_flight: int = 0
    waiting: int = 0
    places: Mapping[UUID, int] = field(default_factory=dict)


class FairQueue(Protocol):
    """Pending generations, in the order in which they go to the provider: workspaces in turn, within each by priority
    and age.
    """

    async def hold(self) -> None:
        """Nobody else reserves, and nobody pauses a workspace, until the unit ends. Twice is harmless."""

    async def reserve(self, per_workspace: int, total: int, most: int = 1_000) -> list[Wake]:
        """Reserve what goes next, under `hold`; the wakes carry their turn.

        Never more than `per_workspace` and `total` in flight, nor more than `most` at a time.
        """

    async def unanswered(self) -> int:
        """How many are reserved or being submitted: the provider has taken none of them yet."""

    async def pace(self, rate: Rate) -> Verdict:
        """Whether another submit fits into the rate now, under `hold`; counts nothing."""

    async def count(self, rate: Rate, number: int) -> Verdict:
        """Count submits, under `hold`; the verdict on the next one."""

    async def claim_reminder(self, at: datetime) -> bool:
        """Whether to have dispatch woken at that time, under `hold`: True unless a wake for a time to come is out."""

    async def read(self, workspaces: Sequence[UUID]) -> Mapping[UUID, QueueState]:
        """How those workspaces stand, in one query; one that is not paused and has nothing in the queue is left out."""

    async def move_to_front(self, workspace: UUID, ids: Sequence[UUID]) -> None:
        """Put those of `ids` that still wait before all others of the workspace, in this order. Twice is harmless."""

    async def pause(self, workspace: UUID, paused: bool) -> bool:
        """Pause or resume the workspace; whether it was otherwise. A pause gives its reservations back."""

    async def is_paused(self, workspace: UUID) -> bool:
        """Whether the workspace is paused by one of its people."""
