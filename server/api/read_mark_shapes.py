"""The shapes of what a person has seen. Live events tell the same `ReadMark`."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import AwareDatetime, Field

from server.api.schemas import Image, Shape, Snapshot


class ReadMark(Shape):
    """Up to when a person has seen a project's pictures. It only rises: the later one is true."""

    account: UUID
    project: UUID
    seen_at: datetime


class ReadMarkEdit(Shape):
    """When what was seen last had ended. A time to come counts as now, an earlier one than the mark's as the mark's."""

    seen_at: AwareDatetime


class Unread(Snapshot):
    """What a person has not seen of the workspace: generations that ended after the mark of their project.

    A project without a mark is read up to the time at which it was made.
    """

    marks: list[ReadMark] = Field(description="The person's own.")
    images: list[Image] = Field(description="Last ended first; at most 200, and none that is in the trash.")
