"""What a person has seen, as one unit of work knows it: one mark for each project, up to which all of it is read.

A generation that ended, well or badly, after the mark is unread, unless somebody has moved it since: what is put into
another project by hand is not news, however old that project's mark is. And after the project was made, for what was
moved before it was written down when.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from server.core.image import Image


class ReadMarks(Protocol):
    """Rows of `read_mark`. May raise `Unavailable`; times are the database's."""

    async def rise(self, account: UUID, project: UUID, seen_at: datetime) -> bool:
        """Move the account's mark forward; False where it stands there or beyond.

        Twice is harmless, and so is any order.
        """

    async def of(self, account: UUID, workspace: UUID) -> Mapping[UUID, datetime]:
        """The account's marks in the workspace, by project; those of projects in the trash too."""

    async def unread(self, account: UUID, workspace: UUID, limit: int) -> Sequence[Image]:
        """What the account has not seen of the workspace, last ended first; nothing that is in the trash."""

    async def count_unread(self, account: UUID, workspace: UUID) -> int:
        """How many the account has not seen of the workspace."""
