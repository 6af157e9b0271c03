"""What a workspace's stream says beyond a number, rows and top of one moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from server.core.events import Event, Position
from server.core.ports import Database, Unit


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of a stream without a hole: `events` are numbered exactly `since` + 1 to `top.seq`."""

    top: Position
    since: int
    events: Sequence[Event]


async def read_events(
    database: Database, workspace: UUID, since: int | None, limit: int, tail: int = 0
) -> Stretch | None:
    """The events above `since`, and at least the last `tail`; None where there is no such stream.

    With `since` None the tail alone. The stretch begins later than asked where events were pruned, and holds the newest
    `limit` events where more would be needed. A `since` above the top counts as the top. Raises `Unavailable`.
    """

    async def read(unit: Unit) -> Stretch | None:
        # The top is read first: what commits between the two queries is numbered above it and left out below.
        top = await unit.events.position(workspace)
        if top is None:
            return None
        start = _start(top.seq, since, limit, tail)
        rows = await unit.events.after(workspace, start, limit) if start < top.seq else []
        return _without_holes(top, [event for event in rows if event.seq <= top.seq])

    return await database.transact(read)


async def read_tops(database: Database, workspaces: Sequence[UUID]) -> Mapping[UUID, Position]:
    """The tops of several streams in one query; without those that are no more. Raises `Unavailable`."""

    async def read(unit: Unit) -> Mapping[UUID, Position]:
        return await unit.events.positions(workspaces)

    return await database.transact(read)


def _start(top: int, since: int | None, limit: int, tail: int) -> int:
    start = top - tail if since is None else min(since, top - tail)
    return max(start, top - limit, 0)


def _without_holes(top: Position, events: list[Event]) -> Stretch:
    since = top.seq
    for event in reversed(events):
        if event.seq != since:
            break
        since -= 1
    return Stretch(top, since, [event for event in events if event.seq > since])
