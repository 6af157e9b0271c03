"""The shapes of the HTTP API, from which the OpenAPI document and the page's types are made.

Times are ISO 8601 in UTC, durations seconds, sizes bytes and pixels, money US dollars.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from server.core.account import Role
from server.core.catalog import DEFAULT_MODEL, MAX_COUNT
from server.core.errors import ErrorCode, ProblemCode
from server.core.image import Kind, Status


class Shape(BaseModel):
    """A JSON object; members it does not name are refused."""

    model_config = ConfigDict(extra="forbid", json_schema_serialization_defaults_required=True)


class Rendition(Shape):
    """One stored file of a picture, at `/api/images/{id}/file/{rendition}`."""

    media_type: str
    width: int
    height: int
    size: int
    sha256: str


class Estimate(Shape):
    """Seconds by which half and nine tenths of the pictures of this model and size were done."""

    p50: float
    p90: float


class ImageError(Shape):
    """Why an image failed; `detail` is what the provider said, if anything."""

    code: ProblemCode
    detail: str | None
    charged: bool


class Image(Shape):
    """A picture, uploaded or generated. `version` rises with every visible change."""

    id: UUID
    project: UUID
    author: UUID | None = Field(description="Who asked for it: only they are told how it ended where they do not look.")
    kind: Kind
    status: Status
    version: int
    created_at: datetime
    phase_started_at: datetime
    finished_at: datetime | None
    trashed_at: datetime | None
    moved_at: datetime | None = Field(description="When it was last put into another project, if ever.")
    cancel_requested: bool
    batch: UUID | None = Field(description="Chosen by whoever asked; the images of one request share it.")
    position: int = Field(description="Place within the request, from 0.")
    name: str
    prompt: str
    model: str | None
    aspect_ratio: str | None = Field(description="None while it waits for the first input's size.")
    resolution: str
    inputs: list[UUID]
    estimate: Estimate | None
    attempt: int
    favorite: bool
    width: int | None
    height: int | None
    thumbhash: str | None = Field(description="A likeness of at most 28 bytes, in base64; null until it is completed.")
    renditions: dict[str, Rendition] = Field(description="`original`, `preview` and `thumb`, once completed.")
    error: ImageError | None
    metadata: dict[str, Any] = Field(description="What the provider said; `nanobanana_task_id` among it.")


class Project(Shape):
    """A folder of pictures."""

    id: UUID
    name: str
    version: int
    created_at: datetime
    updated_at: datetime
    trashed_at: datetime | None


class Images(Shape):
    """The images that a request made."""

    images: list[Image]


class RestoredProject(Shape):
    """A project that came out of the trash, and the pictures that came with it."""

    project: Project
    images: list[Image]


class Snapshot(Shape):
    """Where in the stream the answer was read: events up to `seq` of `epoch` are in it."""

    epoch: str
    seq: int
    now: datetime = Field(description="The server's time, so that no page trusts its own clock.")


class ImagePage(Snapshot):
    """A page of images, newest first; `next` asks for the following one."""

    items: list[Image]
    next: str | None


class ProjectPage(Snapshot):
    """All projects of the workspace, oldest first."""

    items: list[Project]
    next: str | None


class Model(Shape):
    """A model on offer; `prices` in US dollars by resolution."""

    id: str
    name: str
    max_prompt: int
    max_inputs: int
    ratios: list[str]
    resolutions: list[str]
    prices: dict[str, float]


class Account(Shape):
    """The signed-in person."""

    id: UUID
    email: str


class Workspace(Shape):
    """The workspace they are at home in, and what they may do there."""

    id: UUID
    name: str
    role: Role
    daily_cap_usd: float | None = Field(description="The most it may spend a UTC day; null is no cap.")


class Provider(Shape):
    """Where pictures come from. Image-to-image needs `inputs_reachable`."""

    simulated: bool
    inputs_reachable: bool


class Limits(Shape):
    """What the page checks before it asks."""

    max_count: int
    upload_max_bytes: int
    upload_max_pixels: int
    upload_media_types: list[str]
    trash_days: int = Field(description="After so many days in the trash a picture is removed for ever.")


class Me(Shape):
    """Everything a page needs to know before it draws."""

    account: Account
    workspace: Workspace
    provider: Provider
    models: list[Model]
    default_model: str
    limits: Limits
    now: datetime
    version: str


class SignIn(Shape):
    """The token of a sign-in link; it works once."""

    token: Annotated[str, StringConstraints(min_length=16, max_length=128)]


# PostgreSQL keeps every character but this one.
NO_NUL = r"^[^\x00]*$"
ProjectName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120, pattern=NO_NUL)]


class NewProject(Shape):
    """A project to make."""

    name: ProjectName


class ProjectEdit(Shape):
    """What to change of a project."""

    name: ProjectName


class GenerationRequest(Shape):
    """A wish for `count` pictures. `aspect_ratio` is `auto` or one of the model's; with no input `auto` is 1:1."""

    prompt: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5000, pattern=NO_NUL)]
    inputs: Annotated[list[UUID], Field(max_length=14)] = []
    model: str = DEFAULT_MODEL
    aspect_ratio: str = "auto"
    resolution: str = "1K"
    count: Annotated[int, Field(ge=1, le=MAX_COUNT)] = 1
    batch: UUID | None = None


class ImageEdit(Shape):
    """What a person may change of an image; members left out stay as they are."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=NO_NUL)] | None = None
    favorite: bool | None = None


class NewKey(Shape):
    """A name to recognise an API key by."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120, pattern=NO_NUL)]


class Key(Shape):
    """An API key, without its secret."""

    id: UUID
    name: str
    created_at: datetime
    last_used_at: datetime | None


class CreatedKey(Key):
    """An API key with its secret, shown this once."""

    secret: str


class Keys(Shape):
    """The person's API keys."""

    items: list[Key]
    next: str | None


class ProblemDetails(BaseModel):
    """RFC 9457 with a stable `code`. `retry_after` is in seconds, `field` names the member that is wrong.

    `cap_usd`, `spent_usd` (what is under way counts) and `cost_usd` come with `daily_cap_reached`.
    """

    type: Literal["about:blank"] = "about:blank"
    title: str
    status: int
    detail: str
    code: ErrorCode
    field: str | None = None
    retry_after: float | None = None
    limit: float | None = None
    cap_usd: float | None = None
    spent_usd: float | None = None
    cost_usd: float | None = None
