"""The whole web process: what happens over HTTP is on the live socket, for those who may see it and nobody else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin, Subprotocol

from server.api.identity import COOKIE
from server.app import create_app
from server.core.errors import ErrorCode
from server.infra.embedded import ThrowawayServers
from server.live.close_codes import CloseCode
from server.settings import Settings, SettingsError

from .api.studio import BOUND, Person, Studio, client, on_a_port, open_studio, own_database, sign_in_as
from .programs import atelier

LIVE = Subprotocol("atelier.v1")


@pytest.fixture(scope="module")
async def studio(servers: ThrowawayServers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Studio]:
    """Shared by this module's tests."""
    data = tmp_path_factory.mktemp("data")
    async with own_database(servers) as url, open_studio(url, servers.redis_url, data) as opened:
        yield opened


@pytest.fixture
async def port(studio: Studio) -> AsyncIterator[int]:
    """Where a real server serves the studio."""
    async with on_a_port(studio.app) as listening:
        yield listening


def knock(port: int, headers: dict[str, str], origin: str | None = None) -> connect:
    """A handshake at the live door."""
    return connect(
        f"ws://127.0.0.1:{port}/api/live",
        subprotocols=[LIVE],
        origin=Origin(origin) if origin else None,
        additional_headers=headers,
        proxy=None,
        open_timeout=BOUND,
        close_timeout=1,
    )


def cookie_of(person: Person) -> dict[str, str]:
    return {"Cookie": f"{COOKIE}={person.http.cookies[COOKIE]}"}


@asynccontextmanager
async def tab(port: int, headers: dict[str, str], **hello: Any) -> AsyncIterator[ClientConnection]:
    """A socket that has said hello."""
    async with knock(port, headers, f"http://127.0.0.1:{port}") as socket:
        await socket.send(json.dumps({"type": "hello", **hello}))
        yield socket


async def next_frame(socket: ClientConnection, *kinds: str) -> dict[str, Any]:
    """The next frame of the stream, or of those kinds."""
    async with asyncio.timeout(BOUND):
        while True:
            frame: dict[str, Any] = json.loads(await socket.recv())
            if frame["type"] in kinds or (not kinds and frame["type"] not in ("beat", "queue")):
                return frame


async def closing(socket: ClientConnection) -> int:
    """The close code, after whatever frames come before."""
    with pytest.raises(ConnectionClosed):
        async with asyncio.timeout(BOUND):
            while True:
                await socket.recv()
    assert socket.close_code is not None
    return socket.close_code


async def test_what_is_asked_for_over_http_is_on_the_screen(studio: Studio, port: int) -> None:
    async with tab(port, cookie_of(studio.ada)) as socket:
        reset = await next_frame(socket)
        assert reset["type"] == "reset"
        images = (await studio.ada.generate(count=2)).json()["images"]
        frames = [await next_frame(socket) for _ in images]
    assert [frame["data"] for frame in frames] == images
    assert [frame["seq"] for frame in frames] == [reset["seq"] + 1, reset["seq"] + 2]
    assert {frame["kind"] for frame in frames} == {"image.changed"}


async def test_somebody_else_hears_nothing_and_gets_no_replay(studio: Studio, port: int) -> None:
    async with tab(port, cookie_of(studio.bob)) as bob, tab(port, studio.ada.bearer) as ada:
        await next_frame(bob)
        await next_frame(ada)
        await studio.ada.generate()
        await next_frame(ada)
        own = (await studio.bob.generate(prompt="bob's own")).json()["images"][0]
        # The next thing Bob hears is his own.
        assert (await next_frame(bob))["data"] == own
    async with tab(port, cookie_of(studio.bob), workspace=str(studio.ada.workspace), epoch="x", since=0) as bob:
        assert await closing(bob) == CloseCode.NO_SUCH_WORKSPACE


async def test_renewed_streams_reset_open_sockets_and_those_that_come_back(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    """The operator restored a backup in place, where nothing else tells the old history from the new one."""
    async with (
        open_studio(database_url, redis_url, tmp_path, live_check=0.2) as studio,
        on_a_port(studio.app) as port,
        tab(port, cookie_of(studio.ada)) as ada,
        tab(port, studio.bob.bearer) as bob,
    ):
        before = [await next_frame(socket) for socket in (ada, bob)]
        renewed = await atelier("stream", "renew", "--yes", DATABASE_URL=database_url, ATELIER_DATA=str(tmp_path))
        assert renewed.status == 0, renewed
        after = [await next_frame(socket) for socket in (ada, bob)]
        assert [(frame["type"], frame["seq"]) for frame in after] == [("reset", frame["seq"]) for frame in before]
        assert len({frame["epoch"] for frame in before + after}) == 4
        # The same sockets go on, with the numbers that follow.
        await studio.ada.generate()
        assert (await next_frame(ada))["seq"] == after[0]["seq"] + 1
        gone = before[1]
        async with tab(port, cookie_of(studio.bob), epoch=gone["epoch"], since=gone["seq"]) as back:
            frame = await next_frame(back)
        assert (frame["type"], frame["epoch"]) == ("reset", after[1]["epoch"])


async def test_what_is_done_to_the_queue_is_on_the_screen(studio: Studio, port: int) -> None:
    """Through PostgreSQL, the outbox and Redis, for the workspace's tabs; with the shape that HTTP tells."""
    async with tab(port, cookie_of(studio.ada)) as ada, tab(port, cookie_of(studio.bob)) as bob:
        for socket in (ada, bob):
            assert not (await next_frame(socket, "queue"))["paused"]
        before = (await studio.ada.http.post("/api/queue/pause")).json()
        assert await next_frame(ada, "queue") == {"type": "queue", **before}
        [image] = (await studio.ada.generate()).json()["images"]
        told = await next_frame(ada, "queue")
        assert told["waiting"] == before["waiting"] + 1
        assert image["id"] in told["places"]
        after = (await studio.ada.http.post("/api/queue/resume")).json()
        assert await next_frame(ada, "queue") == {"type": "queue", **after}
        # The next thing Bob hears of his queue is that it is paused, too.
        assert (await studio.bob.http.post("/api/queue/pause")).json()["paused"]
        while not (queue := await next_frame(bob, "queue"))["paused"]:
            assert image["id"] not in queue["places"]
        await studio.bob.http.post("/api/queue/resume")


async def test_the_live_door_refuses_strangers_before_the_handshake(studio: Studio, port: int) -> None:
    own, foreign = f"http://127.0.0.1:{port}", "https://evil.example"
    async with client(studio.app) as http:
        gone = await sign_in_as(studio.parts, http, studio.ada.email)
        ended = cookie_of(gone)
        await http.delete("/api/sessions/current")
    for headers, origin, code in (
        (cookie_of(studio.ada), foreign, ErrorCode.FORBIDDEN_ORIGIN),
        (cookie_of(studio.ada), "null", ErrorCode.FORBIDDEN_ORIGIN),
        (cookie_of(studio.ada), None, ErrorCode.FORBIDDEN_ORIGIN),
        (ended, own, ErrorCode.NOT_SIGNED_IN),
        ({}, own, ErrorCode.NOT_SIGNED_IN),
        ({"Authorization": "Bearer atl_made-up"}, None, ErrorCode.NOT_SIGNED_IN),
    ):
        with pytest.raises(InvalidStatus) as refusal:
            async with knock(port, headers, origin):
                pass
        assert refusal.value.response.status_code == 403
        assert json.loads(refusal.value.response.body)["code"] == str(code)
    async with knock(port, studio.ada.bearer):
        pass


async def test_signing_out_closes_the_sessions_sockets(studio: Studio, port: int) -> None:
    async with client(studio.app) as http, tab(port, cookie_of(studio.bob)) as other:
        leaving = await sign_in_as(studio.parts, http, studio.ada.email)
        async with tab(port, cookie_of(leaving)) as socket:
            await next_frame(socket)
            assert (await http.delete("/api/sessions/current")).status_code == 204
            assert await closing(socket) == CloseCode.NOT_SIGNED_IN
        assert (await next_frame(other))["type"] == "reset"


async def test_revoking_a_key_closes_its_sockets(studio: Studio, port: int) -> None:
    made = (await studio.ada.http.post("/api/keys", json={"name": "script"})).json()
    async with tab(port, {"Authorization": f"Bearer {made['secret']}"}) as socket:
        await next_frame(socket)
        assert (await studio.ada.http.delete(f"/api/keys/{made['id']}")).status_code == 204
        assert await closing(socket) == CloseCode.NOT_SIGNED_IN


async def test_what_is_long_travels_compressed_and_pictures_as_they_are(studio: Studio) -> None:
    await studio.ada.generate(count=4)
    image = await studio.completed_upload(studio.ada)
    listing = f"/api/projects/{studio.ada.project}/images"
    packed = await studio.ada.http.get(listing)
    plain = await studio.ada.http.get(listing, headers={"Accept-Encoding": "identity"})
    assert packed.json()["items"] == plain.json()["items"]
    assert "accept-encoding" in packed.headers["vary"].lower()
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(plain.content) / 3
    for path in (f"/api/images/{image}/file/original", "/api/queue"):
        answer = await studio.ada.http.get(path)
        assert (answer.status_code, "content-encoding" in answer.headers) == (200, False), path


async def test_an_application_without_addresses_does_not_start(tmp_path: Path) -> None:
    app = create_app(Settings(atelier_data=tmp_path, database_url=None, redis_url=None))
    with pytest.raises(SettingsError):
        async with app.router.lifespan_context(app):
            pass
