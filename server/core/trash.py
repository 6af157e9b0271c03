"""The trash as one unit of work sees it: what lies in it, and what leaves it for ever."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from server.core.image import Image


class Trash(Protocol):
    """Rows of `image` with a `trashed_at`. May raise `Unavailable`; durations are seconds.

    What is unfinished, what an unfinished image is made from, and what the provider is still asked about, an attempt
    of the last `window` seconds without its last word, is never removed.
    """

    async def page(self, workspace: UUID, limit: int, after: tuple[datetime, int, UUID] | None) -> list[Image]:
        """The workspace's trash, last trashed first, then by position and id, beyond `after`."""

    async def remove(self, workspace: UUID, ids: Sequence[UUID], window: float) -> list[Image]:
        """Delete those of `ids` that lie in the workspace's trash; the rows as they were. Twice is harmless."""

    async def remove_old(self, age: float, limit: int, window: float) -> list[Image]:
        """Delete up to `limit` rows of any workspace that have lain there for `age` seconds, the longest first."""

    async def remove_projects(self, age: float, limit: int) -> int:
        """Delete up to `limit` projects that have been in the trash for `age` seconds and hold no image; how many."""

    async def still_named(self, images: Sequence[Image]) -> set[str]:
        """The keys of files that a row names whose picture is the same as one of these, in its workspace."""
