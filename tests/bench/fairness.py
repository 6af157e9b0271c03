"""How fair the queue is: a hundred workspaces that want more than there is, on the real dispatch and PostgreSQL.

Time is the simulation's: a generation takes its seconds by being finished when its turn in the line of events comes.
Whoever is *continuously waiting* has something waiting at every moment. Now and then a newcomer asks for one picture:
it is counted how many places come free until one is theirs, but for those of newcomers who came just before.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from server.infra.database import PostgresDatabase
from server.infra.embedded import throwaway_servers
from server.infra.migrations import migrate
from server.infra.sql import Sql
from server.usecases.dispatch_images import dispatch_images

Durations = Callable[[int, random.Random], float]
"""The seconds that a picture of workspace number so-and-so takes."""


def alike(_: int, dice: random.Random) -> float:
    """Everybody makes the same kind of picture."""
    return 20.0 * dice.lognormvariate(0.0, 0.4)


def of_five_kinds(workspace: int, dice: random.Random) -> float:
    """Some make quick small ones, others slow large ones: five times as slow."""
    return (8.0, 12.0, 16.0, 24.0, 40.0)[workspace % 5] * dice.lognormvariate(0.0, 0.25)


@dataclass(frozen=True)
class Load:
    """`waiting` of the workspaces want without end, the others come anew once each and want one picture."""

    waiting: int
    newcomers: int
    durations: Durations = alike
    slots: int = 64
    per_workspace: int = 8
    seconds: float = 300.0
    seed: int = 1


@dataclass
class Outcome:
    """Pictures completed by each continuously waiting workspace, and the place that each newcomer got."""

    completed: list[int]
    newcomers: list[int] = field(default_factory=list)

    @property
    def jain(self) -> float:
        """Jain's index: 1 where all have the same, 1/n where one has everything."""
        squares = len(self.completed) * sum(number * number for number in self.completed)
        return sum(self.completed) ** 2 / squares if squares else 0.0


class World:
    """The database, the simulated clock, and what is at the provider."""

    def __init__(self, database: PostgresDatabase, load: Load) -> None:
        self.database, self.load = database, load
        self.dice = random.Random(load.seed)
        self.workspaces = [uuid4() for _ in range(load.waiting + load.newcomers)]
        self.numbers = {id: number for number, id in enumerate(self.workspaces)}
        self.outcome = Outcome([0] * load.waiting)
        self.left = [0] * load.waiting
        self.at_work: list[tuple[float, UUID, int]] = []
        self.watched: dict[UUID, int] = {}

    async def run(self) -> Outcome:
        """Let the time of the load pass."""
        await self._settle_in()
        arrivals = sorted(self.dice.uniform(0.2, 0.9) * self.load.seconds for _ in range(self.load.newcomers))
        await self._dispatch(0.0)
        while self.at_work:
            if arrivals and arrivals[0] < self.at_work[0][0]:
                await self._come_anew(self.load.newcomers - len(arrivals))
                await self._dispatch(arrivals.pop(0))
                continue
            now, image, number = heapq.heappop(self.at_work)
            if now > self.load.seconds:
                break
            await self._finish(image, number)
            await self._dispatch(now)
        return self.outcome

    async def _settle_in(self) -> None:
        for id in self.workspaces:
            await self._sql("INSERT INTO workspace (id, name) VALUES (:id, 'bench')", id=id)
            await self._sql("INSERT INTO project (id, workspace, name) VALUES (:id, :id, 'bench')", id=id)
        # The load is uneven: batches of five to two hundred, one after the other.
        for number in self.dice.sample(range(self.load.waiting), self.load.waiting):
            await self._want(number, self.dice.choice((5, 8, 20, 60, 200)))

    async def _want(self, number: int, count: int) -> None:
        if number < self.load.waiting:
            self.left[number] += count
        await self._sql(
            "INSERT INTO image (id, workspace, project, kind, status, wake_at, deadline_at, prompt, model, position) "
            "SELECT gen_random_uuid(), :id, :id, 'generation', 'pending', now() + interval '1 day', "
            "now() + interval '1 day', 'bench', 'nano-banana-2', place FROM generate_series(1, :count) AS place",
            id=self.workspaces[number],
            count=count,
        )

    async def _come_anew(self, which: int) -> None:
        """Everything is taken at this moment: the next places that come free are what it is about."""
        number = self.load.waiting + which
        self.watched[self.workspaces[number]] = 0
        await self._want(number, 1)

    async def _dispatch(self, now: float) -> None:
        wakes = await dispatch_images(self.database, self.load.per_workspace, self.load.slots)
        owners = await self._owners([wake.id for wake in wakes if wake.id])
        for wake in wakes:
            assert wake.id is not None
            number = self.numbers[owners[wake.id]]
            heapq.heappush(self.at_work, (now + self.load.durations(number, self.dice), wake.id, number))
            self._note_newcomer(owners[wake.id])
            if number < self.load.waiting:
                await self._go_on(number)

    def _note_newcomer(self, workspace: UUID) -> None:
        """A place was given to somebody: to a newcomer, or past all newcomers who wait for theirs."""
        if workspace in self.watched:
            self.outcome.newcomers.append(self.watched.pop(workspace) + 1)
            return
        for waiting in self.watched:
            self.watched[waiting] += 1

    async def _go_on(self, number: int) -> None:
        """Who wants without end asks for more before nothing is left."""
        self.left[number] -= 1
        if self.left[number] < 3:
            await self._want(number, self.dice.choice((5, 8, 20)))

    async def _finish(self, image: UUID, number: int) -> None:
        if number < self.load.waiting:
            self.outcome.completed[number] += 1
        await self._sql(
            "UPDATE image SET status = 'canceled', finished_at = now(), dispatched_at = NULL, wake_at = NULL, "
            "deadline_at = NULL WHERE id = :id",
            id=image,
        )

    async def _owners(self, images: Sequence[UUID]) -> dict[UUID, UUID]:
        async def read(sql: Sql) -> list[Any]:
            return await sql.all("SELECT id, workspace FROM image WHERE id = ANY(CAST(:ids AS uuid[]))", ids=images)

        return {row["id"]: row["workspace"] for row in await self.database.query(read)}

    async def _sql(self, statement: str, **values: Any) -> None:
        await self.database.query(lambda sql: sql.run(statement, **values))


LOADS = {
    "100 waiting, alike": Load(100, 20),
    "60 waiting, alike": Load(60, 40),
    "30 waiting, alike": Load(30, 70),
    "100 waiting, five kinds": Load(100, 20, of_five_kinds),
    "60 waiting, five kinds": Load(60, 40, of_five_kinds),
    "30 waiting, five kinds": Load(30, 70, of_five_kinds),
}


async def main(_: int) -> None:
    """Simulate each load once and print the table."""
    print("| load, 64 places, 5 min | completed | fewest | most | Jain | newcomers | worst place that came free |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    async with throwaway_servers() as running:
        await migrate(running.database_url)
        database = PostgresDatabase(running.database_url, 2)
        await database.connect()
        for name, load in LOADS.items():
            await database.query(lambda sql: sql.run("TRUNCATE workspace, image CASCADE"))
            outcome = await World(database, load).run()
            print(
                f"| {name} | {sum(outcome.completed)} | {min(outcome.completed)} | {max(outcome.completed)} "
                f"| {outcome.jain:.3f} | {len(outcome.newcomers)} | {max(outcome.newcomers)} |"
            )
        await database.disconnect()
