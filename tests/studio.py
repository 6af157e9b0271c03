"""A whole Atelier in the test's own process: web, worker and rescue on a real PostgreSQL, Valkey and simulator.

What happens is waited for on the live stream, as a browser would; nothing here sleeps to wait.
"""

from __future__ import annotations

import asyncio
import io
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import httpx
import uvicorn
import websockets
from arq.worker import Worker
from PIL import Image as Picture

from jobs.balance import watch_balance
from jobs.rescue import watch
from jobs.worker import worker
from jobs.workshop import Workshop, open_workshop
from server.app import create_app
from server.infra.database import PostgresDatabase
from server.live.protocol import OURS
from server.settings import Settings
from server.usecases import sign_in
from tests.running import FRESH

PATIENCE = 20.0
UNFINISHED = frozenset({"pending", "submitting", "processing", "saving", "unknown"})

Entity = dict[str, Any]
T = TypeVar("T")


@dataclass
class Tab:
    """One live socket, and every image as the stream has told it."""

    images: dict[str, Entity] = field(default_factory=dict)
    seqs: list[int] = field(default_factory=list)
    history: list[tuple[str, str]] = field(default_factory=list)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def follow(self, connection: websockets.ClientConnection) -> None:
        """Read frames until the connection ends."""
        async for text in connection:
            await self.hear(text)

    async def hear(self, text: str | bytes) -> None:
        """One frame."""
        frame = json.loads(text)
        events = frame["events"] if frame["type"] == "replay" else [frame] if frame["type"] == "event" else []
        async with self.changed:
            for event in events:
                self._take(event)
            self.changed.notify_all()

    def _take(self, event: Entity) -> None:
        self.seqs.append(event["seq"])
        if event["kind"] == "image.changed":
            data = event["data"]
            self.images[data["id"]] = data
            self.history.append((data["id"], data["status"]))

    async def until(self, id: str, met: Callable[[Entity], bool], patience: float = PATIENCE) -> Entity:
        """The image once `met` holds of it."""
        try:
            async with asyncio.timeout(patience), self.changed:
                await self.changed.wait_for(lambda: id in self.images and met(self.images[id]))
        except TimeoutError:
            raise AssertionError(f"waited {patience} s in vain: {self.images.get(id)}") from None
        return self.images[id]

    async def finished(self, id: str, patience: float = PATIENCE) -> Entity:
        """The image once it has ended."""
        return await self.until(id, lambda image: image["status"] not in UNFINISHED, patience)

    def phases(self, id: str) -> list[str]:
        """The statuses an image went through, as told."""
        return [status for told, status in self.history if told == id]


@dataclass
class Studio:
    """A running Atelier with one signed-in person."""

    settings: Settings
    shop: Workshop
    http: httpx.AsyncClient
    simulator: httpx.AsyncClient
    tab: Tab
    project: str
    key: str

    async def generate(self, prompt: str, **options: Any) -> list[Entity]:
        """Ask for pictures; the images as answered."""
        answer = await self.http.post(
            f"/api/projects/{self.project}/generations",
            json={"prompt": prompt, **options},
            headers={"Idempotency-Key": str(uuid4())},
        )
        assert answer.status_code == 202, answer.text
        images: list[Entity] = answer.json()["images"]
        return images

    async def upload(self, data: bytes, name: str = "picture.jpg") -> Entity:
        """Upload one picture; the image as answered."""
        answer = await self.http.post(f"/api/projects/{self.project}/uploads", files={"file": (name, data)})
        assert answer.status_code == 201, answer.text
        image: Entity = answer.json()["images"][0]
        return image

    async def charges(self) -> list[Entity]:
        """The simulator's ledger: the witness."""
        ledger: list[Entity] = (await self.simulator.get("/simulator/ledger")).json()["charges"]
        return ledger

    async def submits(self, prompt: str) -> list[Entity]:
        """Every submit of that prompt that reached the simulator, refused ones too."""
        seen = (await self.simulator.get("/simulator/requests")).json()["requests"]
        return [request for request in seen if request["method"] == "POST" and request["prompt"] == prompt]


def jpeg(width: int = 640, height: int = 480, color: str = "teal") -> bytes:
    """A small picture's file."""
    buffer = io.BytesIO()
    Picture.new("RGB", (width, height), color).save(buffer, "JPEG")
    return buffer.getvalue()


async def eventually(read: Callable[[], Awaitable[T]], met: Callable[[T], bool], patience: float = PATIENCE) -> T:
    """What `read` gives once `met` holds of it: for what no signal tells, such as rows without events."""
    async with asyncio.timeout(patience):
        while True:
            value = await read()
            if met(value):
                return value
            await asyncio.sleep(0.02)


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def open_studio(settings: Settings) -> AsyncIterator[Studio]:
    """Start web, worker and rescue, sign a person in, open a tab; stop all of it at the end."""
    async with AsyncExitStack() as stack:
        account = await _add_person(settings)
        await stack.enter_async_context(_web(settings))
        await stack.enter_async_context(_worker(settings))
        shop = await stack.enter_async_context(_rescue(settings))
        headers = {"Authorization": f"Bearer {account}"}
        http = await stack.enter_async_context(
            httpx.AsyncClient(base_url=settings.base_url, headers=headers, timeout=PATIENCE, limits=FRESH)
        )
        simulator = await stack.enter_async_context(
            httpx.AsyncClient(base_url=settings.provider_url, timeout=PATIENCE, limits=FRESH)
        )
        tab = Tab()
        await stack.enter_async_context(follow(settings, account, tab))
        projects = (await http.get("/api/projects")).json()["items"]
        yield Studio(settings, shop, http, simulator, tab, projects[0]["id"], account)


@asynccontextmanager
async def follow(settings: Settings, key: str, tab: Tab) -> AsyncIterator[None]:
    """Keep a tab on the live stream."""
    url = settings.base_url.replace("http", "ws", 1) + "/api/live"
    headers = {"Authorization": f"Bearer {key}"}
    async with websockets.connect(url, subprotocols=["atelier.v1"], additional_headers=headers) as connection:
        await connection.send(json.dumps({"type": "hello"}))
        # What happens before the answer is not told.
        async with asyncio.timeout(PATIENCE):
            await tab.hear(await connection.recv())
        reading = asyncio.create_task(tab.follow(connection))
        try:
            yield
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


def studio_settings(database_url: str, redis_url: str, simulator_url: str, data: Path, **others: Any) -> Settings:
    """Quick rounds: rescue looks often, and every wait of an image is a tenth of the real one."""
    quick: dict[str, Any] = {"rescue_interval": 0.2, "time_factor": 0.1, "live_check": 1.0, "live_beat": 5.0}
    parts: dict[str, Any] = {
        "database_url": database_url,
        "redis_url": redis_url,
        "nanobanana_simulator_url": simulator_url,
        "atelier_data": data,
        "port": free_port(),
    }
    return Settings(**{**parts, **quick, **others})


async def _add_person(settings: Settings) -> str:
    database = PostgresDatabase(str(settings.database_url), pool=1)
    await database.connect()
    try:
        account = await sign_in.add_account(database, "ada@example.org")
        key: str = (await sign_in.add_key(database, account, "tests"))["secret"]
        return key
    finally:
        await database.disconnect()


@asynccontextmanager
async def _web(settings: Settings) -> AsyncIterator[None]:
    app = create_app(settings)
    # Not the server's to close: it never would where one of its connections does not end.
    async with app.router.lifespan_context(app):
        config = uvicorn.Config(
            app,
            port=settings.port,
            lifespan="off",
            log_level="warning",
            access_log=False,
            **OURS,
        )
        server = uvicorn.Server(config)
        ready = asyncio.Event()
        startup = server.startup

        async def tell_when_started(sockets: list[socket.socket] | None = None) -> None:
            await startup(sockets)
            ready.set()

        server.startup = tell_when_started  # type: ignore[method-assign]
        serving = asyncio.create_task(server._serve())
        try:
            async with asyncio.timeout(PATIENCE):
                await asyncio.wait([asyncio.create_task(ready.wait()), serving], return_when=asyncio.FIRST_COMPLETED)
            assert ready.is_set(), "the web process did not start"
            yield
        finally:
            server.should_exit = True
            await _ended(serving, "the web process")


@asynccontextmanager
async def _worker(settings: Settings) -> AsyncIterator[None]:
    working = worker(settings, handle_signals=False)
    running = asyncio.create_task(working.async_run())
    async with AsyncExitStack() as stack:
        # From the last to the first, each whatever becomes of those before it.
        stack.push_async_callback(working.close)
        stack.push_async_callback(_jobs_ended, working)
        stack.push_async_callback(_ended, running, "the worker")
        stack.callback(running.cancel)
        yield


async def _jobs_ended(working: Worker) -> None:
    for job in list(working.tasks.values()):
        await _ended(job, "a job of the worker")


@asynccontextmanager
async def _rescue(settings: Settings) -> AsyncIterator[Workshop]:
    stop = asyncio.Event()
    async with open_workshop(settings) as shop:
        watching = asyncio.gather(watch(shop, stop), watch_balance(shop, stop))
        try:
            yield shop
        finally:
            stop.set()
            await _ended(watching, "rescue")


async def _ended(part: asyncio.Future[Any], name: str) -> None:
    """Waits until it has ended; who does not is named, and ended. What it raises is raised, a cancellation apart."""
    await asyncio.wait([part], timeout=PATIENCE)
    if not part.done():
        part.cancel()
        await asyncio.wait([part], timeout=PATIENCE)
        raise AssertionError(f"{name} did not end within {PATIENCE} s")
    if not part.cancelled():
        part.result()
