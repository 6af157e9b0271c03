"""One simulator process for the whole run, reset before each test; a server of the test's own beside it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import httpx
import pytest

from .provider import Neighbour, Provider, neighbour, running


@pytest.fixture(scope="session")
async def address() -> AsyncIterator[str]:
    """Where the simulator listens."""
    speed = {"NANOBANANA_SIMULATOR_SPEED": "1000", "NANOBANANA_SIMULATOR_SEED": "7"}
    async with running(**os.environ | speed) as (_, url):
        yield url


@pytest.fixture
async def provider(address: str) -> AsyncIterator[Provider]:
    """The simulator as just started, except that nothing fails by chance."""
    async with httpx.AsyncClient(base_url=address, timeout=30, trust_env=False) as http:
        provider = Provider(http)
        await http.post("/simulator/reset")
        await provider.set(failure_rates={"never": 0, "flag_3": 0, "flag_2": 0})
        yield provider


@pytest.fixture
async def beside() -> AsyncIterator[Neighbour]:
    """The test's own server."""
    async with neighbour() as it:
        yield it
