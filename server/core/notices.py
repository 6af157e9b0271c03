"""What a person is told where they do not look: the kinds of notices, who wants which, and what has been told.

A notice is an outcome of a person's own generation, and is told to its author alone. There is no second truth: what
was told is read from images, what is unread from read marks. Kept anew are only choices, devices and pushes to send.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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


KEY = r"^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}:\d{1,9}|credits:\d{1,15})$"
"""What devices know outcomes by, as a regular expression."""

_STOP = "credits"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def outcome_key(image: UUID, attempt: int) -> str:
    """How a device knows an outcome again."""
    return f"{image}:{attempt}"


def stop_key(since: datetime) -> str:
    """How a device knows again that credits ran out: by the beginning of that stop, in milliseconds since 1970."""
    return f"{_STOP}:{(since - _EPOCH) // timedelta(milliseconds=1)}"


def images_of(keys: Iterable[str]) -> list[UUID]:
    """The images that keys name; that credits ran out names none."""
    heads = {key.partition(":")[0] for key in keys}
    return [UUID(head) for head in sorted(heads - {_STOP})]


@dataclass(frozen=True, slots=True)
class Ending:
    """A generation of a person's own. `news`: it ended beyond what they have read, in a project that is no trash.

    `shown`: a tab in front of theirs has told them how it ended.
    """

    image: Image
    project_name: str
    news: bool
    shown: bool

    @property
    def key(self) -> str:
        """How devices know it, if it is an outcome."""
        return outcome_key(self.image.id, self.image.attempt)


class Notices(Protocol):
    """A person's choices, and the outcomes of what they asked for. May raise `Unavailable`."""

    async def choices(self, accounts: Collection[UUID]) -> Mapping[UUID, Choices]:
        """The choices of each of the accounts."""

    async def choose(self, account: UUID, workspace: UUID, choices: Choices) -> None:
        """Replace them. Of muted projects, those of the workspace; what lies in its trash stays as it is."""

    async def outcomes(self, account: UUID, workspace: UUID, limit: int) -> Sequence[Image]:
        """The account's own generations that ended well or badly, last ended first; nothing that is in the trash."""

    async def endings(self, account: UUID, workspace: UUID, images: Collection[UUID]) -> Sequence[Ending]:
        """Those of `images` that the account asked for there, ended or not, in the trash or not."""

    async def keys_of(self, account: UUID, images: Collection[UUID]) -> Sequence[str]:
        """The outcomes of those images as they stand; of the account's own alone."""

    async def note_shown(self, account: UUID, outcomes: Collection[str]) -> None:
        """A tab in front has told the account of these. What is no outcome of theirs is passed over."""

    async def has_seen(self, account: UUID, outcome: str) -> bool:
        """Whether a tab in front has told the account of it."""

    async def prune(self, older_than: float) -> None:
        """Forget what was shown more than that many seconds ago."""

    async def projects_among(self, workspace: UUID, ids: Collection[UUID]) -> set[UUID]:
        """Those of `ids` that are projects of the workspace, in the trash or not."""

    async def owners_waiting(self) -> Sequence[UUID]:
        """The owners of workspaces in which any generation is unfinished, whoever asked for it."""
