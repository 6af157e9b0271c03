"""What a workspace's stream says beyond a number, rows and top of one moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from server.core.events import Event, Position
from server.core.ports import Database, Unit


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of a stream without a hole: `events` are numbered exactly `since` + 1 to `top.seq`."""

    top: Position
    since: int
    events: Sequence[Event]


class Wanted(NamedTuple):
    """The events above `since`, and at least the last `tail`; with `since` None the tail alone."""

    workspace: UUID
    since: int | None
    tail: int = 0


async def read_events(
    database: Database, workspace: UUID, since: int | None, limit: int, tail: int = 0
) -> Stretch | None:
    """One stretch; see `read_stretches`."""
    return (await read_stretches(database, [Wanted(workspace, since, tail)], limit))[0]


async def read_stretches(database: Database, wanted: Sequence[Wanted], limit: int) -> list[Stretch | None]:
    """A stretch for each that is wanted, in order, by two queries for all; None where there is no such stream.

    A stretch begins later than asked where events were pruned, and holds the newest `limit` events where more would be
    needed. A `since` above the top counts as the top. Raises `Unavailable`.
    """

    async def read(unit: Unit) -> list[Stretch | None]:
        # The tops are read first: what commits between the two queries is numbered above them and left out below.
        tops = await unit.events.positions(list({want.workspace for want in wanted}))
        starts = [_start(want, tops.get(want.workspace), limit) for want in wanted]
        events = await unit.events.after_each(_lowest(wanted, starts, tops), limit)
        return [
            _stretch(top, start, events.get(want.workspace, [])) if (top := tops.get(want.workspace)) else None
            for want, start in zip(wanted, starts, strict=True)
        ]

    return await database.transact(read)


async def read_tops(database: Database, workspaces: Sequence[UUID]) -> Mapping[UUID, Position]:
    """The tops of several streams in one query; without those that are no more. Raises `Unavailable`."""

    async def read(unit: Unit) -> Mapping[UUID, Position]:
        return await unit.events.positions(workspaces)

    return await database.transact(read)


def _start(want: Wanted, top: Position | None, limit: int) -> int:
    if top is None:
        return 0
    start = top.seq - want.tail if want.since is None else min(want.since, top.seq - want.tail)
    return max(start, top.seq - limit, 0)


def _lowest(wanted: Sequence[Wanted], starts: Sequence[int], tops: Mapping[UUID, Position]) -> dict[UUID, int]:
    """Where to read each stream from, without those of which nothing is wanted."""
    lowest: dict[UUID, int] = {}
    for want, start in zip(wanted, starts, strict=True):
        if want.workspace in tops and start < tops[want.workspace].seq:
            lowest[want.workspace] = min(start, lowest.get(want.workspace, start))
    return lowest


def _stretch(top: Position, start: int, events: Sequence[Event]) -> Stretch:
    """What is numbered from `start` to the top, and has no hole."""
    mine = [event for event in events if start < event.seq <= top.seq]
    since = top.seq
    for event in reversed(mine):
        if event.seq != since:
            break
        since -= 1
    return Stretch(top, since, [event for event in mine if event.seq > since])
