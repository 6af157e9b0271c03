"""Plain SQL files, forward only, each in a transaction, one process at a time."""

from __future__ import annotations

from pathlib import Path

import asyncpg

from server.infra.sql import Pool

FOLDER = Path(__file__).parents[2] / "migrations"
# Any fixed number: two releases at once migrate one after the other.
_LOCK = 7_346_000


class MigrationError(Exception):
    """A migration did not pass; nothing of it was written."""


def available() -> list[Path]:
    """The migrations there are, in order."""
    return sorted(FOLDER.glob("[0-9][0-9][0-9][0-9]_*.sql"))


async def migrate(url: str) -> list[str]:
    """Apply what is missing; the names of what was applied. Raises `MigrationError`."""
    applied: list[str] = []
    async with Pool(url, min_size=1, max_size=1) as pool, pool.connection() as connection:
        driver = connection.raw_connection
        await driver.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await driver.execute(
            "CREATE TABLE IF NOT EXISTS migration (name text PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())"
        )
        known = {row["name"] for row in await driver.fetch("SELECT name FROM migration")}
        for path in available():
            if path.stem not in known:
                await _apply(driver, path.stem, path.read_text())
                applied.append(path.stem)
        await driver.execute("SELECT pg_advisory_unlock($1)", _LOCK)
    return applied


async def missing(url: str) -> list[str]:
    """Migrations that the database does not have yet."""
    async with Pool(url, min_size=1, max_size=1) as pool, pool.connection() as connection:
        driver = connection.raw_connection
        if not await driver.fetchval("SELECT to_regclass('migration') IS NOT NULL"):
            return [path.stem for path in available()]
        known = {row["name"] for row in await driver.fetch("SELECT name FROM migration")}
        return [path.stem for path in available() if path.stem not in known]


async def _apply(driver: asyncpg.Connection, name: str, statements: str) -> None:
    try:
        async with driver.transaction():
            await driver.execute(statements, timeout=600)
            await driver.execute("INSERT INTO migration (name) VALUES ($1)", name)
    except asyncpg.PostgresError as error:
        raise MigrationError(f"Migration {name} failed: {error}") from error
