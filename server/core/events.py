"""What the live stream tells: whole entities with their version, and tombstones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


class EventKind(StrEnum):
    """Kinds of events; `data` of a removal is `{id, version}`, of the others the whole entity.

    A read mark has no version: its time, which only rises, is one.
    """

    IMAGE_CHANGED = "image.changed"
    IMAGE_REMOVED = "image.removed"
    PROJECT_CHANGED = "project.changed"
    PROJECT_REMOVED = "project.removed"
    READ_MARK_CHANGED = "read_mark.changed"


@dataclass(frozen=True, slots=True)
class Change:
    """An event before its transaction has given it a number."""

    workspace: UUID
    kind: EventKind
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """A numbered event of a workspace's stream, without gap or repeat.

    `epoch` names the history that it was numbered in; it is empty where a whole stretch of one was read.
    """

    workspace: UUID
    seq: int
    kind: EventKind
    data: Mapping[str, Any]
    at: datetime
    epoch: str = ""


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a workspace's stream. Another epoch means another history: start afresh."""

    epoch: str
    seq: int
