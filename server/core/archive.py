"""Many pictures in one download: what a signed link names for a few minutes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Archive:
    """A row of `archive`: which pictures of a workspace, in which order."""

    id: UUID
    workspace: UUID
    images: tuple[UUID, ...]
    expires_at: datetime


class Archives(Protocol):
    """Rows of `archive`. May raise `Unavailable`."""

    async def add(self, workspace: UUID, images: Sequence[UUID], life: float) -> Archive:
        """A new one that can be fetched for `life` seconds."""

    async def load(self, id: UUID) -> Archive | None:
        """The archive, unless its time is over."""

    async def prune(self) -> int:
        """Forget those whose time is over; how many."""
