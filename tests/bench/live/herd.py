"""A herd: the web process is killed under all its tabs, which come back by themselves while events go on."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import asyncpg

from tests.bench.live.atelier import Atelier
from tests.bench.live.contestant import Contestant
from tests.bench.live.load import Load, open_load
from tests.bench.live.road import committing
from tests.bench.live.scene import Scene, seat
from tests.bench.live.stage import Stage
from tests.bench.live.table import Column, Values
from tests.bench.live.talking import Talking
from tests.studio import free_port

ONE_ROOM, MANY_ROOMS = 5, 100
"""Commits a second, all the while."""
BEFORE, AFTER = 2.0, 3.0
"""Seconds of commits before the kill, and after the last tab is back."""
PATIENCE, LOOK = 60.0, 0.1
MOST = 0.9
FLUSH = 0.3
"""Seconds within which PostgreSQL counts what a connection did that has ended."""
FOR_EVER = 1_000_000


@dataclass(frozen=True)
class Count:
    """What PostgreSQL has counted so far: readings of the past, and transactions of any kind."""

    readings: int
    transactions: int


@dataclass(frozen=True)
class Herd:
    """So many tabs, in one room and in many."""

    tabs: int = 5_000
    rooms: int = 2_000
    columns = (
        Column("back", f"back within {PATIENCE:g} s"),
        Column("most", f"s until {MOST:.0%} are back", ".2f"),
        Column("seconds", "s until all are back", ".2f"),
        Column("start", "s to start the web process", ".2f"),
        Column("readings", "readings of the past"),
        Column("transactions", "transactions"),
        Column("lost", "lost"),
        Column("repeated", "repeated"),
        Column("resets", "resets"),
        Column("replayed", "replayed"),
    )

    @property
    def title(self) -> str:
        """With the number of tabs."""
        return f"A herd of {self.tabs:,} tabs after `kill -9` of the web process"

    @property
    def note(self) -> str:
        """What is counted from when."""
        return (
            f"Commits go on all the while, {ONE_ROOM} a second in one room, {MANY_ROOMS} in many. Tabs come back "
            "by the page's own rules (a random part of 2 s, doubled with every third failure); the time runs from when "
            "the new process says that it is ready. *Readings* are scans of the table of events from the kill to the "
            "end; of the *transactions* the committer's own are left out."
        )

    def contestants(self, peers: Sequence[Contestant]) -> Sequence[Contestant]:
        """Nobody else promises to lose nothing."""
        return [Atelier()]

    async def measure(self, stage: Stage, contestant: Contestant) -> Mapping[str, Values]:
        """Each kind of rooms on servers of its own."""
        assert isinstance(contestant, Atelier)
        found: dict[str, Values] = {}
        for rooms, rate, row in ((1, ONE_ROOM, "one room"), (self.rooms, MANY_ROOMS, f"{self.rooms:,} rooms")):
            scene = await seat(stage.database_url, rooms, self.tabs)
            found[row] = await _measure(stage, contestant, scene, rate)
        return found


async def _measure(stage: Stage, atelier: Atelier, scene: Scene, rate: int) -> Values:
    port = free_port()
    async with open_load(stage.programs.load) as load, committing(stage, scene) as committer:
        async with atelier.serve(stage, port) as first:
            await load.add(port, atelier.dialog, (atelier.tab(scene, one) for one in scene.seats))
            await load.open()
            await load.come_back(port)
            committer.say(f"run {rate} {FOR_EVER} 1")
            await asyncio.sleep(BEFORE)
            os.kill(first.pids[0], signal.SIGKILL)
        before = await _settled(stage, committer)
        await load.clear()
        committer.say(f"run {rate} {FOR_EVER} 1")
        begun = time.monotonic()
        async with atelier.serve(stage, port):
            ready = time.monotonic()
            most = await load.until(lambda tally: tally["live"] >= load.tabs * MOST, PATIENCE)
            back = await load.until(lambda tally: tally["live"] >= load.tabs, PATIENCE)
            await asyncio.sleep(AFTER)
            committer.say("stop")
            done = await committer.hear()
            missing = await _missing(stage, scene, load)
        after = await _count(stage)
        tally = await load.tally()
    return {
        "back": back["live"],
        "most": max(0.0, most["at"] / 1e9 - ready) if most["live"] >= load.tabs * MOST else float("nan"),
        "seconds": max(0.0, back["last_answer"] / 1e9 - ready) if back["live"] == load.tabs else float("nan"),
        "start": ready - begun,
        "readings": after.readings - before.readings,
        "transactions": after.transactions - before.transactions - done["committed"],
        "lost": tally["lost"] + missing,
        **{name: tally[name] for name in ("repeated", "resets", "replayed")},
    }


async def _settled(stage: Stage, committer: Talking) -> Count:
    """With nobody connected to PostgreSQL, so that it has counted everything."""
    committer.say("stop")
    await committer.hear()
    return await _count(stage)


async def _count(stage: Stage) -> Count:
    await asyncio.sleep(FLUSH)
    connection = await asyncpg.connect(stage.database_url)
    try:
        readings = await connection.fetchval(
            "SELECT idx_scan + seq_scan FROM pg_stat_user_tables WHERE relname = 'event'"
        )
        transactions = await connection.fetchval(
            "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
        )
    finally:
        await connection.close()
    return Count(readings, transactions)


async def _missing(stage: Stage, scene: Scene, load: Load) -> int:
    """Numbers that the tabs do not have at the end, however long one waits."""
    connection = await asyncpg.connect(stage.database_url)
    try:
        rows = await connection.fetch("SELECT workspace, seq FROM stream")
    finally:
        await connection.close()
    tops = {row["workspace"]: row["seq"] for row in rows}
    wanted = [tops[scene.rooms[one.room]] for one in scene.seats]
    has: list[int] = []
    for _ in range(round(PATIENCE / LOOK)):
        has = await load.positions()
        if has == wanted:
            break
        await asyncio.sleep(LOOK)
    return sum(max(0, top - position) for top, position in zip(wanted, has, strict=True))
