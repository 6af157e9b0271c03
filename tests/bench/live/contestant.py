"""Who is measured: a server that takes messages from Redis and hands them to the WebSockets of their room."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from tests.bench.live.load import Tab
from tests.bench.live.scene import Scene, Seat
from tests.bench.live.stage import Stage


@dataclass(frozen=True)
class Served:
    """A server that runs: its processes, and the port it listens on, on the loopback."""

    pids: tuple[int, ...]
    port: int


ANY = 1 << 20
"""As many tabs as one likes."""


class Missing(Exception):
    """This contestant cannot be had here; the message says why, in a few words."""


class Contestant(Protocol):
    """A server, and how the load program and the publisher talk with it."""

    @property
    def name(self) -> str:
        """As the tables call it."""

    @property
    def dialog(self) -> Sequence[str]:
        """What the load program is told of how to talk with it."""

    @property
    def most(self) -> int:
        """Tabs that it can have here at once."""

    @property
    def resumes(self) -> bool:
        """Whether a tab that comes back is told what it missed."""

    async def prepare(self, stage: Stage) -> None:
        """Get and build what it needs, once. Raises `Missing`."""

    def serve(self, stage: Stage) -> AbstractAsyncContextManager[Served]:
        """Start it on the server's core; stop it at the end."""

    def tab(self, scene: Scene, seat: Seat) -> Tab:
        """How one tab asks for its WebSocket, and what it says first."""

    def wrap(self, room: UUID, epoch: str, key: str, frame: bytes) -> tuple[str, bytes]:
        """The channel and the message that bring a frame to a room."""


def request(path: str, *headers: str) -> bytes:
    """The head of a request for a WebSocket."""
    lines = (
        f"GET {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: YXRlbGllciBiZW5jaCAxNg==",
        *headers,
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
