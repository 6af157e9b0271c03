"""What a person is told where they do not look: the kinds of notices, who wants which, and what has been told.

A notice is an outcome of a person's own generation, and is told to its author alone. There is no second truth: what
was told is read from images, what is unread from read marks. Kept anew are only choices, devices and pushes to send.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from server.core.image import Image, Kind, Status

MOST = 50
"""Outcomes in the history of notices."""


class NoticeKind(StrEnum):
    """What a notice tells. `batch`: all pictures of a request have ended. `test`: a person asked for it."""

    READY = "ready"
    FAILED = "failed"
    BATCH = "batch"
    CREDITS_LOW = "credits_low"
    TEST = "test"


CHOSEN = frozenset(NoticeKind) - {NoticeKind.TEST}
"""The kinds that people switch on and off."""

DEFAULT = frozenset({NoticeKind.READY, NoticeKind.FAILED, NoticeKind.CREDITS_LOW})
"""What is on for whoever never chose."""

_OUTCOMES = {Status.COMPLETED: NoticeKind.READY, Status.FAILED: NoticeKind.FAILED}


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person wants to be told of; nothing of projects that are muted."""

    on: frozenset[NoticeKind] = DEFAULT
    muted: frozenset[UUID] = frozenset()

    def wants(self, kind: NoticeKind, project: UUID | None, off: Collection[NoticeKind]) -> bool:
        """Whether a device of theirs, at which the kinds of `off` are off, is told."""
        if kind is NoticeKind.TEST:
            return True
        return kind in self.on and kind not in off and project not in self.muted


def outcome_of(image: Image) -> NoticeKind | None:
    """What the image's end is to its author; None where it is nothing that anybody is told of.

    Nobody is told of uploads, of what they canceled, of what lies in the trash, or of others' pictures.
    """
    if image.kind is not Kind.GENERATION or image.author is None or image.trashed_at is not None:
        return None
    return _OUTCOMES.get(image.status)


def outcome_key(image: UUID, attempt: int) -> str:
    """How a device knows an outcome again."""
    return f"{image}:{attempt}"


class Notices(Protocol):
    """A person's choices, and the outcomes of what they asked for. May raise `Unavailable`."""

    async def choices(self, accounts: Collection[UUID]) -> Mapping[UUID, Choices]:
        """The choices of each of the accounts."""

    async def choose(self, account: UUID, workspace: UUID, choices: Choices) -> None:
        """Replace them. Of muted projects, those of the workspace; what lies in its trash stays as it is."""

    async def outcomes(self, account: UUID, workspace: UUID, limit: int) -> Sequence[Image]:
        """The account's own generations that ended well or badly, last ended first; nothing that is in the trash."""

    async def projects_among(self, workspace: UUID, ids: Collection[UUID]) -> set[UUID]:
        """Those of `ids` that are projects of the workspace, in the trash or not."""

    async def owners_waiting(self) -> Sequence[UUID]:
        """The owners of workspaces in which any generation is unfinished, whoever asked for it."""
