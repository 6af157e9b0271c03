"""What one unit of work can read and write, as protocols: a store for each kind of row. Adapters: `server/infra`.

The store of the provider's state stands in `pause.py`, that of the ledger in `money.py`, the queue in `fair_queue.py`,
the trash in `trash.py`, downloads in `archive.py`, what people have seen in `read_marks.py`, what they are told in
`notices.py`, and where and when in `devices.py` and `pushes.py`.

Every store says its units and whether calling twice is harmless. Any may raise `Unavailable`, and nothing of its
library's own. Durations are seconds, times are aware datetimes of the database's clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any, Protocol
from uuid import UUID

from server.core.account import Project, Role, Viewer, Workspace
from server.core.events import Change, Event, Position
from server.core.image import Attempt, Image, Scope
from server.core.poll_times import Past


@dataclass(frozen=True, slots=True)
class Wake:
    """A hint that something is to be done; losing one only costs time.

    `what` is `image` or `attempt` (the one of that `id`), `dispatch`, or `due`: all rows whose time has come at `at`;
    `push` is the same for what is to be told.

    `turn` is the very `wake_at` that rescue or dispatch wrote: it lets the bearer claim the turn before that time.
    """

    what: str
    id: UUID | None = None
    at: datetime | None = None
    turn: datetime | None = None


class Lock(Enum):
    """What nobody else may do to rows until the unit ends: delete them, or change them at all."""

    DELETE = auto()
    CHANGE = auto()


class Images(Protocol):
    """Rows of `image`. Reads return None for what is not there."""

    async def add(self, images: Sequence[Image]) -> None:
        """Insert new rows with their inputs."""

    async def load(self, id: UUID) -> Image | None:
        """The image, whoever it belongs to."""

    async def in_workspace(self, workspace: UUID, ids: Sequence[UUID], lock: Lock | None = None) -> list[Image]:
        """Those of `ids` that belong to the workspace, trashed ones too, in no order; held as `lock` says."""

    async def replace(self, before: Image, after: Image) -> Image | None:
        """Compare-and-set on version and `wake_at`. It raises `version`; None means the row has moved on."""

    async def postpone(self, before: Image, after: Image) -> bool:
        """Write what nobody sees (times to wake, counters) where version and `wake_at` are still `before`'s."""

    async def reschedule(self, changes: Sequence[tuple[Image, Image]]) -> set[UUID]:
        """As `postpone`, for many at once: `wake_at`, `tries`, `misses`, `task_seen`. The ids that were written."""

    async def page(self, project: UUID, limit: int, after: tuple[datetime, int, UUID] | None) -> list[Image]:
        """Images of a project that are not in the trash, newest first, beyond `after`."""

    async def of_project(self, project: UUID) -> list[Image]:
        """Every image of a project that is not in the trash; nobody else changes them until the unit ends."""

    async def trashed_with(self, project: UUID, at: datetime) -> list[Image]:
        """The images of a project that were trashed at that moment; nobody else changes them until the unit ends."""

    async def claim(self, id: UUID, turn: datetime | None, duration: float) -> Image | None:
        """Take the turn of an image that is due (or whose `wake_at` is `turn`) for `duration` seconds.

        None where there is nothing to claim: it is finished, not due, or somebody else's turn.
        """

    async def renew(self, images: Sequence[Image], duration: float) -> Mapping[UUID, datetime]:
        """Prolong claimed turns, up to their deadlines; the new `wake_at` of each that was not lost."""

    async def claim_due(self, limit: int, duration: float) -> list[Image]:
        """Take the turns of the `limit` images that have been due longest, skipping locked rows."""

    async def claim_overdue(self, grace: float, duration: float, limit: int) -> list[Wake]:
        """Move on what was due `grace` seconds ago, skipping locked rows; the wakes carry their turn."""

    async def overdue(self, grace: float, limit: int) -> list[Image]:
        """What was due `grace` seconds ago, the longest overdue first; changes nothing."""

    async def unfinished(self, workspace: UUID, author: UUID, scope: Scope, limit: int) -> list[Image]:
        """Generations of that person that are unfinished and not asked to be canceled; what waits first, then newest.

        Those in the trash are left out.
        """

    async def failed(self, workspace: UUID, scope: Scope, charged: bool, limit: int) -> list[Image]:
        """Generations that failed, newest first; with `charged` also those that may have been charged.

        Those in the trash are left out.
        """

    async def blob_keys(self, ids: Sequence[UUID]) -> Mapping[UUID, frozenset[str] | None]:
        """The keys that each existing image's renditions lie under; None for an image that is not finished."""

    async def waiting_on(self, input: UUID) -> list[Image]:
        """Pending generations that name `input`."""

    async def used_as_input(self, id: UUID) -> bool:
        """Whether an unfinished image names this one."""


class Attempts(Protocol):
    """Rows of `attempt`."""

    async def open(self, attempt: Attempt, nonce_hash: bytes) -> bool:
        """Insert; False where this number of this image exists already."""

    async def of(self, image: UUID, number: int) -> Attempt | None:
        """That attempt of the image."""

    async def current(self, images: Sequence[Image]) -> Mapping[UUID, Attempt]:
        """The present attempt of each image that has one, by the image's id."""

    async def by_nonce(self, nonce_hash: bytes) -> Attempt | None:
        """The attempt a callback's path speaks of."""

    async def hold(self, id: UUID) -> Attempt | None:
        """The attempt as it stands, which nobody else changes until the unit ends."""

    async def has_nonce(self, id: UUID, nonce_hash: bytes) -> bool:
        """Whether that is the attempt's own nonce."""

    async def keep_task(self, id: UUID, task_id: str) -> bool:
        """Write the submit's own task id; False where another one stands there already. Twice is harmless."""

    async def keep_candidate(self, id: UUID, task_id: str | None) -> None:
        """Write, or forget, the task id that a callback brought. Twice is harmless."""

    async def note(self, id: UUID, **fields: Any) -> None:
        """Set `result_url`, `submitted_at`, `accepted_at`, `called_back_at`, `finished_at`, `took` (the generation's
        seconds), `settled_at`, `wake_at` or `outcome`.
        """

    async def move(self, id: UUID, image: UUID) -> None:
        """Give the attempt, no longer asked for on its own, to another image: a late picture."""

    async def claim(self, id: UUID, turn: datetime | None, duration: float) -> Attempt | None:
        """As `Images.claim`, for an attempt whose image has ended without it."""

    async def claim_overdue(self, grace: float, duration: float, limit: int) -> list[Wake]:
        """As `Images.claim_overdue`."""

    async def key_proved_since(self, image: UUID) -> bool:
        """Whether the image was refused for the key before, and the key was good for another one since then."""

    async def learned(self, model: str, resolution: str) -> Past:
        """The last `RECENT` generations of that model and size whose time is known, whoever asked for them."""


class Projects(Protocol):
    """Rows of `project`."""

    async def add(self, project: Project) -> None:
        """Insert a new row."""

    async def get(self, workspace: UUID, id: UUID, hold: bool = False) -> Project | None:
        """The project if it is that workspace's and not in the trash.

        With `hold` nobody renames or deletes it until the unit ends.
        """

    async def hold(self, workspace: UUID, id: UUID) -> Project | None:
        """The workspace's project, in the trash or not, which nobody else changes until the unit ends."""

    async def all(self, workspace: UUID) -> list[Project]:
        """The workspace's projects that are not in the trash, oldest first."""

    async def replace(self, before: Project, after: Project) -> Project | None:
        """Compare-and-set on `version`, which it raises; None means the row has moved on."""


class Accounts(Protocol):
    """People, their sessions and keys. Tokens come in as hashes only."""

    async def add(self, email: str, workspace_name: str) -> tuple[UUID, UUID] | None:
        """A new account with a workspace of its own, and that workspace's stream: both ids.

        None where the address has an account, if only since a moment ago.
        """

    async def by_email(self, email: str) -> UUID | None:
        """The account of that address, whatever its letter case."""

    async def first(self) -> str | None:
        """The oldest account's address."""

    async def home(self, account: UUID) -> Workspace | None:
        """The first workspace the account belongs to."""

    async def workspaces_among(self, ids: Sequence[UUID]) -> set[UUID]:
        """Those of `ids` that are workspaces."""

    async def member(self, account: UUID, workspace: UUID) -> Role | None:
        """The account's role there, or None."""

    async def add_link(self, token_hash: bytes, account: UUID, expires_at: datetime) -> None:
        """Keep a sign-in link."""

    async def redeem_link(self, token_hash: bytes) -> UUID | None:
        """Use the link up and return whose it is; None where it is unknown, expired or used."""

    async def add_session(self, id: UUID, token_hash: bytes, account: UUID, expires_at: datetime) -> None:
        """Keep a session."""

    async def end_session(self, id: UUID) -> None:
        """Delete a session; harmless twice."""

    async def by_sessions(self, token_hashes: Sequence[bytes]) -> Mapping[bytes, Viewer]:
        """Whom these sessions belong to, without those that have ended."""

    async def by_keys(self, token_hashes: Sequence[bytes]) -> Mapping[bytes, Viewer]:
        """Whom these API keys belong to, without those that there are none of."""

    async def alive(self, viewers: Sequence[Viewer]) -> list[bool]:
        """Whether each viewer's session or key, and membership, still stand."""

    async def add_key(self, id: UUID, token_hash: bytes, account: UUID, name: str) -> datetime:
        """Keep an API key; when it was made."""

    async def keys(self, account: UUID) -> list[Mapping[str, Any]]:
        """`id`, `name`, `created_at`, `last_used_at` of the account's keys, oldest first."""

    async def end_key(self, account: UUID, id: UUID) -> bool:
        """Delete a key of the account; False where there is none."""


class EventStore(Protocol):
    """A workspace's numbered history."""

    async def append(self, changes: Sequence[Change]) -> list[Event]:
        """Number and insert the changes: the last thing of its unit of work, for it locks the streams' rows."""

    async def position(self, workspace: UUID) -> Position | None:
        """The top of the stream."""

    async def positions(self, workspaces: Sequence[UUID]) -> Mapping[UUID, Position]:
        """The tops of several streams, in one query."""

    async def after(self, workspace: UUID, seq: int, limit: int) -> list[Event]:
        """Events above `seq`, in order."""

    async def after_each(self, places: Mapping[UUID, int], limit: int) -> Mapping[UUID, list[Event]]:
        """Of each workspace the events above its number, in order and `limit` at most, in one query."""

    async def count_streams(self) -> int:
        """How many streams there are."""

    async def renew(self) -> int:
        """Give every stream another epoch; how many. Numbers go on."""

    async def scrub(self, workspaces: Sequence[UUID], entities: Sequence[UUID]) -> None:
        """Make tombstones of all that those workspaces' events tell of the entities. Their numbers stay."""

    async def prune(self, older_than: float, limit: int) -> int:
        """Delete up to `limit` events older than that many seconds, the oldest first; how many."""


class Idempotency(Protocol):
    """Answers kept for 24 h under the key the client chose."""

    async def begin(self, account: UUID, key: str, request_hash: bytes) -> Mapping[str, Any] | None:
        """Take the key in this transaction (others wait for its end); an earlier answer if there is one.

        Raises `Refusal(KEY_REUSED)` where the key was used with another request.
        """

    async def keep(self, account: UUID, key: str, response: Mapping[str, Any]) -> None:
        """Write the answer beside the key."""

    async def prune(self, older_than: float) -> int:
        """Forget keys older than that many seconds; how many."""
