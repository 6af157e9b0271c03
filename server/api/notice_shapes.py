"""The shapes of what a person is told where they do not look, and of where that is."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from server.api.schemas import NO_NUL, Image, Shape, Snapshot
from server.core.devices import Language, Trouble
from server.core.notices import KEY

Outcome = Annotated[str, StringConstraints(pattern=KEY)]
MOST_NAMED = 500
Choice = Literal["ready", "failed", "batch", "credits_low"]
Text = Annotated[str, StringConstraints(min_length=1, max_length=2_000, pattern=NO_NUL)]
DeviceName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80, pattern=NO_NUL)]


class Notices(Snapshot):
    """How what a person asked for has ended."""

    images: list[Image] = Field(description="Their own, last ended first; at most 50, and none that is in the trash.")


_EITHER: dict[str, Any] = {"anyOf": [{"required": ["outcomes"]}, {"required": ["images"]}]}


class Shown(Shape):
    """A page has shown these outcomes, so nothing else need tell of them. Their keys, or just the images."""

    model_config = ConfigDict(json_schema_extra=_EITHER)

    outcomes: Annotated[list[Outcome], Field(min_length=1, max_length=MOST_NAMED)] | None = Field(
        None,
        description="`image:attempt`; or `credits:` and `since` of the queue's reason, in milliseconds since 1970.",
    )
    images: Annotated[list[UUID], Field(min_length=1, max_length=MOST_NAMED)] | None = None
    device: UUID | None = Field(
        description="The device whose hidden tab showed a notification; null: a tab in front, so all devices know."
    )

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if self.outcomes is None and self.images is None:
            raise ValueError("name outcomes, or images")
        return self


class UntoldAsked(Shape):
    """What a hidden tab has heard of, once a tab in front had the time to tell it first."""

    outcomes: Annotated[list[Outcome], Field(min_length=1, max_length=MOST_NAMED)]
    device: UUID | None = Field(description="The tab's browser, where it is a device; null where it is none.")
    language: Language


class NoticeMessage(Shape):
    """A message as a push would bring it; `outcomes` are all that it speaks for."""

    kind: Literal["batch", "credits_low"]
    tag: str
    title: str
    body: str
    url: str
    thumb: str | None
    outcomes: list[str]


class Untold(Shape):
    """Of what was asked for, what that tab is to have its system tell."""

    outcomes: list[str] = Field(description="Ended well or badly, unread, wanted here, and shown by no tab in front.")
    elsewhere: list[str] = Field(description="Shown by a tab in front of this person's, or read: tell it no more.")
    messages: list[NoticeMessage] = Field(description="Of whole batches, and that credits ran out.")


class Device(Shape):
    """A browser that agreed to be told. `trouble`: its push service said no, or does not answer."""

    id: UUID
    name: str
    language: Language
    off: list[Choice] = Field(description="What this device is not told, whatever the person's choices are.")
    created_at: datetime
    pushed_at: datetime | None = Field(description="When its push service last took a message.")
    trouble: Trouble | None


class Devices(Shape):
    """Where a person is told, oldest first."""

    items: list[Device]
    key: str = Field(description="The server's key that browsers subscribe with: a point of P-256 in base64url.")


class NewDevice(Shape):
    """A browser's subscription, with a name to recognise it by and the language to tell it in.

    One that the person has already keeps its name and choices; one that another account had is taken over.
    """

    endpoint: Text
    p256dh: Text
    auth: Text
    name: DeviceName
    language: Language


class DeviceEdit(Shape):
    """What to change of a device; members left out stay as they are."""

    name: DeviceName | None = None
    language: Language | None = None
    off: Annotated[list[Choice], Field(max_length=10)] | None = None


class NoticeChoices(Shape):
    """What a person is told of, and the projects of which they are told nothing."""

    on: Annotated[list[Choice], Field(max_length=10)]
    muted_projects: Annotated[list[UUID], Field(max_length=1_000)]
