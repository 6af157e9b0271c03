"""The application on real parts, and two people in it: what every test of the HTTP door stands on."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import uvicorn
from starlette.applications import Starlette

from server.app import create_app
from server.core import facts as f
from server.core.errors import STATUS, ErrorCode
from server.core.image import Rendition
from server.core.signing import extension, sign_input, sign_thumb
from server.infra.embedded import ThrowawayServers
from server.infra.sql import Sql
from server.live.protocol import OURS
from server.settings import Settings
from server.usecases import sign_in
from server.usecases.dispatch_images import dispatch_images
from server.usecases.intend_submit import commit_intent, prepare_intent
from server.usecases.record_fact import record_fact
from server.wiring import Dependencies
from tests.drop_database import drop_database

from .pictures import picture

HOST = "https://atelier.test"
SOON = 3.0
BOUND = 20.0
PLENTY = {"generation_rate": 100_000, "write_rate": 100_000, "upload_rate": 100_000}

_NUMBERS = itertools.count(1)


@dataclass
class Person:
    """Somebody with a session (the cookie of `http`), an API key, a workspace and the project it began with."""

    email: str
    http: httpx.AsyncClient
    key: str
    workspace: UUID
    project: str

    @property
    def bearer(self) -> dict[str, str]:
        """The header that carries the key."""
        return {"Authorization": f"Bearer {self.key}"}

    async def upload(self, *files: tuple[str, bytes], project: str | None = None, **asked: Any) -> httpx.Response:
        """One request with those files, by name and content."""
        parts = [("file", (name, data, "application/octet-stream")) for name, data in files]
        return await self.http.post(f"/api/projects/{project or self.project}/uploads", files=parts, **asked)

    async def pending_upload(self) -> str:
        """The id of a picture that no worker has seen."""
        answer = await self.upload(("kitten.jpg", picture()))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["images"][0]["id"])

    async def generate(self, *, headers: dict[str, str] | None = None, **wish: Any) -> httpx.Response:
        """One generation request; `wish` changes its body."""
        body = {"prompt": "a kitten at night", **wish}
        return await self.http.post(f"/api/projects/{self.project}/generations", json=body, headers=headers)

    async def pending_generation(self, **wish: Any) -> str:
        """The id of a generation that no worker has seen."""
        answer = await self.generate(**wish)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["images"][0]["id"])

    async def read(self, image: str) -> dict[str, Any]:
        """The picture as it is now."""
        answer = await self.http.get(f"/api/images/{image}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def pictures(self) -> list[dict[str, Any]]:
        """What lies in the first project."""
        answer = await self.http.get(f"/api/projects/{self.project}/images")
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])


@dataclass
class Studio:
    """A running application. `stranger` has neither cookie nor key."""

    app: Starlette
    parts: Dependencies
    ada: Person
    bob: Person
    stranger: httpx.AsyncClient

    async def count(self, table: str) -> int:
        """Rows of a table."""
        row = await self.parts.database.query(lambda sql: sql.one(f"SELECT count(*) AS n FROM {table}"))
        assert row is not None
        return int(row["n"])

    async def run(self, statement: str, **values: Any) -> None:
        """SQL, for what only time or an accident would bring about."""
        await self.parts.database.query(lambda sql: sql.run(statement, **values))

    @asynccontextmanager
    async def database_held(self) -> AsyncIterator[None]:
        """Every connection of the process is taken, and not given back before the end."""
        size = self.parts.settings.database_pool
        taken, release = asyncio.Semaphore(0), asyncio.Event()

        async def hold(_: Sql) -> None:
            taken.release()
            await release.wait()

        holders = [asyncio.create_task(self.parts.database.query(hold)) for _ in range(size)]
        try:
            async with asyncio.timeout(BOUND):
                for _ in holders:
                    await taken.acquire()
            yield
        finally:
            release.set()
            await asyncio.gather(*holders)

    async def staged(self) -> list[str]:
        """Keys of uploads whose bytes still wait for a worker."""
        return await self.parts.blobs.keys("incoming")

    async def complete(self, image: str, data: bytes | None = None, size: tuple[int, int] = (64, 48)) -> bytes:
        """What a worker does with an upload, by the same facts; the original's bytes."""
        data = data or picture(size=size)
        row = await self.parts.database.transact(lambda unit: unit.images.load(UUID(image)))
        assert row is not None
        renditions: dict[str, Rendition] = {}
        for name in ("original", "preview", "thumb"):
            sha256 = hashlib.sha256(data).hexdigest()
            key = f"{row.workspace}/{row.id}/{name}-{sha256}.{extension('image/jpeg')}"
            renditions[name] = Rendition(key, sha256, "image/jpeg", *size, len(data))
            await self.parts.blobs.put(key, data, "image/jpeg")
        await record_fact(self.parts.database, row.id, f.IngestStarted(), self.parts.rules)
        await record_fact(self.parts.database, row.id, f.Stored(renditions=renditions), self.parts.rules)
        return data

    async def completed_upload(self, person: Person, size: tuple[int, int] = (64, 48), name: str = "kitten.jpg") -> str:
        """The id of a picture that is there."""
        answer = await person.upload((name, picture(size=size)))
        image = str(answer.json()["images"][0]["id"])
        await self.complete(image, size=size)
        return image

    def signed_input(self, image: str, lifetime: float = 60.0) -> str:
        """The address the provider would be given, good for `lifetime` seconds from now."""
        expires_at = self.parts.clock.now() + timedelta(seconds=lifetime)
        return "/api/inputs/" + sign_input(self.parts.secret, UUID(image), expires_at, "image/jpeg")

    def signed_thumb(self, image: str, lifetime: float = 60.0) -> str:
        """The address a notification would be given, good for `lifetime` seconds from now."""
        expires_at = self.parts.clock.now() + timedelta(seconds=lifetime)
        return "/api/thumbs/" + sign_thumb(self.parts.secret, UUID(image), expires_at)

    async def submitted_generation(self, person: Person) -> tuple[str, str]:
        """The id and the callback's nonce of a generation that is being submitted."""
        image = await person.pending_generation()
        # Tests share the studio, and one of them may have paused the workspace.
        await self.parts.database.transact(lambda unit: unit.queue.pause(person.workspace, False))
        await dispatch_images(self.parts.database, 10_000, 10_000)
        row = await self.parts.database.transact(lambda unit: unit.images.load(UUID(image)))
        assert row is not None
        intent = await prepare_intent(self.parts.database, row)
        await commit_intent(self.parts.database, intent, self.parts.rules)
        return image, intent.nonce

    async def failed_generation(self, person: Person) -> str:
        """The id of a generation that the provider has refused."""
        image, _ = await self.submitted_generation(person)
        await record_fact(self.parts.database, UUID(image), f.Rejected(1), self.parts.rules)
        return image

    async def charged_generation(self, person: Person) -> str:
        """The id of a generation that the provider has taken, so that it is paid for."""
        image, _ = await self.submitted_generation(person)
        await record_fact(self.parts.database, UUID(image), f.Accepted(1, "task"), self.parts.rules)
        return image


@asynccontextmanager
async def open_studio(database_url: str, redis_url: str, data: Path, **settings: Any) -> AsyncIterator[Studio]:
    """An application with its lifespan run, and both people signed in. The rates are generous unless told."""
    chosen: dict[str, Any] = {
        "database_url": database_url,
        "redis_url": redis_url,
        "atelier_data": data,
        **PLENTY,
        **settings,
    }
    async with AsyncExitStack() as stack:
        app = create_app(Settings(**chosen))
        await stack.enter_async_context(app.router.lifespan_context(app))
        stranger = await stack.enter_async_context(client(app))
        parts: Dependencies = app.state.parts
        people = [
            await sign_in_as(parts, await stack.enter_async_context(client(app)), f"{name}@example.org")
            for name in ("ada", "bob")
        ]
        yield Studio(app, parts, *people, stranger)


def client(app: Starlette) -> httpx.AsyncClient:
    """A browser of its own. An error of ours is an answer of 500 to it, as over a wire."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=HOST, timeout=BOUND)


async def sign_in_as(parts: Dependencies, http: httpx.AsyncClient, email: str) -> Person:
    """Follow a real link, then make a key."""
    await sign_in.add_account(parts.database, email)
    token = await sign_in.make_link(parts.database, email)
    answer = await http.post("/api/sessions", json={"token": token})
    assert answer.status_code == 201, answer.text
    made = (await http.post("/api/keys", json={"name": "test"})).json()
    me = (await http.get("/api/me")).json()
    projects = (await http.get("/api/projects")).json()["items"]
    return Person(email, http, made["secret"], UUID(me["workspace"]["id"]), projects[0]["id"])


@asynccontextmanager
async def own_database(servers: ThrowawayServers) -> AsyncIterator[str]:
    """A migrated database, for as long as a whole module of tests needs one."""
    name = f"api_{next(_NUMBERS)}"
    admin = await asyncpg.connect(servers.database_url.replace("/atelier?", "/postgres?"))
    await admin.execute(f"CREATE DATABASE {name} TEMPLATE atelier STRATEGY file_copy")
    yield servers.database_url.replace("/atelier?", f"/{name}?")
    try:
        await drop_database(admin, name)
    finally:
        await admin.close()


def refused(answer: httpx.Response, code: ErrorCode) -> dict[str, Any]:
    """The problem of an answer that must be this very refusal."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem: dict[str, Any] = answer.json()
    assert (answer.status_code, problem["code"]) == (STATUS[code], str(code)), answer.text
    assert problem["status"] == answer.status_code
    assert problem["type"] == "about:blank"
    assert problem["title"] and problem["detail"]
    return problem


def random_id() -> str:
    """An id that names nothing."""
    return str(uuid4())


@asynccontextmanager
async def on_a_port(app: Any) -> AsyncIterator[int]:
    """The running application behind a real server; its port on the loopback."""
    config = uvicorn.Config(app, lifespan="off", **OURS, log_config=None, timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    # A listening socket takes connections before anyone accepts them: there is nothing to wait for.
    listening = socket.create_server(("127.0.0.1", 0))
    serving = asyncio.create_task(server._serve([listening]))
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        async with asyncio.timeout(BOUND):
            await serving
