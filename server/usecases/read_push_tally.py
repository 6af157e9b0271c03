"""How pushes stand, for whoever runs all of this."""

from __future__ import annotations

from server.core.ports import Database
from server.core.pushes import Tally


async def read_push_tally(database: Database) -> Tally:
    """Of everybody's devices. Raises `Unavailable`."""
    return await database.transact(lambda unit: unit.pushes.tally())
