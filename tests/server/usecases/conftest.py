"""A studio in an empty database, and a second one beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import pytest

from server.core.events import Event
from server.core.stores import Wake
from server.infra.database import PostgresDatabase
from server.infra.embedded import ThrowawayServers
from tests.one_database import empty, one_database
from tests.server.usecases.studio import Studio, Told, open_studio

_TOLD = Told()


def _announce(events: Sequence[Event], wakes: Sequence[Wake], stirred: bool) -> None:
    _TOLD.events.extend(events)
    _TOLD.wakes.extend(wakes)
    _TOLD.stirred += stirred


@pytest.fixture(scope="session")
async def shared(servers: ThrowawayServers) -> AsyncIterator[PostgresDatabase]:
    """Shared by the tests of use cases, one after the other."""
    async with one_database(servers, "usecases", _announce) as database:
        yield database


@pytest.fixture
async def studio(shared: PostgresDatabase) -> Studio:
    """Ada's studio; `told` holds what was announced since it was opened."""
    await empty(shared)
    opened = await open_studio(shared, _TOLD)
    _TOLD.clear()
    return opened


@pytest.fixture
async def neighbour(studio: Studio) -> Studio:
    """Somebody else in the same house: another account, workspace and project."""
    opened = await open_studio(studio.database, studio.told, "bob@example.org")
    studio.told.clear()
    return opened
