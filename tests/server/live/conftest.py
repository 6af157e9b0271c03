"""A scene of a test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from server.infra.database import PostgresDatabase
from server.live import records
from tests.server.live.people import new_person
from tests.server.live.queues import Readings
from tests.server.live.scene import Scene


@pytest.fixture
async def scene(database: PostgresDatabase) -> AsyncIterator[Scene]:
    made = Scene(database, await new_person(database))
    yield made
    for hub in made.hubs:
        await hub.aclose()


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> Readings:
    """The readings of the queue."""
    made = Readings()
    monkeypatch.setattr(records, "read_queues", made.read)
    return made
