"""A tab without a network: a real socket of the hub, whose frames are applied as the page applies them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from server.core.account import Role, Viewer
from server.live.hub import Hub
from server.live.news import Batch
from server.live.queued_line import QueuedLine
from server.live.session import Join

PATIENCE = 20.0


class Stream:
    """What a tab makes of the frames: it insists on every number once and in order, or a reset."""

    def __init__(self, epoch: str | None = None, position: int | None = None) -> None:
        self.epoch = epoch
        self.position = position
        self.resets = 0
        self.catchups = 0
        self.events: list[dict[str, Any]] = []
        self.frames: list[dict[str, Any]] = []
        self.queues: list[dict[str, Any]] = []

    def hello(self, workspace: UUID | None = None) -> str:
        words: dict[str, Any] = {"type": "hello"}
        if self.position is not None:
            words |= {"epoch": self.epoch, "since": self.position}
        if workspace is not None:
            words["workspace"] = str(workspace)
        return json.dumps(words)

    def apply(self, text: str) -> None:
        frame = json.loads(text)
        if frame["type"] == "queue":
            # Passing news come beside the stream, whenever it suits them.
            self.queues.append(frame)
            return
        self.frames.append(frame)
        if frame["type"] == "reset":
            self.epoch, self.position = frame["epoch"], frame["seq"]
            self.resets += 1
        elif frame["type"] == "replay":
            assert frame["epoch"] == self.epoch
            assert self.position is not None
            assert frame["from"] == self.position + 1
            assert frame["to"] == frame["from"] - 1 + len(frame["events"])
            for event in frame["events"]:
                self._apply_event(event)
        elif frame["type"] == "catchup":
            self._catch_up(frame)
        elif frame["type"] == "event":
            self._apply_event(frame)
        elif frame["type"] == "beat":
            assert frame["seq"] == self.position

    def _catch_up(self, frame: dict[str, Any]) -> None:
        """The latest of each entity, in order and with holes."""
        assert frame["epoch"] == self.epoch
        assert self.position is not None
        assert frame["from"] == self.position + 1
        numbers = [event["seq"] for event in frame["events"]]
        assert numbers == sorted(set(numbers))
        assert frame["from"] <= numbers[0]
        assert numbers[-1] == frame["to"], "the last event is the latest of what it tells of"
        self.events += frame["events"]
        self.position = frame["to"]
        self.catchups += 1

    def _apply_event(self, event: dict[str, Any]) -> None:
        assert self.position is not None
        assert event["seq"] == self.position + 1, f"{event['seq']} after {self.position}"
        self.position = event["seq"]
        self.events.append(event)

    @property
    def numbers(self) -> list[int]:
        return [event["seq"] for event in self.events]


class Peer:
    """One connection of a tab to a hub. `reading` cleared, it reads nothing more."""

    def __init__(self, hub: Hub, viewer: Viewer, stream: Stream | None = None) -> None:
        self.stream = stream or Stream()
        self.closed: int | None = None
        self.reason = ""
        self.aborted = False
        self.fault: AssertionError | None = None
        self.reading = asyncio.Event()
        self.reading.set()
        self._hub = hub
        self._moved = asyncio.Event()
        self.line = QueuedLine(self._send, self._close, self._abort)
        self.socket = self.line.reader = hub.socket(viewer, self.line)
        self.admitted = hub.admit(self.socket)

    async def join(self, workspace: UUID | None = None) -> None:
        action = self.socket.session.receive(self.stream.hello(workspace), asyncio.get_running_loop().time())
        assert isinstance(action, Join)
        await self._hub.join(self.socket, action.hello)

    async def leave(self) -> None:
        self._hub.leave(self.socket)
        await self.line.finish()

    async def until(self, condition: Callable[[Peer], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition(self):
                self._moved.clear()
                if self.fault is not None:
                    raise self.fault
                await self._moved.wait()

    async def until_at(self, position: int) -> None:
        await self.until(lambda peer: peer.stream.position is not None and peer.stream.position >= position)
        assert self.stream.position == position

    async def until_closed(self) -> int:
        await self.until(lambda peer: peer.closed is not None)
        assert self.closed is not None
        return self.closed

    async def _send(self, batch: Batch) -> None:
        await self.reading.wait()
        try:
            self._take(batch)
        except AssertionError as fault:
            # Whoever waits for this tab is told; the line would only stop.
            self.fault = self.fault or fault
        self._moved.set()

    def _take(self, batch: Batch) -> None:
        for frame in batch.frames:
            self.stream.apply(frame.payload.decode())

    async def _close(self, code: int, reason: str) -> None:
        await self.reading.wait()
        self.closed, self.reason = code, reason
        self._hub.leave(self.socket)
        self._moved.set()

    def _abort(self) -> None:
        self.aborted = True
        self._hub.leave(self.socket)
        self._moved.set()


async def eventually(condition: Callable[[], bool]) -> None:
    """For what tells nobody when it changes."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, "waited in vain"
        await asyncio.sleep(0.005)


def viewer_of(account: UUID, workspace: UUID, session: UUID | None = None, key: UUID | None = None) -> Viewer:
    return Viewer(account, "a@b.example", workspace, Role.OWNER, session, key)
