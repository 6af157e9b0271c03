"""Rate limits in PostgreSQL, for as long as Redis is away: spending is never left uncounted."""

from __future__ import annotations

import logging

from server.core.limits import Rate, Verdict, gcra
from server.core.ports import Limiter, Unavailable
from server.infra.database import PostgresDatabase
from server.infra.sql import Sql

LOG = logging.getLogger(__name__)


class PostgresLimiter:
    """The port `Limiter`; the row's lock makes rivals count one after the other."""

    def __init__(self, database: PostgresDatabase) -> None:
        self._database = database

    async def hit(self, key: str, rate: Rate) -> Verdict:
        """Count one request of `key`, unless it is refused. Raises `Unavailable`."""

        name = f"{rate.name}:{key}"

        async def count(sql: Sql) -> Verdict:
            await sql.run("INSERT INTO rate_limit (key, arrival) VALUES (:key, 0) ON CONFLICT DO NOTHING", key=name)
            row = await sql.one(
                "SELECT arrival, CAST(extract(epoch FROM clock_timestamp()) AS double precision) AS now "
                "FROM rate_limit WHERE key = :key FOR UPDATE",
                key=name,
            )
            assert row is not None
            verdict, arrival = gcra(rate, row["arrival"], row["now"])
            await sql.run("UPDATE rate_limit SET arrival = :arrival WHERE key = :key", arrival=arrival, key=name)
            return verdict

        return await self._database.query(count)


class FallbackLimiter:
    """The port `Limiter`: `first` as long as it answers, else `second`."""

    def __init__(self, first: Limiter, second: Limiter) -> None:
        self._first = first
        self._second = second

    async def hit(self, key: str, rate: Rate) -> Verdict:
        """Count one request of `key`, unless it is refused. Raises `Unavailable`."""
        try:
            return await self._first.hit(key, rate)
        except Unavailable as error:
            LOG.warning("rate limits are counted in PostgreSQL: %s", error)
            return await self._second.hit(key, rate)
