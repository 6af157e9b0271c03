"""The frames of `atelier.v1`, as shapes: what the page's types and the protocol's documentation are made from."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from server.api.queue_shapes import Queue
from server.api.read_mark_shapes import ReadMark
from server.api.schemas import Image, Project, Shape


class Hello(BaseModel):
    """The client's first word, within 10 s. Without `since` it asks for a fresh start."""

    model_config = ConfigDict(extra="ignore")

    type: Literal["hello"]
    workspace: UUID | None = None
    epoch: str | None = Field(None, max_length=64)
    since: int | None = Field(None, ge=0, le=2**62)


class Tombstone(Shape):
    """What is left of a removed entity."""

    id: UUID
    version: int


class ImageChanged(Shape):
    """An image, whole."""

    type: Literal["event"]
    seq: int
    kind: Literal["image.changed"]
    at: datetime
    data: Image


class ProjectChanged(Shape):
    """A project, whole."""

    type: Literal["event"]
    seq: int
    kind: Literal["project.changed"]
    at: datetime
    data: Project


class Removed(Shape):
    """An image or a project that is gone for good."""

    type: Literal["event"]
    seq: int
    kind: Literal["image.removed", "project.removed"]
    at: datetime
    data: Tombstone


class ReadMarkChanged(Shape):
    """A person has seen more of a project. Whoever else shares the workspace passes over it."""

    type: Literal["event"]
    seq: int
    kind: Literal["read_mark.changed"]
    at: datetime
    data: ReadMark


EventFrame = Annotated[ImageChanged | ProjectChanged | Removed | ReadMarkChanged, Field(discriminator="kind")]


class Replay(Shape):
    """Every event from `from` to `to`, without a hole; empty when nothing was missed."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True)

    type: Literal["replay"]
    epoch: str
    first: int = Field(alias="from")
    to: int
    now: datetime
    events: list[EventFrame]


class Catchup(Shape):
    """What a slow reader missed: of each entity the latest event from `from` to `to`, in order, so with holes."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True)

    type: Literal["catchup"]
    epoch: str
    first: int = Field(alias="from")
    to: int
    now: datetime
    events: list[EventFrame]


class Reset(Shape):
    """Drop what you know and fetch what you show: the stream goes on after `seq`."""

    type: Literal["reset"]
    epoch: str
    seq: int
    now: datetime


class Beat(Shape):
    """A sign of life that tells the top of the stream, so that a lost last event is seen."""

    type: Literal["beat"]
    seq: int
    now: datetime


class QueueFrame(Queue):
    """How the workspace's queue stands now: passing news, whole each time, outside the numbered stream."""

    type: Literal["queue"]


class Goodbye(Shape):
    """The server is about to close; come back after a random part of `retry_after_ms`."""

    type: Literal["goodbye"]
    retry_after_ms: int
    reason: str


ServerFrame = Annotated[
    Replay | Catchup | Reset | ImageChanged | ProjectChanged | Removed | ReadMarkChanged | Beat | QueueFrame | Goodbye,
    Field(union_mode="left_to_right"),
]
SERVER_FRAME: TypeAdapter[ServerFrame] = TypeAdapter(ServerFrame)
