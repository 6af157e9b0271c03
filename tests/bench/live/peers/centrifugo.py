"""Centrifugo with its Redis engine, JSON protocol, without tokens."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from uuid import UUID

from server.infra.program import Program
from tests.bench.live.contestant import ANY, Served, request
from tests.bench.live.load import Tab
from tests.bench.live.peers import packages
from tests.bench.live.scene import Scene, Seat
from tests.bench.live.stage import Stage, listens
from tests.studio import free_port

DATA_FIELD = 0x22
"""The tag of `data` in its protobuf message `Publication`."""


class Centrifugo:
    """Built by Go. Several messages may stand in one frame, a line each."""

    name = "Centrifugo"
    dialog = ("dialog lines", 'rule message {"push"', 'rule answer {"id":2', 'rule ignore {"id":1', "rule reply {} {}")
    resumes = False
    most = ANY

    async def prepare(self, stage: Stage) -> None:
        """Build it; quick where that is done."""
        await packages.centrifugo(stage.folder)

    @asynccontextmanager
    async def serve(self, stage: Stage) -> AsyncIterator[Served]:
        """On a port of its own."""
        port = free_port()
        program = await packages.centrifugo(stage.folder)
        config = stage.folder / "centrifugo.json"
        config.write_text(json.dumps(_config(port, stage.redis_url)))
        argv = (str(program), "--config", str(config))
        async with stage.server(Program("centrifugo", argv, os.environ, Path("/")), partial(listens, port)) as process:
            yield Served((process.pid,), port)

    def tab(self, scene: Scene, seat: Seat) -> Tab:
        """Connect and subscribe at once."""
        subscribe = {"id": 2, "subscribe": {"channel": _channel(scene.rooms[seat.room])}}
        return request("/connection/websocket"), b'{"id":1,"connect":{}}\n' + json.dumps(subscribe).encode()

    def wrap(self, room: UUID, epoch: str, key: str, frame: bytes) -> tuple[str, bytes]:
        """As its broker publishes what has no history: protobuf with the data alone."""
        return f"centrifugo.client.{_channel(room)}", bytes([DATA_FIELD]) + _varint(len(frame)) + frame


def _channel(room: UUID) -> str:
    return f"live_{room}"


def _varint(number: int) -> bytes:
    digits = bytearray()
    while number > 0x7F:
        digits.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*digits, number])


def _config(port: int, redis_url: str) -> dict[str, object]:
    return {
        "http_server": {"address": "127.0.0.1", "port": port},
        "client": {"insecure": True, "allowed_origins": ["*"]},
        "channel": {"without_namespace": {"allow_subscribe_for_client": True, "allow_subscribe_for_anonymous": True}},
        "engine": {"type": "redis", "redis": {"address": [redis_url]}},
        "log": {"level": "warn"},
    }
