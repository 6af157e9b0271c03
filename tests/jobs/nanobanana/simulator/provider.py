"""The simulator as a client sees it, and a small server of our own that it fetches inputs from and calls back."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

COMMAND = (sys.executable, "-m", "jobs.nanobanana.simulator", "--host", "127.0.0.1", "--port", "0")
KEY = {"Authorization": "Bearer key"}
BOUND = 20.0


@contextlib.asynccontextmanager
async def running(**environment: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A simulator process and its address; it is ended at the end."""
    process = await asyncio.create_subprocess_exec(*COMMAND, env=environment, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        line = (await asyncio.wait_for(process.stdout.readline(), BOUND)).decode()
        assert line.startswith("simulator listening on http://127.0.0.1:"), line
        yield process, line.split()[-1]
    finally:
        if process.returncode is None:
            process.terminate()
            await asyncio.wait_for(process.wait(), BOUND)


@dataclass
class Provider:
    """Requests to the simulator, as the worker and the control interface would make them."""

    http: httpx.AsyncClient

    async def post(self, path: str, **body: Any) -> httpx.Response:
        """A submit; `path` is generate, generate-pro or generate-2."""
        return await self.http.post(f"/api/v1/nanobanana/{path}", json=body, headers=KEY)

    async def submit(self, prompt: str, **body: Any) -> str:
        """The task id of an accepted submit to generate-2."""
        answer = (await self.post("generate-2", prompt=prompt, **body)).json()
        assert answer["code"] == 200, answer
        return str(answer["data"]["taskId"])

    async def finished(self, prompt: str, **body: Any) -> dict[str, Any]:
        """The task of an accepted submit to generate-2, after its end and its callbacks."""
        return await self.settled(await self.submit(prompt, **body))

    async def settled(self, task_id: str) -> dict[str, Any]:
        """The task after its end and its callbacks."""
        task = (await self.http.get(f"/simulator/tasks/{task_id}?until=settled&timeout=20")).json()
        assert task["settled"], task
        return dict(task)

    async def poll(self, task_id: str) -> httpx.Response:
        """One record-info."""
        return await self.http.get("/api/v1/nanobanana/record-info", params={"taskId": task_id}, headers=KEY)

    async def record(self, task_id: str) -> dict[str, Any]:
        """The data of one record-info."""
        return dict((await self.poll(task_id)).json()["data"])

    async def charges(self) -> list[dict[str, Any]]:
        """The ledger's charges."""
        return list((await self.http.get("/simulator/ledger")).json()["charges"])

    async def set(self, **wishes: Any) -> dict[str, Any]:
        """The settings after a change that must be accepted."""
        answer = await self.http.post("/simulator/settings", json=wishes)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@dataclass
class Neighbour:
    """A server of the test's: it serves `files` by path and keeps every callback; `answers` are the next statuses."""

    url: str = ""
    files: dict[str, Response] = field(default_factory=dict)
    answers: list[int] = field(default_factory=list)
    callbacks: asyncio.Queue[dict[str, Any]] = field(default_factory=asyncio.Queue)

    async def callback(self) -> dict[str, Any]:
        """The next callback; fails if none comes."""
        return await asyncio.wait_for(self.callbacks.get(), BOUND)

    async def serve(self, request: Request) -> Response:
        """The endpoint of everything."""
        if request.method == "POST":
            try:
                self.callbacks.put_nowait(await request.json())
            except ValueError:
                return Response(status_code=400)
            return Response(status_code=self.answers.pop(0) if self.answers else 200)
        return self.files.get(request.url.path) or Response(status_code=404)


@contextlib.asynccontextmanager
async def neighbour() -> AsyncIterator[Neighbour]:
    """A Neighbour on a port of its own."""
    it = Neighbour()
    app = Starlette(routes=[Route("/{path:path}", it.serve, methods=["GET", "POST"])])
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", ws="none"))
    # A listening socket takes connections before anyone accepts them: there is nothing to wait for.
    listening = socket.create_server(("127.0.0.1", 0))
    it.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    serving = asyncio.create_task(server._serve([listening]))
    yield it
    server.should_exit = True
    await asyncio.wait_for(serving, BOUND)
