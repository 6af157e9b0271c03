"""The queue as rooms are told of it, and how often it is read for that."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from server.core.stream_frames import QUEUE_CHANNEL
from server.live.hub import Hub
from server.usecases.read_queue import Queue, read_queues
from tests.contracts.rows import Home
from tests.server.live.peers import Peer, eventually
from tests.server.live.people import Person
from tests.server.live.scene import QUIET, Scene

SLOW = replace(QUIET, queue=3600)
"""One reading of the queue, and no second one while the test lasts."""
QUICK = replace(QUIET, queue=0.01)


class Readings:
    """How often the queue was read, and for whom."""

    def __init__(self) -> None:
        self.asked: list[list[UUID]] = []
        self.hold: asyncio.Event | None = None
        self.errors: list[Exception] = []

    async def read(self, database: Any, workspaces: Sequence[UUID]) -> tuple[Mapping[UUID, Queue], Queue]:
        self.asked.append(list(workspaces))
        if self.errors:
            raise self.errors.pop()
        answer = await read_queues(database, workspaces)
        if self.hold is not None:
            await self.hold.wait()
        return answer


async def ask(scene: Scene, count: int = 1) -> list[str]:
    """So many wishes, written down and told to nobody."""
    person = scene.person
    [project] = await scene.real.transact(lambda unit: unit.projects.all(person.workspace))
    home = Home(scene.real, person.account, person.workspace, project.id)
    return [str((await home.image()).id) for _ in range(count)]


async def stir(scene: Scene) -> None:
    await scene.bus.publish(QUEUE_CHANNEL, b"")


async def tab_of(hub: Hub, person: Person) -> Peer:
    peer = Peer(hub, person.by_session)
    await peer.join()
    await peer.until(lambda p: bool(p.stream.queues))
    return peer


async def checks(scene: Scene, number: int) -> None:
    """The hub has compared its rooms that often."""
    before = scene.database.asked
    await eventually(lambda: scene.database.asked >= before + number)


def last(tab: Peer) -> dict[str, Any]:
    return tab.stream.queues[-1]


async def until_waiting(tab: Peer, number: int) -> None:
    await tab.until(lambda p: bool(p.stream.queues) and last(p)["waiting"] == number)
