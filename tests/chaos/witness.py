"""Reads a history from the real parts: PostgreSQL, the simulator, the files, the tabs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID

import asyncpg

from tests.chaos.checker import Complaint, complaints
from tests.chaos.history import History, Row, Task, Told, Try
from tests.chaos.house import House, Missed, until
from tests.chaos.record import Record
from tests.chaos.tab import Tab

_BAD = ("result-404", "result-500", "result-truncated", "result-cut", "result-html", "result-endless", "result-huge")
SPOILED = (*_BAD, "result-slow", "result-redirect", "result-url", "no-url")
"""Behaviours whose task is paid and whose picture cannot be had, or not from where it is said to be."""

ROWS = """
    SELECT id, workspace, kind, status, version, attempt, prompt, wake_at, deadline_at, phase_started_at, trashed_at,
           error, renditions, metadata ? 'late_of' AS late
    FROM image
"""
_TRIES = "SELECT image, coalesce(task_id, candidate_task_id) AS task, settled_at, wake_at FROM attempt"


class Witness:
    """Looks at one house. `devices` are told of the pictures of these workspaces."""

    def __init__(
        self, house: House, record: Record, tabs: Iterable[Tab], devices: Mapping[UUID, str] | None = None
    ) -> None:
        self._house = house
        self._record = record
        self._tabs = list(tabs)
        self._devices = devices or {}
        self._seen: set[str] = set()

    async def check(self, patience: float, calm: bool = False) -> list[Complaint]:
        """What is wrong, once it has had `patience` seconds to come right: tabs are told a moment after a commit."""
        loop = asyncio.get_running_loop()
        end = loop.time() + patience
        while True:
            found = complaints(await self.look(calm))
            if not found or loop.time() > end:
                return found
            await asyncio.sleep(0.3)

    async def look(self, calm: bool = False) -> History:
        """This moment, read in the order in which things come about.

        What was promised and what the provider has done must be in the rows that are read after that, and what is in
        the rows must be on the tabs that are looked at last.
        """
        promised = {id: asked.prompt for asked in self._record.asked.values() for id in asked.ids}
        tasks, charges = await asyncio.gather(self._house.witness("tasks"), self._house.witness("charges"))
        rows, tries, tops, now, paused = await self._read()
        await self._told_of(tops)
        tabs = tuple(map(_told, self._tabs))
        missing = await asyncio.to_thread(self._missing, rows.values())
        return History(
            now=now,
            rows=rows,
            tries=tries,
            tops=tops,
            tabs=tabs,
            charges=tuple(charge["prompt"] for charge in charges),
            tasks=tuple(map(_task, tasks)),
            record=self._record,
            promised=promised,
            missing=missing,
            devices=self._devices,
            pushes=self._house.post.pushed,
            paused=paused,
            calm=calm,
        )

    async def _told_of(self, tops: Mapping[UUID, int]) -> None:
        """What was committed a moment ago may still be on its way to a tab: without Redis until the next check."""
        patience = 1.0 + self._house.times.live_check
        with suppress(Missed):
            await until(lambda: all((tab.seq or 0) >= tops[UUID(tab.workspace)] for tab in self._tabs), patience, "")

    async def _read(self) -> Any:
        """Rows, tries, tops, the time and the pause, of one snapshot; tried until the database answers."""
        async with asyncio.timeout(30):
            while True:
                try:
                    return await self._read_once()
                except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                    await asyncio.sleep(0.1)

    async def _read_once(self) -> Any:
        connection = await asyncpg.connect(self._house.atelier.run.database_url, timeout=5)
        try:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                rows = {row["id"]: row_of(row) for row in await connection.fetch(ROWS)}
                tries = tuple(map(_try, await connection.fetch(_TRIES)))
                tops = {row["workspace"]: row["seq"] for row in await connection.fetch("SELECT * FROM stream")}
                state = await connection.fetchrow(
                    "SELECT now(), coalesce(paused_until > now(), false) AS paused FROM provider_state"
                )
                return rows, tries, tops, state["now"], state["paused"]
        finally:
            connection.terminate()

    def _missing(self, rows: Iterable[Row]) -> tuple[str, ...]:
        """Files that a row names and that are not there, whole."""
        missing: list[str] = []
        for row in rows:
            for rendition in row.renditions.values():
                key = rendition["key"]
                if key in self._seen:
                    continue
                file = self._house.atelier.data / "blobs" / key
                if file.is_file() and file.stat().st_size == rendition["size"] > 0:
                    self._seen.add(key)
                else:
                    missing.append(key)
        return tuple(missing)

    def strays(self, rows: Iterable[Row]) -> list[str]:
        """Files that no row names, uploads that wait included; a day later they would be swept."""
        named = {rendition["key"] for row in rows for rendition in row.renditions.values()}
        root = self._house.atelier.data / "blobs"
        return [
            str(path) for file in root.rglob("*") if file.is_file() and str(path := file.relative_to(root)) not in named
        ]


def row_of(row: asyncpg.Record) -> Row:
    fields = dict(row)
    fields["error"] = json.loads(row["error"]) if row["error"] else None
    fields["renditions"] = json.loads(row["renditions"])
    return Row(**fields)


def _try(row: asyncpg.Record) -> Try:
    return Try(row["image"], row["task"], row["settled_at"] is not None, row["wake_at"])


def _told(tab: Tab) -> Told:
    images = {UUID(id): (image["version"], image["status"]) for id, image in tab.images.items()}
    return Told(tab.name, UUID(tab.workspace), tab.seq, images, tuple(tab.faults))


def _task(task: dict[str, Any]) -> Task:
    spoiled = any(behaviour.partition(":")[0] in SPOILED for behaviour in task["behaviours"])
    return Task(task["task_id"], task["prompt"], task["done_at"] is not None, task["flag"] == 1 and not spoiled)
