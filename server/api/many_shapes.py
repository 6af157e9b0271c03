"""The shapes of what is done to many pictures at once, and of the trash."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from server.api.schemas import Shape
from server.core.image import Action

MOST = 500


class Selection(Shape):
    """Pictures of the workspace; what is not there, or somebody else's, is skipped."""

    ids: Annotated[list[UUID], Field(min_length=1, max_length=MOST)]


class ImageChanges(Selection):
    """What to do to all of them. `project` is where `move` puts them, and comes with it alone."""

    action: Action
    project: UUID | None = None


class Purged(Shape):
    """The pictures that were removed for ever."""

    ids: list[UUID]


class Archive(Shape):
    """A zip to be fetched from `url` until `expires_at`, by whoever has it; `size` in bytes."""

    url: str
    name: str
    images: int
    size: int
    expires_at: datetime
