"""A live tab, as strict as the page: it counts the numbers, keeps the higher version, starts afresh when told to."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

import httpx
import websockets

Entity = dict[str, Any]


class Tab:
    """Follows one workspace until stopped, through whatever happens to the server. `faults`: what must never happen."""

    def __init__(self, name: str, address: str, key: str, workspace: str) -> None:
        self.name = name
        self.workspace = workspace
        self.images: dict[str, Entity] = {}
        self.faults: list[str] = []
        self.history: list[tuple[str, str]] = []
        self.seq: int | None = None
        self.connections = 0
        self._epoch: str | None = None
        self._url = address.replace("http", "ws", 1) + "/api/live"
        self._headers = {"Authorization": f"Bearer {key}"}
        self._http = httpx.AsyncClient(base_url=address, headers=self._headers, timeout=10)
        self._connection: websockets.ClientConnection | None = None

    async def follow(self) -> None:
        """Stay on the stream until cancelled; come back after every end, with the last number."""
        try:
            while True:
                with suppress(OSError, TimeoutError, websockets.WebSocketException):
                    await self._once()
                await asyncio.sleep(0.3)
        finally:
            await self._http.aclose()

    def drop(self) -> None:
        """Vanish without a word, as a browser whose cable was pulled; it comes back by itself."""
        if self._connection is not None:
            self._connection.transport.abort()

    async def _once(self) -> None:
        async with websockets.connect(
            self._url,
            subprotocols=["atelier.v1"],
            additional_headers=self._headers,
            open_timeout=10,  # type: ignore
        ) as connection:
            self._connection = connection
            self.connections += 1
            hello: Entity = {"type": "hello"}
            if self.seq is not None:
                hello.update(epoch=self._epoch, since=self.seq)
            await connection.send(json.dumps(hello))
            async for text in connection:
                await self._take(json.loads(text))

    async def _take(self, frame: Entity) -> None:
        kind = frame["type"]
        if kind == "reset":
            await self._start_afresh(frame)
        elif kind == "replay":
            self._count(frame["from"], "a replay")
            self._epoch = frame["epoch"]
            for event in frame["events"]:
                self._apply(event)
            if self.seq != frame["to"]:
                self.faults.append(f"a replay up to {frame['to']} left us at {self.seq}")
        elif kind == "catchup":
            self._count(frame["from"], "a catch-up")
            for event in frame["events"]:
                self.seq = None
                self._apply(event)
            self.seq = frame["to"]
        elif kind == "event":
            self._apply(frame)

    async def _start_afresh(self, frame: Entity) -> None:
        """Fetch everything again; what arrives on the socket meanwhile waits there."""
        self.seq = None
        self.images = {entity["id"]: entity for entity in await self._pages()}
        self._epoch, self.seq = frame["epoch"], frame["seq"]

    async def _pages(self) -> list[Entity]:
        found: list[Entity] = []
        for project in await self._items("/api/projects"):
            found += await self._items(f"/api/projects/{project['id']}/images")
        return found

    async def _items(self, path: str) -> list[Entity]:
        items: list[Entity] = []
        cursor: str | None = None
        while True:
            params = {"limit": "500"} if "images" in path else {}
            answer = await self._get(path, {**params, **({"cursor": cursor} if cursor else {})})
            items += answer["items"]
            cursor = answer["next"]
            if cursor is None:
                return items

    async def _get(self, path: str, params: dict[str, str]) -> Entity:
        while True:
            with suppress(httpx.TransportError):
                answer = await self._http.get(path, params=params)
                if answer.status_code == 200:
                    page: Entity = answer.json()
                    return page
            await asyncio.sleep(0.2)

    def _apply(self, event: Entity) -> None:
        self._count(event["seq"], "an event")
        self.seq = event["seq"]
        if event["kind"] == "image.changed":
            self.history.append((event["data"]["id"], event["data"]["status"]))
            self._keep(event["data"])
        elif event["kind"] == "image.removed":
            self.images.pop(event["data"]["id"], None)

    def _count(self, number: int, what: str) -> None:
        if self.seq is not None and number != self.seq + 1:
            self.faults.append(f"{what} begins at {number} and we are at {self.seq}")

    def _keep(self, entity: Entity) -> None:
        known = self.images.get(entity["id"])
        if known is None or entity["version"] > known["version"]:
            self.images[entity["id"]] = entity
