"""What was learned about an image: the only things that move it.

A fact states what happened, in our words, never in the provider's; it names the attempt it speaks of (the number, or 0
where no attempt is meant). `lifecycle.advance` decides what follows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from server.core.errors import Problem
from server.core.image import Rendition


class Halt(StrEnum):
    """Why all submits pause together, whatever the image."""

    RATE_LIMITED = "rate_limited"
    MAINTENANCE = "maintenance"
    UNREACHABLE = "unreachable"
    OUT_OF_CREDITS = "out_of_credits"
    BAD_KEY = "bad_key"
    # No provider says this: the operator does.
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened to one attempt of an image."""

    attempt: int = 0


# What we do ourselves


@dataclass(frozen=True, slots=True)
class IngestStarted(Fact):
    """A worker has taken an upload in hand."""


@dataclass(frozen=True, slots=True)
class SubmitIntended(Fact):
    """The last act before the socket is written: from here on the provider may charge.

    It opens attempt number `attempt`; `aspect_ratio` is the one that is asked for.
    """

    aspect_ratio: str | None = None


@dataclass(frozen=True, slots=True)
class Stored(Fact):
    """The bytes decoded, and every rendition is stored."""

    renditions: Mapping[str, Rendition] = field(default_factory=dict)
    flat: bool = False
    thumbhash: str | None = None


@dataclass(frozen=True, slots=True)
class SaveFailed(Fact):
    """Our side could not store for now (disk full, storage down, download interrupted): worth another try."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class ResultRejected(Fact):
    """What was fetched or uploaded is not a picture we keep, or its address is not one we visit: final."""

    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class ResultMissing(Fact):
    """The result's address answers 404 or 403: ask the provider again for another."""


@dataclass(frozen=True, slots=True)
class InputFailed(Fact):
    """A picture this one was to be made from will never be completed."""


# What the provider answers


@dataclass(frozen=True, slots=True)
class Refused(Fact):
    """No byte of the submit was accepted, so nothing can have been charged. `retry_after` is in seconds."""

    halt: Halt = Halt.UNREACHABLE
    retry_after: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Rejected(Fact):
    """The provider said no to this very request; nothing was charged."""

    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Ambiguous(Fact):
    """The submit may have been accepted and charged; `body` is the first 2 kB of whatever came back."""

    reason: str = ""
    body: str = ""


@dataclass(frozen=True, slots=True)
class Accepted(Fact):
    """The submit's own answer: the provider has the task."""

    task_id: str = ""


@dataclass(frozen=True, slots=True)
class Generating(Fact):
    """The task exists and is not done; it may have been learned through a callback's candidate."""

    task_id: str = ""


@dataclass(frozen=True, slots=True)
class TaskMissing(Fact):
    """The provider does not know the task (yet)."""


@dataclass(frozen=True, slots=True)
class PollFailed(Fact):
    """The provider could not be asked this time. `retry_after` is in seconds."""

    reason: str = ""
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Generated(Fact):
    """The picture can be fetched. `details` is what the provider said, kept in `metadata`."""

    task_id: str = ""
    url: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NoOutput(Fact):
    """The provider says success and gives no address."""

    task_id: str = ""


@dataclass(frozen=True, slots=True)
class GenerationFailed(Fact):
    """The provider ended the task without a picture. `confirmed`: in so many words, by code 501."""

    task_id: str = ""
    problem: Problem | None = None
    confirmed: bool = False


# What people and time do


@dataclass(frozen=True, slots=True)
class CancelRequested(Fact):
    """A person no longer wants it."""


@dataclass(frozen=True, slots=True)
class RetryRequested(Fact):
    """A person asks for another, possibly paid, attempt."""


@dataclass(frozen=True, slots=True)
class RefreshRequested(Fact):
    """Somebody has news: ask the provider now (a callback, or a person's click)."""


@dataclass(frozen=True, slots=True)
class DeadlinePassed(Fact):
    """`deadline_at` lies in the past, by the database's clock."""


FACTS: tuple[type[Fact], ...] = (
    IngestStarted,
    SubmitIntended,
    Stored,
    SaveFailed,
    ResultRejected,
    ResultMissing,
    InputFailed,
    Refused,
    Rejected,
    Ambiguous,
    Accepted,
    Generating,
    TaskMissing,
    PollFailed,
    Generated,
    NoOutput,
    GenerationFailed,
    CancelRequested,
    RetryRequested,
    RefreshRequested,
    DeadlinePassed,
)
