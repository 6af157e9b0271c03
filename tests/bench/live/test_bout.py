"""The load program and the publisher, against a web process that is real: a few tabs, a moment."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.bench.live.atelier import NEVER, Atelier
from tests.bench.live.bout import open_bout
from tests.bench.live.events import FIRST, SMALL
from tests.bench.live.machine import Cores
from tests.bench.live.programs import NO_COMPILER, compile_programs
from tests.bench.live.scene import seat
from tests.bench.live.stage import Stage

ROOMS, TABS, EVENTS = 2, 6, 20


async def test_without_a_compiler_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=NO_COMPILER[:40]):
        await compile_programs(tmp_path, path=str(tmp_path))


async def test_every_message_reaches_every_tab_of_its_room_once(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    if shutil.which("cc") is None:
        with pytest.raises(SystemExit, match=NO_COMPILER[:40]):
            await compile_programs(tmp_path)
        return
    core = min(os.sched_getaffinity(0))
    stage = Stage(Cores(core, core), await compile_programs(tmp_path), database_url, redis_url, tmp_path)
    scene = await seat(database_url, ROOMS, TABS)
    async with open_bout(stage, Atelier(LIVE_CHECK=NEVER), scene, SMALL) as bout:
        step = await bout.attempt(rate=100, seconds=EVENTS / 100)
        tally = await bout.load.tally()
        assert step.complete
        assert step.deliveries == EVENTS * TABS // ROOMS
        assert 0 < step.p50 <= step.p99
        assert (tally["lost"], tally["repeated"], tally["failures"]) == (0, 0, 0)
        assert len(tally.latency) == step.deliveries
        assert set(await bout.load.positions()) == {FIRST + EVENTS // ROOMS}
        await bout.load.close()
        assert await bout.load.open() > 0
        again = await bout.load.tally()
        assert (again["replays"], again["resets"], again["live"]) == (TABS, 0, TABS)
