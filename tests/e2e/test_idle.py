"""Nobody asks for anything, so nothing is asked: not the provider, and the database hardly."""

from __future__ import annotations

import asyncio

import asyncpg
import httpx

from tests.running import Running, running
from tests.studio import eventually

WINDOW = 8.0
# PostgreSQL counts what an idle connection has done when it does something again, or up to a minute later: the work
# from before comes into the first windows. A system that really asks more than once a second does so in every window.
WINDOWS = 9


async def test_an_idle_system_asks_nothing() -> None:
    async with running() as atelier:
        await _make_a_picture(atelier)
        requests = await _requests(atelier)
        database = await asyncpg.connect(atelier.run.database_url)
        asked = [await _asked_in_a_window(database)]
        while asked[-1] > WINDOW and len(asked) < WINDOWS:
            asked.append(await _asked_in_a_window(database))
        assert asked[-1] <= WINDOW, asked
        assert await _requests(atelier) == requests
        await database.close()


async def _asked_in_a_window(database: asyncpg.Connection[asyncpg.Record]) -> int:
    before = await _transactions(database)
    # The window itself is what is measured: there is no signal for nothing.
    await asyncio.sleep(WINDOW)
    return await _transactions(database) - before


async def _make_a_picture(atelier: Running) -> None:
    """Something has been done, and is over."""
    await atelier.simulate(duration=0.1)
    headers = {"Authorization": f"Bearer {await atelier.key()}"}
    async with httpx.AsyncClient(base_url=atelier.address, headers=headers) as http:
        project = (await http.get("/api/projects")).json()["items"][0]["id"]
        answer = await http.post(f"/api/projects/{project}/generations", json={"prompt": "a boat [[ok]]"})
        id = answer.json()["images"][0]["id"]

        async def status() -> str:
            return str((await http.get(f"/api/images/{id}")).json()["status"])

        assert await eventually(status, lambda now: now in ("completed", "failed")) == "completed"


async def _requests(atelier: Running) -> int:
    return len((await atelier.simulator.get("/simulator/requests")).json()["requests"])


async def _transactions(database: asyncpg.Connection[asyncpg.Record]) -> int:
    number: int = await database.fetchval(
        "SELECT (xact_commit + xact_rollback)::int FROM pg_stat_database WHERE datname = current_database()"
    )
    return number
