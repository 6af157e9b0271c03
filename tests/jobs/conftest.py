"""The simulator, one for the whole run and as just started for each test, and a studio on it."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest

from server.infra.program import Program, start
from tests.studio import Studio, open_studio, studio_settings

# Nothing by chance, hardly any waiting, and pictures that cost nothing to paint: tests say what is to be otherwise.
CALM = {
    "failure_rates": {"never": 0, "flag_3": 0, "flag_2": 0},
    "duration": 0.05,
    "behaviours": ["small"],
}


@pytest.fixture(scope="session")
async def simulator_process() -> AsyncIterator[str]:
    """The simulator's URL."""
    program = Program(
        "simulator",
        (sys.executable, "-m", "jobs.nanobanana.simulator", "--host", "127.0.0.1", "--port", "0"),
        dict(os.environ),
        Path(__file__).parents[2],
    )
    process = await start(program, asyncio.subprocess.PIPE)
    assert process.stdout is not None
    async with asyncio.timeout(30):
        line = (await process.stdout.readline()).decode()
    assert "listening on" in line, line
    yield line.split()[-1]
    process.terminate()
    await process.wait()


@pytest.fixture
async def simulator_url(simulator_process: str) -> str:
    """The simulator as just started, calm."""
    async with httpx.AsyncClient(base_url=simulator_process) as client:
        (await client.post("/simulator/reset")).raise_for_status()
        (await client.post("/simulator/settings", json=CALM)).raise_for_status()
    return simulator_process


OpenStudio = Callable[..., AbstractAsyncContextManager[Studio]]


@pytest.fixture
def studio_with(database_url: str, redis_url: str, simulator_url: str, tmp_path: Path) -> OpenStudio:
    """Opens a whole Atelier under other settings."""

    def open_with(**others: Any) -> AbstractAsyncContextManager[Studio]:
        return open_studio(studio_settings(database_url, redis_url, simulator_url, tmp_path, **others))

    return open_with


@pytest.fixture
async def studio(database_url: str, redis_url: str, simulator_url: str, tmp_path: Path) -> AsyncIterator[Studio]:
    """A whole Atelier with one person."""
    async with open_studio(studio_settings(database_url, redis_url, simulator_url, tmp_path)) as opened:
        yield opened
