"""Who people are and what they share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    """What a member may do in a workspace: a viewer only looks."""

    OWNER = "owner"
    EDITOR = "editor"
    VIEWER = "viewer"


@dataclass(frozen=True, slots=True)
class Viewer:
    """The person behind a request, and the workspace they are at home in.

    `session` is None behind an API key, and `key` is None behind a session.
    """

    account: UUID
    email: str
    workspace: UUID
    role: Role
    session: UUID | None = None
    key: UUID | None = None
    expires_at: datetime | None = None

    @property
    def may_write(self) -> bool:
        """Whether they may change anything."""
        return self.role is not Role.VIEWER


@dataclass(frozen=True, slots=True)
class Workspace:
    """A row of `workspace`; the most it may spend a day is in US dollars, None is no cap."""

    id: UUID
    name: str
    role: Role
    daily_cap_usd: float | None = None


@dataclass(frozen=True, slots=True)
class Project:
    """A row of `project`; `images` counts what is not in the trash."""

    id: UUID
    workspace: UUID
    name: str
    version: int
    created_at: datetime
    updated_at: datetime
    trashed_at: datetime | None = None
