"""The shapes of the queue in front of the provider. Live frames tell the same `Queue`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from server.api.schemas import Shape
from server.core.facts import Halt
from server.core.fair_queue import PLACES


class QueueProvider(Shape):
    """Whether the provider takes work. No `reason`: it does."""

    reason: Halt | None
    since: datetime | None = Field(description="When the provider gave that reason first; null where it gave none.")
    until: datetime | None = Field(description="When it is tried again; null where somebody must act, or it is now.")
    credits: float | None = Field(description="The provider's balance as last read, in its credits.")


class Queue(Shape):
    """The workspace's part of the queue."""

    paused: bool = Field(description="By one of the workspace's people, for the workspace alone.")
    provider: QueueProvider
    in_flight: int = Field(description="Generations that are reserved or at the provider.")
    waiting: int = Field(description="Pending generations that are not reserved.")
    places: dict[UUID, int] = Field(
        description="The place of waiting generations, 1 goes next: among all that wait, or among the workspace's own "
        f"while it is paused. At most the first {PLACES}; one that waits for a picture to be made from has none yet."
    )


class QueueOrder(Shape):
    """Waiting images that are to go first, in this order. One of them alone goes to the front."""

    ids: Annotated[list[UUID], Field(min_length=1, max_length=PLACES)]


class QueueScope(Shape):
    """Which images are meant: those of a batch and those of a project; null is any."""

    batch: UUID | None = None
    project: UUID | None = None


class QueueRetry(QueueScope):
    """Which failed images to try again. Those that may have been charged already only if that is said."""

    include_charged: bool = False
