"""The web process as the Procfile starts it: on a port, and leaving in order."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from server.infra.database import PostgresDatabase
from server.live.close_codes import CloseCode
from server.usecases import sign_in

from .api.pictures import picture
from .programs import atelier, start

BOUND = 30.0
LEAVES_WITHIN = 8.0
# uvicorn ends by the very signal it was sent, once all is in order.
IN_ORDER = (0, -signal.SIGTERM)


@dataclass
class Web:
    """A web process that answers; `key` is somebody's API key, `project` theirs."""

    process: asyncio.subprocess.Process
    port: int
    key: str
    project: str

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    async def leave(self) -> int:
        """Tell it to stop; how it ended."""
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(LEAVES_WITHIN):
            return await self.process.wait()


@pytest.fixture
async def web(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Web]:
    """`atelier web` on a port of its own."""
    key, port = await somebody(database_url), free_port()
    values = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "ATELIER_DATA": str(tmp_path), "PORT": str(port)}
    process = await start("-m", "server.cli", "web", **values)
    # What it says must not fill the pipe.
    said = asyncio.create_task(process.communicate())
    try:
        await until_it_answers(process, port)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=BOUND) as http:
            projects = await http.get("/api/projects", headers={"Authorization": f"Bearer {key}"})
        yield Web(process, port, key, projects.json()["items"][0]["id"])
    finally:
        if process.returncode is None:
            process.kill()
        print((await said)[1].decode())


async def somebody(database_url: str) -> str:
    """A person's API key."""
    database = PostgresDatabase(database_url, pool=1)
    await database.connect()
    try:
        account = await sign_in.add_account(database, "ada@example.org")
        return str((await sign_in.add_key(database, account, "test"))["secret"])
    finally:
        await database.disconnect()


async def until_it_answers(process: asyncio.subprocess.Process, port: int) -> None:
    """Wait for the first connection it takes."""
    async with asyncio.timeout(BOUND):
        while True:
            assert process.returncode is None, "it ended before it answered"
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.02)
            else:
                return writer.close()


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@asynccontextmanager
async def connection(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection without an HTTP library."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def test_told_to_stop_it_leaves_within_seconds(web: Web) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{web.port}", trust_env=False, timeout=BOUND) as http:
        assert (await http.get("/healthz")).text == "ok\n"
        assert (await http.get("/readyz")).json() == {"status": "healthy", "provider": None}
        # A browser's kept-alive connection does not hold it up.
        assert await web.leave() in IN_ORDER


async def test_a_request_under_way_is_finished(web: Web) -> None:
    body = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="kitten.jpg"\r\n\r\n'
        + picture()
        + b"\r\n--b--\r\n"
    )
    head = (
        f"POST /api/projects/{web.project}/uploads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {web.key}\r\n"
        f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
    )
    async with connection(web.port) as (reader, writer), asyncio.timeout(BOUND):
        writer.write(head.encode())
        # The handler waits for the body now.
        assert b" 100 " in await reader.readline()
        leaving = asyncio.create_task(web.leave())
        await refuses(web.port)
        writer.write(body)
        answer = await reader.read()
        assert b" 201 " in answer.splitlines()[1]
        assert json.loads(answer.rpartition(b"\r\n\r\n")[2])["images"]
        assert await leaving in IN_ORDER


async def refuses(port: int) -> None:
    """Wait until nobody is let in any more."""
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            return
        writer.close()
        await asyncio.sleep(0.02)


async def test_sockets_are_told_goodbye_and_sent_elsewhere(web: Web) -> None:
    address = f"ws://127.0.0.1:{web.port}/api/live"
    async with (
        asyncio.timeout(BOUND),
        connect(address, subprotocols=[Subprotocol("atelier.v1")], additional_headers=web.bearer, proxy=None) as tab,
    ):
        await tab.send('{"type": "hello"}')
        assert json.loads(await tab.recv())["type"] == "reset"
        leaving = asyncio.create_task(web.leave())
        goodbye = json.loads(await tab.recv())
        assert (goodbye["type"], goodbye["reason"]) == ("goodbye", "restarting")
        assert goodbye["retry_after_ms"] > 0
        with pytest.raises(ConnectionClosed):
            await tab.recv()
        assert tab.close_code == CloseCode.RESTARTING
        assert await leaving in IN_ORDER


async def test_one_that_cannot_start_says_why_and_fails(database_url: str, redis_url: str, tmp_path: Path) -> None:
    values = {"DATABASE_URL": database_url, "ATELIER_DATA": str(tmp_path)}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        without_redis, without_port = await asyncio.gather(
            atelier("web", **values, PORT="0"), atelier("web", **values, REDIS_URL=redis_url, PORT=port)
        )
    assert without_redis.status == 3
    assert "REDIS_URL" in without_redis.err
    assert without_port.status not in (0, None)
    assert "address already in use" in without_port.err
