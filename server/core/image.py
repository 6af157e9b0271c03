"""What a picture is: one row, uploaded or generated, from the wish to the stored file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


class Kind(StrEnum):
    """Where a picture comes from."""

    UPLOAD = "upload"
    GENERATION = "generation"


class Status(StrEnum):
    """Where a picture stands; `lifecycle.TRANSITIONS` says how it moves."""

    PENDING = "pending"
    SUBMITTING = "submitting"
    PROCESSING = "processing"
    SAVING = "saving"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"
    UNKNOWN = "unknown"


FINISHED = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELED})
UNFINISHED = frozenset(Status) - FINISHED
AT_PROVIDER = frozenset({Status.SUBMITTING, Status.PROCESSING, Status.UNKNOWN})


class Action(StrEnum):
    """What a person can do to many pictures at once."""

    TRASH = "trash"
    RESTORE = "restore"
    FAVOR = "favor"
    UNFAVOR = "unfavor"
    MOVE = "move"


@dataclass(frozen=True, slots=True)
class Scope:
    """Which of a workspace's pictures are meant: those of a batch and those of a project; None is any."""

    batch: UUID | None = None
    project: UUID | None = None


@dataclass(frozen=True, slots=True)
class Rendition:
    """One stored file of a picture. Sizes in pixels and bytes; `key` is the blob's."""

    key: str
    sha256: str
    media_type: str
    width: int
    height: int
    size: int

    def as_json(self) -> dict[str, Any]:
        """The shape stored in `image.renditions`."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Estimate:
    """How long this model and size took before, in seconds: half and nine tenths of the pictures were done by then.

    `called_back`: whether a callback may be counted on to tell the end.
    """

    p50: float
    p90: float
    called_back: bool = False


@dataclass(frozen=True, slots=True)
class Options:
    """What is asked of the provider. `aspect_ratio` is None while it waits for the first input's upright size."""

    aspect_ratio: str | None = "1:1"
    resolution: str = "1K"


@dataclass(frozen=True, slots=True)
class Image:
    """A row of `image`. Times are the database's, aware and in UTC.

    `tries` counts what was tried within the present phase, `misses` the answers in a row that gave nothing to go on.
    """

    id: UUID
    workspace: UUID
    project: UUID
    kind: Kind
    status: Status
    version: int
    created_at: datetime
    phase_started_at: datetime
    wake_at: datetime | None = None
    deadline_at: datetime | None = None
    dispatched_at: datetime | None = None
    finished_at: datetime | None = None
    author: UUID | None = None
    batch: UUID | None = None
    position: int = 0
    name: str = ""
    prompt: str = ""
    model: str | None = None
    options: Options = field(default_factory=Options)
    inputs: tuple[UUID, ...] = ()
    estimate: Estimate | None = None
    attempt: int = 0
    tries: int = 0
    misses: int = 0
    task_seen: bool = False
    favorite: bool = False
    width: int | None = None
    height: int | None = None
    sha256: str | None = None
    thumbhash: str | None = None
    renditions: Mapping[str, Rendition] = field(default_factory=dict)
    error: Mapping[str, Any] | None = None
    cancel_requested_at: datetime | None = None
    trashed_at: datetime | None = None
    moved_at: datetime | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen to it on its own."""
        return self.status in FINISHED

    @property
    def waits(self) -> bool:
        """Whether it is a generation that nobody has reserved yet."""
        return self.kind is Kind.GENERATION and self.status is Status.PENDING and self.dispatched_at is None

    def lives_by(self, attempt: int) -> bool:
        """Whether that attempt is under way for it; any other attempt has to be settled by itself."""
        return self.attempt == attempt and (self.status in AT_PROVIDER or self.status is Status.SAVING)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A row of `attempt`: one paid try of one image. It outlives its image."""

    id: UUID
    image: UUID
    workspace: UUID
    number: int
    created_at: datetime
    task_id: str | None = None
    candidate_task_id: str | None = None
    result_url: str | None = None
    submitted_at: datetime | None = None
    accepted_at: datetime | None = None
    finished_at: datetime | None = None
    settled_at: datetime | None = None
    wake_at: datetime | None = None
    outcome: str | None = None
    model: str | None = None
    resolution: str | None = None
    price_usd: float | None = None
    called_back_at: datetime | None = None

    @property
    def known_task(self) -> str | None:
        """The task to ask the provider about: the submit's own answer beats a callback's candidate."""
        return self.task_id or self.candidate_task_id
