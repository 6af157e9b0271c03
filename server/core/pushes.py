"""The outbox of pushes as one unit of work knows it: rows written with the outcome, sent later, never twice.

A row waits until `wake_at`; who claims it moves that on, so that another takes over should the first one die. A batch
that is not complete sleeps without a time until its next picture ends.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from server.core.devices import Device
from server.core.notices import NoticeKind, outcome_key, stop_key


class Fate(StrEnum):
    """What a push came to. `unreachable` is one try of several; `held_back`: shown, read or no news before it went."""

    SENT = "sent"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    GIVEN_UP = "given_up"
    GONE = "gone"
    HELD_BACK = "held_back"


@dataclass(frozen=True, slots=True)
class Tally:
    """How pushes stand: what they came to since ever, how many wait, and for how many seconds the oldest does.

    `devices` are all that are known, `troubled` those whose push service last said no, or nothing.
    """

    fates: Mapping[Fate, int]
    waiting: int
    oldest: float
    devices: int
    troubled: int


@dataclass(frozen=True, slots=True)
class NewPush:
    """What is to be told to a device. `ended_at` is when it happened; it is given up at `deadline_at`."""

    device: UUID
    kind: NoticeKind
    ended_at: datetime
    wake_at: datetime
    deadline_at: datetime
    project: UUID | None = None
    image: UUID | None = None
    attempt: int | None = None
    batch: UUID | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """A row of `push` beside what has become of its outcome since.

    `stands`: it is news still, to somebody who may know it. `sent`: it was told already, and has not been read.
    """

    id: UUID
    device: UUID
    kind: NoticeKind
    ended_at: datetime
    deadline_at: datetime
    tries: int
    sent: bool
    stands: bool
    project: UUID | None = None
    project_name: str = ""
    workspace: UUID | None = None
    image: UUID | None = None
    attempt: int | None = None
    batch: UUID | None = None
    prompt: str = ""
    problem: str | None = None
    has_thumb: bool = False

    @property
    def outcome(self) -> str | None:
        """How devices know it again; None for what is no single outcome."""
        if self.kind is NoticeKind.CREDITS_LOW:
            return stop_key(self.ended_at)
        return outcome_key(self.image, self.attempt) if self.image and self.attempt is not None else None


@dataclass(frozen=True, slots=True)
class Claim:
    """Devices whose turn was taken up to `turn`, what is due to them, and what they were told and have not read."""

    turn: datetime
    devices: Sequence[Device]
    stories: Sequence[Story]


@dataclass(frozen=True, slots=True)
class BatchState:
    """The pictures of one request: how many are unfinished, how the others ended, and their keys, last ended first."""

    unfinished: int
    ready: int
    failed: int
    outcomes: Sequence[str]
    prompt: str = ""
    thumb: UUID | None = None

    @property
    def complete(self) -> bool:
        """Whether there is something to tell: several pictures, all of which have ended."""
        return not self.unfinished and self.ready + self.failed > 1

    def beside(self, other: BatchState) -> BatchState:
        """Both as one: they have one notification, for they are of one project."""
        return BatchState(
            self.unfinished + other.unfinished,
            self.ready + other.ready,
            self.failed + other.failed,
            [*self.outcomes, *other.outcomes],
            self.prompt if self.prompt == other.prompt else "",
            self.thumb or other.thumb,
        )


class Pushes(Protocol):
    """Rows of `push`. May raise `Unavailable`; times are the database's."""

    async def plan(self, pushes: Sequence[NewPush]) -> None:
        """Insert; what is there already stays as it is, but for a batch, which is looked at again, until it is sent."""

    async def rouse_batch(self, batch: UUID, account: UUID, ended_at: datetime, wake_at: datetime) -> bool:
        """Look again at a batch that waits or sleeps at any device of the account; False where none does."""

    async def claim(self, limit: int, duration: float) -> Claim | None:
        """Take the turns of what is due to `limit` devices for `duration` seconds; others' devices are skipped."""

    async def batch_state(self, account: UUID, workspace: UUID, batch: UUID) -> BatchState:
        """How the account's request stands; what lies in the trash is left out."""

    async def drop(self, ids: Collection[UUID], fate: Fate) -> None:
        """It is told no more, or was no news any more; what was not sent comes to that."""

    async def sleep(self, id: UUID) -> None:
        """Wait for the next ending of the batch."""

    async def note_sent(self, ids: Collection[UUID]) -> None:
        """The push service has taken it: nobody sends it again, whoever's turn it is."""

    async def postpone(self, ids: Collection[UUID], turn: datetime, until: datetime) -> None:
        """After a try that failed: the next one, where the turn is held still; what is too late by then is dropped."""

    async def drop_shown(self, account: UUID, outcomes: Collection[str], device: UUID | None) -> None:
        """A page has shown these: nothing of them is told to that device, or with None to any of the account's."""

    async def drop_read(self, account: UUID, project: UUID, seen_at: datetime) -> None:
        """The account has seen what ended in the project up to then."""

    def count(self, fate: Fate, number: int) -> None:
        """So many more have come to that, once the unit has committed."""

    async def tally(self) -> Tally:
        """As it stands; batches that are not complete do not wait."""

    async def prune(self, older_than: float) -> None:
        """Forget what was sent, and batches that sleep, for longer than that many seconds."""
