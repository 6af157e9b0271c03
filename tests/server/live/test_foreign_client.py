"""Node's `ws`, which shares no line with our server or its libraries, at both doors."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from server.live.close_codes import CloseCode
from tests.server.live.house import House
from tests.server.live.test_endpoint import door, house, person

__all__ = ["door", "house", "person"]

CLIENT = Path(__file__).with_name("foreign_client.mjs")
PATIENCE = 30.0
EVENTS = 20


@asynccontextmanager
async def foreign_client(house: House, floods: bool) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
    """What it says, line by line."""
    found = shutil.which("node", path=f"{sys.prefix}/node{os.pathsep}{os.environ['PATH']}")
    assert found is not None, "there is no Node: run `make build`"
    arguments = [found, str(CLIENT), str(house.port), house.person.token, str(EVENTS), *(["flood"] if floods else [])]
    process = await asyncio.create_subprocess_exec(*arguments, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None

    async def lines() -> AsyncIterator[dict[str, Any]]:
        assert process.stdout is not None
        async for line in process.stdout:
            yield json.loads(line)

    try:
        async with asyncio.timeout(PATIENCE):
            yield lines()
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_a_client_of_another_language_is_served_and_refused_by_the_book(house: House, door: str) -> None:
    ours = door == "ours"
    async with foreign_client(house, floods=ours) as lines:
        greeted = await anext(lines)
        assert (greeted["protocol"], greeted["extensions"]) == ("atelier.v1", ""), "nothing is compressed"
        for _ in range(EVENTS):
            await house.change()
        told = await anext(lines)
        assert told == {"seqs": [greeted["reset"] + number for number in range(1, EVENTS + 1)], "pong": "alive"}
        rest = {name: code async for line in lines for name, code in line.items()}
    assert rest == {
        "left": 1000,
        "large": CloseCode.TOO_BIG,
        "not text": 1007,
        "binary": CloseCode.BAD_FRAME,
        # The stock protocol answers pings itself, however many.
        **({"flood": CloseCode.POLICY} if ours else {}),
        "foreign": 403,
    }
