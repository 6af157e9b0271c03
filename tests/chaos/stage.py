"""What a kind of fault works with: the house, people with their tabs, victims, and what becomes of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeVar
from uuid import UUID

from tests.chaos.history import FINISHED, Row
from tests.chaos.house import POLL, House, until
from tests.chaos.people import Asking, Busy, Person
from tests.chaos.post import DEVICES
from tests.chaos.record import Record
from tests.chaos.tab import Tab
from tests.chaos.witness import ROWS, Witness, row_of

BUSY = ("ada", "bob", "cyd")
PAUSE = 1.2

T = TypeVar("T")


class Broken(Exception):
    """A promise of one kind did not hold; the message is a sentence."""


@dataclass
class Stage:
    """`quiet` asks for the victims, `still` for the few where nothing else may happen in the workspace.

    `patience`: seconds that are waited for what must come true. `excused`: images left hanging on purpose.
    """

    house: House
    record: Record
    witness: Witness
    people: dict[str, Person]
    tabs: dict[str, Tab]
    rng: Random = field(default_factory=Random)
    excused: set[UUID] = field(default_factory=set)
    patience: float = 30.0
    load: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def quiet(self) -> Person:
        """Who asks for victims."""
        return self.people["quiet"]

    async def rows(self, ids: Sequence[UUID]) -> dict[UUID, Row]:
        """The rows of these images as they are now."""
        found = await self.house.fetch(f"{ROWS} WHERE id = ANY($1)", list(ids))
        return {row["id"]: row_of(row) for row in found}

    async def ends(self, asking: Asking, patience: float = 0.0) -> list[Row]:
        """How the pictures of a request end. Raises `Broken` where they do not."""
        return list((await self.until(asking.ids, FINISHED, patience)).values())

    async def until(self, ids: Sequence[UUID], statuses: frozenset[str], patience: float = 0.0) -> dict[UUID, Row]:
        """The rows once all are in one of the statuses. Raises `Broken`."""
        patience = patience or self.patience
        end = asyncio.get_running_loop().time() + patience
        while True:
            rows = await self.rows(ids)
            if len(rows) == len(ids) and all(row.status in statuses for row in rows.values()):
                return rows
            if asyncio.get_running_loop().time() > end:
                states = ", ".join(f"{row.status} {row.code or ''}".strip() for row in rows.values())
                raise Broken(f"after {patience:g} s they are {states}, not {'/'.join(sorted(statuses))}")
            await asyncio.sleep(POLL)

    async def completes(self, asking: Asking, charges: int = 1, patience: float = 0.0) -> None:
        """Every picture arrives, and that many charges were made for each. Raises `Broken`."""
        rows = await self.ends(asking, patience)
        expect(
            all(row.status == "completed" for row in rows),
            f"{asking.prompt!r} ended {[(row.status, row.code) for row in rows]}, not completed",
        )
        await self.charged(asking, charges * len(rows))

    async def fails(self, asking: Asking, *codes: str, charges: int = 1, patience: float = 0.0) -> None:
        """Every picture fails for one of these reasons. Raises `Broken`."""
        rows = await self.ends(asking, patience)
        expect(
            all(row.status == "failed" and row.code in codes for row in rows),
            f"{asking.prompt!r} ended {[(row.status, row.code) for row in rows]}, not failed: {'/'.join(codes)}",
        )
        await self.charged(asking, charges * len(rows))

    async def comes_late(self, asking: Asking, patience: float = 0.0) -> None:
        """A picture of its own, in the trash, comes of a task that had been given up. Raises `Broken`."""
        query = "SELECT status FROM image WHERE prompt = $1 AND metadata ? 'late_of' AND trashed_at IS NOT NULL"
        end = asyncio.get_running_loop().time() + (patience or self.patience)
        while (states := [row["status"] for row in await self.house.fetch(query, asking.prompt)]) != ["completed"]:
            expect(asyncio.get_running_loop().time() < end, f"no late picture of {asking.prompt!r} but {states}")
            await asyncio.sleep(POLL)

    async def told(self, asking: Asking, times: int = 1) -> None:
        """Its author's device was told of each picture, by so many messages at least. Raises `Broken`."""

        async def enough() -> list[bool]:
            keys = [row.key for row in (await self.rows(asking.ids)).values()]
            named = [self.house.post.named(asking.person.name, key) for key in keys]
            return [True] if named and all(len(messages) >= times for messages in named) else []

        await self.some(enough)

    async def charged(self, asking: Asking, charges: int) -> None:
        """The ledger has exactly so many charges for it. Raises `Broken`."""
        mine = [charge for charge in await self.house.witness("charges") if charge["prompt"] == asking.prompt]
        expect(len(mine) == charges, f"{asking.prompt!r} was charged {len(mine)} times, not {charges}")

    async def charge(self, asking: Asking) -> dict[str, Any]:
        """The request's first charge, once there is one. Raises `Broken`."""

        async def charged() -> list[dict[str, Any]]:
            return [one for one in await self.house.witness("charges") if one["prompt"] == asking.prompt]

        return (await self.some(charged))[0]

    async def some(self, find: Callable[[], Awaitable[list[T]]]) -> list[T]:
        """What is found, once it is anything. Raises `Broken`."""
        end = asyncio.get_running_loop().time() + self.patience
        while not (found := await find()):
            expect(asyncio.get_running_loop().time() < end, f"nothing came of it: {find.__name__}")
            await asyncio.sleep(POLL)
        return found

    async def paints(self, name: str = "quiet", patience: float = 0.0) -> None:
        """A fresh picture arrives. Raises `Broken`."""
        await self.completes(await self.people[name].ask("duration:0.2"), patience=patience)

    async def rest(self) -> None:
        """Everybody stops asking; their tabs stay."""
        await _end(self.load)


def expect(holds: bool, otherwise: str) -> None:
    """Raises `Broken` with that sentence unless it holds."""
    if not holds:
        raise Broken(otherwise)


@asynccontextmanager
async def open_stage(house: House, seed: int, load: bool = True) -> AsyncIterator[Stage]:
    """People arrive, open their tabs and get to work; all leave at the end."""
    record = Record()
    people = {
        name: Person(name, house.atelier.run.address, await house.atelier.key(f"{name}@example.org"), record)
        for name in (*BUSY, "quiet", "still")
    }
    async with AsyncExitStack() as stack:
        for person in people.values():
            stack.push_async_callback(person.leave)
            await person.arrive()
        devices = {UUID(people[name].workspace): name for name in DEVICES}
        for name in DEVICES:
            await people[name].send("POST", "/api/devices", json=house.post.service.subscription(name))
        tabs = {name: _tab(name, people[name.split()[0]], house) for name in (*people, "ada again", "bob again")}
        tasks = [asyncio.create_task(tab.follow()) for tab in tabs.values()]
        stack.push_async_callback(_end, tasks)
        stage = Stage(house, record, Witness(house, record, tabs.values(), devices), people, tabs, Random(seed))
        await until(lambda: all(tab.seq is not None for tab in tabs.values()), 60, "a tab does not come in")
        if load:
            busy = [Busy(people[name], tabs[name].images, seed + number, PAUSE) for number, name in enumerate(BUSY)]
            stage.load += [asyncio.create_task(one.work()) for one in busy]
            stage.load.append(asyncio.create_task(_dropping(tabs["bob again"])))
            stack.push_async_callback(stage.rest)
        yield stage


def _tab(name: str, person: Person, house: House) -> Tab:
    return Tab(name, house.atelier.run.address, person.key, person.workspace)


async def _dropping(tab: Tab) -> None:
    """A tab on a train: it resumes from its last number again and again."""
    while True:
        await asyncio.sleep(4)
        tab.drop()


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
