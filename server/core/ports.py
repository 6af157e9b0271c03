"""What the use cases need from the outside, as protocols; adapters stand in `server/infra`.

Every port says its errors, its units and whether calling twice is harmless. Any adapter may raise `Unavailable`, and
nothing of its library's own. Durations are seconds, times are aware datetimes of the database's clock.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Protocol, TypeVar

from server.core.archive import Archives
from server.core.devices import Devices
from server.core.events import Change
from server.core.fair_queue import FairQueue
from server.core.limits import Rate, Verdict
from server.core.money import Ledger
from server.core.notices import Notices
from server.core.pause import ProviderState
from server.core.pushes import Pushes
from server.core.read_marks import ReadMarks
from server.core.stores import (
    Accounts,
    Attempts,
    EventStore,
    Idempotency,
    Images,
    Projects,
    Wake,
)
from server.core.trash import Trash

T = TypeVar("T")


class Unavailable(Exception):
    """The technology behind a port does not answer, or not in time; nothing partial was written."""


class Missing(Exception):
    """There is nothing under that key."""


class Undecodable(Exception):
    """The bytes are not a picture we keep; the message says what is wrong with them."""


class Overwhelming(Undecodable):
    """Decoders ended over the picture: it needs too much, or the machine had too little just then."""


# The database


class Unit(Protocol):
    """One transaction: its stores, its time, and what is to be told and woken once it has committed."""

    images: Images
    trash: Trash
    archives: Archives
    queue: FairQueue
    attempts: Attempts
    projects: Projects
    accounts: Accounts
    read_marks: ReadMarks
    notices: Notices
    devices: Devices
    pushes: Pushes
    events: EventStore
    provider: ProviderState
    ledger: Ledger
    idempotency: Idempotency
    now: datetime

    def tell(self, change: Change) -> None:
        """Number this change last of all, and publish it after the commit."""

    def wake(self, wake: Wake) -> None:
        """Enqueue this after the commit; it may get lost."""

    def stir_queue(self) -> None:
        """Have everybody who watches the queue look at it again after the commit; twice is harmless."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """Whether there is anything to do: how many seconds the latest row is overdue, whether any generation waits,
    whether the provider's balance is to be read, and how many seconds the latest push is overdue.
    """

    late: float
    waiting: bool
    reading: bool
    pushes_late: float = 0.0


class Database(Protocol):
    """PostgreSQL, the truth."""

    async def outlook(self) -> Outlook:
        """One cheap statement, for a loop that has mostly nothing to do. Raises `Unavailable`."""

    async def transact(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        """Run `work` in one transaction of its own; run it again, whole, where it lost to a deadlock.

        Raises `Unavailable` where no connection is free within the acquire time-out or the server is away. An error
        during the commit leaves it open whether the work stands: repeat it under an idempotency key.
        """


# Beside the database

News = list[tuple[str, bytes]] | None
"""What a subscription heard at once, channels and messages in order; or None: something may have been missed here."""


class Bus(Protocol):
    """News between processes; at most once, in the publisher's order."""

    async def publish(self, channel: str, message: bytes) -> None:
        """Tell whoever listens now. Raises `Unavailable`."""

    def subscribe(self) -> Subscription:
        """A subscription to no channel yet."""


class Subscription(Protocol):
    """One listener. Channels can be added and removed while it is read."""

    async def add(self, channel: str) -> None:
        """Listen to a channel; returns when the bus has confirmed it.

        Raises `Unavailable` within 2 s; the channel stays wanted then, and is joined once the bus is back, which a
        None tells.
        """

    async def remove(self, channel: str) -> None:
        """Stop listening; harmless twice."""

    def messages(self) -> AsyncIterator[News]:
        """What each read brought, until `aclose`; None where news may have been missed (a reconnect)."""

    async def aclose(self) -> None:
        """End the subscription."""


class Queue(Protocol):
    """Wake-ups for the workers; they may be lost, doubled or late, for PostgreSQL holds the work."""

    async def enqueue(self, wake: Wake) -> None:
        """Wake a worker at `wake.at`, or now. Raises `Unavailable`."""


class Limiter(Protocol):
    """Counts requests by the generic cell rate algorithm."""

    async def hit(self, key: str, rate: Rate) -> Verdict:
        """Count one request of `key`, unless it is refused. Raises `Unavailable`."""


class Blobs(Protocol):
    """Files, by key. Writing the same key again replaces it."""

    async def put(self, key: str, data: bytes, media_type: str) -> None:
        """Store durably. Raises `Unavailable`."""

    async def put_stream(self, key: str, chunks: AsyncIterator[bytes], media_type: str) -> None:
        """Store durably from a stream, whose own errors pass through; nothing is left under `key` then.

        It takes as long as the stream does: bound that where it comes from. Raises `Unavailable`.
        """

    async def get(self, key: str) -> bytes:
        """The whole file. Raises `Missing`, `Unavailable`."""

    async def stream(self, key: str) -> AsyncIterator[bytes]:
        """The file in chunks. Raises `Missing`, `Unavailable`, before the first chunk is read."""

    async def delete(self, key: str) -> None:
        """Remove; harmless where there is nothing."""

    async def address(self, key: str, life: float) -> str | None:
        """A signed URL at which anyone may fetch the file for `life` seconds; None where the store has no address.

        Whether there is a file is not checked. Raises `Unavailable`.
        """

    def old(self, age: float) -> AsyncIterator[list[str]]:
        """The keys of files that were written at least `age` seconds ago, some at a time. Raises `Unavailable`."""

    async def keys(self, prefix: str) -> list[str]:
        """All keys below `prefix`, a whole folder such as `incoming`."""


@dataclass(frozen=True, slots=True)
class DecodedRendition:
    """One encoded file of a decoded picture; sizes in pixels."""

    data: bytes
    media_type: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Decoded:
    """`original`, `preview` and `thumb`, upright and without metadata. `flat`: all pixels are (nearly) alike.

    `thumbhash`: a likeness of at most 28 bytes, in base64.
    """

    renditions: Mapping[str, DecodedRendition]
    flat: bool
    thumbhash: str | None = None


class Decoder(Protocol):
    """Decodes pictures of strangers, away from this process."""

    async def decode(self, data: bytes, keep_original: bool) -> Decoded:
        """Renditions of a jpeg, png or webp. `keep_original` keeps the given bytes as the original.

        Raises `Undecodable` for what is not a whole picture within the limits, `Overwhelming` where that may have been
        the machine's fault, `Unavailable` where no decoder is free in time.
        """


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a push service is handed for one device: the payload in clear, `ttl` in seconds, and RFC 8030's headers."""

    endpoint: str
    p256dh: str
    auth: str
    payload: bytes
    ttl: int
    urgency: str
    topic: str


class Outcome(Enum):
    """What became of a message, as far as the push service says."""

    SENT = auto()
    # The device has unsubscribed, or the subscription has expired.
    GONE = auto()
    # It will be refused as often as it is sent.
    REFUSED = auto()
    # Try again, later.
    LATER = auto()


@dataclass(frozen=True, slots=True)
class Delivery:
    """An outcome; `retry_after` is in seconds, `reason` a sentence without the address's path."""

    outcome: Outcome
    retry_after: float | None = None
    reason: str = ""


class Push(Protocol):
    """The push services of people's browsers."""

    async def send(self, envelope: Envelope) -> Delivery:
        """Seal the payload for the device and hand it over, within a bounded time. Never raises `Unavailable`."""


class Clock(Protocol):
    """The database's time, near enough for signing and for telling the page."""

    def now(self) -> datetime:
        """Aware, in UTC; never raises."""
