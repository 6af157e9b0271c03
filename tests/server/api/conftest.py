"""One application for each module of tests, and studios of a test's own where settings matter."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from server.infra.embedded import ThrowawayServers

from .studio import Studio, open_studio, own_database

OpenStudio = Callable[..., AbstractAsyncContextManager[Studio]]


@pytest.fixture(scope="module")
async def studio(servers: ThrowawayServers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Studio]:
    """Shared by the module's tests: they count what they add, never what is there."""
    data = tmp_path_factory.mktemp("data")
    async with own_database(servers) as url, open_studio(url, servers.redis_url, data) as opened:
        yield opened


@pytest.fixture
def another_studio(database_url: str, redis_url: str, tmp_path: Path) -> OpenStudio:
    """Opens a studio on this test's own database and data folder; settings are keywords."""

    def opened(**settings: Any) -> AbstractAsyncContextManager[Studio]:
        return open_studio(**{"database_url": database_url, "redis_url": redis_url, "data": tmp_path, **settings})

    return opened
