"""People at work: they ask, upload, cancel, retry and trash, and send again, under the same key, what got no answer."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping
from contextlib import suppress
from random import Random
from typing import Any
from uuid import UUID, uuid4

import httpx

from tests.chaos.record import Record
from tests.pictures import camera_jpeg, scene

ANSWER = 12.0
PATIENCE = 60.0
QUICK = "[[small]]"
_AGAIN = frozenset({429, 500, 502, 503, 504})

Entity = dict[str, Any]


class NoAnswer(Exception):
    """A request was sent again and again, for a minute, in vain."""


class Person:
    """One account with its workspace and a project."""

    def __init__(self, name: str, address: str, key: str, record: Record) -> None:
        self.name = name
        self.key = key
        self.record = record
        self.slowest = 0.0
        self._http = httpx.AsyncClient(
            base_url=address, headers={"Authorization": f"Bearer {key}"}, timeout=ANSWER, trust_env=False
        )
        self._numbers = itertools.count(1)
        self.project = ""
        self.workspace = ""

    async def arrive(self) -> None:
        """Learn one's workspace and project."""
        me = (await self.send("GET", "/api/me")).json()
        self.workspace = me["workspace"]["id"]
        self.project = (await self.send("GET", "/api/projects")).json()["items"][0]["id"]

    async def ask(self, *behaviours: str, count: int = 1, inputs: tuple[str, ...] = (), **options: Any) -> Asking:
        """Ask for pictures under a prompt of their own; small ones that take `behaviours`' time."""
        asking = self.prepare(*behaviours, count=count, inputs=inputs, **options)
        await asking.send()
        return asking

    def prepare(self, *behaviours: str, count: int = 1, inputs: tuple[str, ...] = (), **options: Any) -> Asking:
        """A request that is not sent yet."""
        tags = " ".join(f"[[{behaviour}]]" for behaviour in behaviours or ("duration:0.5",))
        prompt = f"{self.name} {next(self._numbers)}. {QUICK} {tags}"
        body = {"prompt": prompt, "count": count, "inputs": list(inputs), **options}
        self.record.ask(prompt, count)
        return Asking(self, prompt, body)

    async def upload(self) -> list[Entity]:
        """Upload a small picture."""
        file = {"file": ("picture.jpg", camera_jpeg(scene(96, 64)), "image/jpeg")}
        answer = await self.send("POST", f"/api/projects/{self.project}/uploads", files=file)
        images: list[Entity] = answer.json()["images"] if answer.status_code == 201 else []
        return images

    async def act(self, image: Entity, verb: str) -> None:
        """Cancel, retry, or trash; that it is too late for it is no matter."""
        if verb == "trash":
            await self.send("DELETE", f"/api/images/{image['id']}")
            return
        if verb == "retry":
            # Counted before it is sent: it may be carried out without our ever hearing of it.
            self.record.asked[image["prompt"]].retries += 1
        answer = await self.send("POST", f"/api/images/{image['id']}/{verb}")
        if verb == "retry" and answer.status_code == 409:
            self.record.asked[image["prompt"]].retries -= 1

    async def send(self, method: str, path: str, **content: Any) -> httpx.Response:
        """Send it until it is answered, always under the same key. Raises `NoAnswer`."""
        loop = asyncio.get_running_loop()
        headers = {"Idempotency-Key": str(uuid4())} if method == "POST" else {}
        end = loop.time() + PATIENCE
        while loop.time() < end:
            began = loop.time()
            try:
                answer = await self._http.request(method, path, headers=headers, **content)
            except httpx.TransportError:
                await asyncio.sleep(0.2)
                continue
            finally:
                self.slowest = max(self.slowest, loop.time() - began)
            if answer.status_code not in _AGAIN:
                return answer
            await asyncio.sleep(min(2.0, _retry_after(answer.headers)))
        raise NoAnswer(f"{method} {path} got no answer in {PATIENCE:g} s")

    async def try_once(self, method: str, path: str, **content: Any) -> httpx.Response | None:
        """Send it once; None where the connection is lost."""
        try:
            return await self._http.request(method, path, **content)
        except httpx.TransportError:
            return None

    async def leave(self) -> None:
        """Close the connections."""
        await self._http.aclose()


class Asking:
    """A request for pictures, and what became of it. `ids` once it was answered."""

    def __init__(self, person: Person, prompt: str, body: Mapping[str, Any]) -> None:
        self.person = person
        self.prompt = prompt
        self.ids: list[UUID] = []
        self._body = body

    async def send(self) -> list[UUID]:
        """The images' ids. Raises `NoAnswer`."""
        path = f"/api/projects/{self.person.project}/generations"
        answer = await self.person.send("POST", path, json=self._body)
        asked = self.person.record.asked[self.prompt]
        if answer.status_code == 202:
            self.ids = asked.ids = [UUID(image["id"]) for image in answer.json()["images"]]
            asked.answered = True
        else:
            # An input that has gone meanwhile: nothing was asked for.
            asked.count = 0
        return self.ids


class Busy:
    """Somebody who goes on doing all of it, as the tab shows it."""

    def __init__(self, person: Person, images: Mapping[str, Entity], seed: int, pause: float) -> None:
        self.person = person
        self._images = images
        self._rng = Random(seed)
        self._pause = pause
        self._own: set[str] = set()

    async def work(self) -> None:
        """Until cancelled."""
        while True:
            # The record says that it was asked for and never answered; the checker knows what that allows.
            with suppress(NoAnswer):
                await self._do_something()
            await asyncio.sleep(self._pause * self._rng.uniform(0.5, 1.5))

    async def _do_something(self) -> None:
        place = self._rng.random()
        if place < 0.12:
            await self.person.upload()
        elif place < 0.30:
            await self._edit()
        elif place < 0.36:
            await self._act_on("cancel", {"pending", "submitting", "processing"})
        elif place < 0.44:
            await self._act_on("retry", {"failed", "canceled"})
        elif place < 0.47:
            await self._act_on("trash", {"completed", "failed"})
        else:
            duration = f"duration:{self._rng.uniform(0.2, 1.5):.1f}"
            await self._ask(duration, count=self._rng.choice((1, 1, 2)))

    async def _edit(self) -> None:
        """A picture from a picture, sometimes from one that is still being uploaded."""
        uploaded = await self.person.upload()
        source = uploaded if self._rng.random() < 0.5 else self._chosen({"completed"})
        if source:
            await self._ask("duration:0.4", inputs=(source[0]["id"],))

    async def _ask(self, duration: str, **options: Any) -> None:
        asking = self.person.prepare(duration, **options)
        self._own.add(asking.prompt)
        await asking.send()

    async def _act_on(self, verb: str, statuses: set[str]) -> None:
        for image in self._chosen(statuses):
            await self.person.act(image, verb)

    def _chosen(self, statuses: set[str]) -> list[Entity]:
        """One of ours, or none: a cancel or a retry of what a fault's own kind watches would spoil its count."""
        mine = [
            image
            for image in list(self._images.values())
            if image["status"] in statuses and image["trashed_at"] is None and image["prompt"] in self._own
        ]
        return [self._rng.choice(mine[-20:])] if mine else []


def _retry_after(headers: Mapping[str, str]) -> float:
    try:
        return float(headers.get("retry-after", "0.5"))
    except ValueError:
        return 0.5
