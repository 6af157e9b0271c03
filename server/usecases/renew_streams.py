"""Another history from now on, for a database that was put back in place and would pass for the one it was."""

from __future__ import annotations

from server.core.ports import Database, Unit


async def count_streams(database: Database) -> int:
    """How many streams there are, one a workspace. Raises `Unavailable`."""

    async def work(unit: Unit) -> int:
        return await unit.events.count_streams()

    return await database.transact(work)


async def renew_streams(database: Database) -> int:
    """Give every stream another epoch: whoever listens is reset within one check. How many. Raises `Unavailable`."""

    async def work(unit: Unit) -> int:
        return await unit.events.renew()

    return await database.transact(work)
