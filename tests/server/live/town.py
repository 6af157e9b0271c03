"""Two people, and workspaces of one of them or of both: a model of the database in which everything tells whose it is.

Time is counted in acts. Whoever was a member at any moment from an event's birth on may see it; nobody else ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar, cast
from uuid import UUID, uuid4

from server.core.account import Role, Viewer
from server.core.events import Event, EventKind, Position
from server.core.fair_queue import QueueState
from server.core.pause import Pause
from server.core.ports import Unit
from tests.server.live.peers import viewer_of

T = TypeVar("T")
START = datetime(2025, 1, 1, tzinfo=UTC)
IMAGES = 4


class House:
    """A workspace: its stream, and how many wait in its queue, of which the thousands tell the workspace."""

    def __init__(self, number: int) -> None:
        self.id = uuid4()
        self.epoch = f"epoch-{number}"
        self.base = self.waiting = 1_000 * number
        self.top = 0
        self.rows: dict[int, Event] = {}

    @property
    def position(self) -> Position:
        return Position(self.epoch, self.top)

    def commit(self, count: int, born: int, padding: int) -> list[Event]:
        events = [self._event(seq, born, padding) for seq in range(self.top + 1, self.top + 1 + count)]
        self.rows.update({event.seq: event for event in events})
        self.top += count
        return events

    def _event(self, seq: int, born: int, padding: int) -> Event:
        data = {"id": f"{self.id}/{seq % IMAGES}", "version": seq, "of": str(self.id), "born": born, "x": "x" * padding}
        return Event(self.id, seq, EventKind.IMAGE_CHANGED, data, START, self.epoch)


@dataclass
class Person:
    """Somebody; `sessions` and when they ended, `stays` the times of membership by workspace."""

    home: UUID
    account: UUID = field(default_factory=uuid4)
    sessions: dict[UUID, int | None] = field(default_factory=dict)
    stays: dict[UUID, list[tuple[int, int | None]]] = field(default_factory=dict)

    def enter(self, workspace: UUID, now: int) -> None:
        if not self.is_in(workspace):
            self.stays.setdefault(workspace, []).append((now, None))

    def leave(self, workspace: UUID, now: int) -> None:
        if self.is_in(workspace):
            begun, _ = self.stays[workspace][-1]
            self.stays[workspace][-1] = (begun, now)

    def is_in(self, workspace: UUID) -> bool:
        return any(end is None for _, end in self.stays.get(workspace, []))

    def may_see(self, workspace: UUID, session: UUID, born: int) -> bool:
        """What was born at that moment, however late it is told."""
        signed_out = self.sessions[session]
        stays = self.stays.get(workspace, [])
        return (signed_out is None or born < signed_out) and any(end is None or born < end for _, end in stays)

    def sign_in(self) -> UUID:
        session = uuid4()
        self.sessions[session] = None
        return session

    @property
    def session(self) -> UUID:
        """The one that is open."""
        return next(id for id, ended in self.sessions.items() if ended is None)

    @property
    def viewer(self) -> Viewer:
        return viewer_of(self.account, self.home, self.session)


class Town:
    """The database, as a unit of work that yields between its queries."""

    now = START

    def __init__(self) -> None:
        self.moment = 0
        self.pace = 1
        self.houses = [House(number) for number in (1, 2, 3, 4)]
        ours, theirs, *both = self.houses
        self.people = [Person(ours.id), Person(theirs.id)]
        for person, houses in zip(self.people, ([ours, *both], [theirs, *both]), strict=True):
            person.sign_in()
            for house in houses:
                person.enter(house.id, 0)

    def house(self, workspace: UUID) -> House | None:
        return next((house for house in self.houses if house.id == workspace), None)

    def person(self, account: UUID) -> Person:
        return next(person for person in self.people if person.account == account)

    async def _answer(self) -> None:
        """What was read is on its way to whoever asked."""
        for _ in range(self.pace):
            await asyncio.sleep(0)

    async def transact(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        await asyncio.sleep(0)
        return await work(cast(Unit, self))

    @property
    def events(self) -> Town:
        return self

    @property
    def accounts(self) -> Town:
        return self

    @property
    def queue(self) -> Town:
        return self

    @property
    def provider(self) -> Provider:
        return Provider()

    async def alive(self, viewers: Sequence[Viewer]) -> list[bool]:
        alive = [self._is_alive(viewer) for viewer in viewers]
        await self._answer()
        return alive

    def _is_alive(self, viewer: Viewer) -> bool:
        person = self.person(viewer.account)
        assert viewer.session is not None
        return person.is_in(viewer.workspace) and person.sessions[viewer.session] is None

    async def member(self, account: UUID, workspace: UUID) -> Role | None:
        is_in = self.person(account).is_in(workspace)
        await self._answer()
        return Role.EDITOR if is_in else None

    async def position(self, workspace: UUID) -> Position | None:
        return (await self.positions([workspace])).get(workspace)

    async def positions(self, workspaces: Sequence[UUID]) -> Mapping[UUID, Position]:
        tops = {house.id: house.position for house in self.houses if house.id in workspaces}
        await self._answer()
        return tops

    async def after_each(self, places: Mapping[UUID, int], limit: int) -> Mapping[UUID, list[Event]]:
        found = {workspace: self._above(workspace, seq)[:limit] for workspace, seq in places.items()}
        await self._answer()
        return found

    def _above(self, workspace: UUID, seq: int) -> list[Event]:
        house = self.house(workspace)
        rows = house.rows if house else {}
        return [rows[number] for number in sorted(rows) if number > seq]

    async def read(self, workspaces: Sequence[UUID]) -> Mapping[UUID, QueueState]:
        """Of the queue."""
        states = {house.id: QueueState(waiting=house.waiting) for house in self.houses if house.id in workspaces}
        await self._answer()
        return states


class Provider:
    """What is asked of it beside a queue."""

    async def read(self) -> Any:
        return Pause()
