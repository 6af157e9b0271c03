"""Somebody whose devices are told, by a worker that works when the test says so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.jobs.told import Scene, open_scene


@pytest.fixture
async def scene(database_url: str, redis_url: str, simulator_url: str, tmp_path: Path) -> AsyncIterator[Scene]:
    """Ada, and a push service that her installation may send to."""
    async with open_scene(database_url, redis_url, simulator_url, tmp_path) as opened:
        yield opened
