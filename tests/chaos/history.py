"""All that is known at one moment: the rows, the tabs, the files, what was asked, and what the witness charged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from tests.chaos.record import Record

FINISHED = frozenset({"completed", "failed", "canceled"})
TOLD = frozenset({"completed", "failed"})


@dataclass(frozen=True, slots=True)
class Row:
    """An image's row. Times are the database's."""

    id: UUID
    workspace: UUID
    kind: str
    status: str
    version: int
    prompt: str
    wake_at: datetime | None = None
    deadline_at: datetime | None = None
    phase_started_at: datetime | None = None
    trashed_at: datetime | None = None
    error: Mapping[str, Any] | None = None
    renditions: Mapping[str, Any] = field(default_factory=dict)
    late: bool = False
    attempt: int = 1

    @property
    def key(self) -> str:
        """How devices know its outcome."""
        return f"{self.id}:{self.attempt}"

    @property
    def told(self) -> bool:
        """Whether its author is told how it ended."""
        return self.kind == "generation" and self.status in TOLD and self.trashed_at is None

    @property
    def finished(self) -> bool:
        """Whether it has ended."""
        return self.status in FINISHED

    @property
    def code(self) -> str | None:
        """Why it failed."""
        return self.error["code"] if self.error else None


@dataclass(frozen=True, slots=True)
class Try:
    """An attempt. `task`: the provider's task, by its own answer or by a callback."""

    image: UUID
    task: str | None
    settled: bool
    wake_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A tab: its number, its pictures' versions and statuses, and what it has to complain of."""

    name: str
    workspace: UUID
    seq: int | None
    images: Mapping[UUID, tuple[int, str]]
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """A task of the provider. `good`: it succeeded, and its picture can be fetched."""

    id: str
    prompt: str
    done: bool
    good: bool


@dataclass(frozen=True, slots=True)
class Pushed:
    """A message that a push service took for a device, and the outcomes that it names.

    `excused`: whoever sent it may have died before it could write that down, so that another sent it once more.
    """

    device: str
    tag: str
    topic: str
    outcomes: tuple[str, ...]
    excused: bool = False


@dataclass(frozen=True)
class History:
    """One moment.

    `promised`: images that we were told of, with their prompts. `missing`: files that a row names and that are not
    there. `calm`: nothing is under way any more. `devices`: where the author of a workspace's pictures is told.
    """

    now: datetime
    rows: Mapping[UUID, Row]
    tries: tuple[Try, ...]
    tops: Mapping[UUID, int]
    tabs: tuple[Told, ...]
    charges: tuple[str, ...]
    tasks: tuple[Task, ...]
    record: Record
    promised: Mapping[UUID, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    paused: bool = False
    calm: bool = False
    devices: Mapping[UUID, str] = field(default_factory=dict)
    pushes: tuple[Pushed, ...] = ()
