"""Processes that stand still, leave, or tell the time wrongly; disks that are full."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

from tests.chaos.house import ARMED, WORKERS
from tests.chaos.kinds.registry import kind
from tests.chaos.stage import Stage, expect


@kind("F7")
async def stop_after_post(stage: Stage) -> AsyncIterator[None]:
    """A worker stands still with a task id in hand until it was given up, then goes on: the picture comes late."""
    times = stage.house.times
    victim = stage.quiet.prepare("duration:1", "no-callback")
    with stage.house.order("after the POST", victim.prompt, do="stop") as order:
        await victim.send()
        pid = await order.taken()
        try:
            patience = times.submit_timeout + times.turn + times.unknown + stage.patience
            await stage.fails(victim, "may_have_been_charged", patience=patience)
        finally:
            os.kill(pid, signal.SIGCONT)
    yield
    await stage.comes_late(victim)


@kind("F7")
async def stop_before_final_commit(stage: Stage) -> AsyncIterator[None]:
    """A worker stands still before the final commit, another one finishes, it goes on: one event, one picture."""
    victim = stage.quiet.prepare()
    with stage.house.order("before the final commit", victim.prompt, do="stop") as order:
        await victim.send()
        pid = await order.taken()
        try:
            await stage.completes(victim, patience=2 * stage.patience)
        finally:
            os.kill(pid, signal.SIGCONT)
    yield
    await stage.paints()
    id = str(victim.ids[0])
    ends = [status for told, status in stage.tabs["quiet"].history if told == id and status == "completed"]
    expect(len(ends) == 1, f"the tab was told {len(ends)} times that it is completed")


@kind("F7")
async def stop_both_workers(stage: Stage) -> AsyncIterator[None]:
    """Every worker stands still for longer than a turn: the rescuer does the steps itself."""
    with stage.house.standing_still(*WORKERS):
        victim = await stage.quiet.ask("duration:0.2")
        await stage.completes(victim, patience=2 * stage.patience)
    yield


@kind("F8")
async def term_with_polls(stage: Stage) -> AsyncIterator[None]:
    """Both workers are told to leave with twenty polls open: out in 20 s, no attempt spent, all resumed."""
    askers = ("quiet", "still", "ada")
    victims = [await stage.people[name].ask("duration:5", "no-callback", count=8) for name in askers]
    ids = [id for victim in victims for id in victim.ids]
    await stage.until(ids, frozenset({"processing", "saving", "completed"}))
    pids = []
    async with stage.house.gate.being("slow", 2.0):
        await asyncio.sleep(1.0)
        pids = [stage.house.send(name, signal.SIGTERM) for name in WORKERS]
        for pid in pids:
            await stage.house.gone(pid, 20)
    yield
    for victim in victims:
        await stage.completes(victim)
    spent = await stage.house.fetch("SELECT DISTINCT attempt FROM image WHERE id = ANY($1)", ids)
    expect([row["attempt"] for row in spent] == [1], f"attempts: {spent}")


@kind("F6")
async def kill_web(stage: Stage) -> AsyncIterator[None]:
    """The web process is killed until pictures are finished: the tabs come back by themselves and miss nothing."""
    victims = await stage.quiet.ask("duration:0.5", "no-callback", count=3)
    async with stage.house.kept_down("web"):
        await stage.completes(victims)
    yield


@kind("F8")
async def restart_web(stage: Stage) -> AsyncIterator[None]:
    """The web process is told to leave: it says goodbye, the tabs come back and miss nothing."""
    victims = await stage.quiet.ask("duration:3", "no-callback", count=3)
    pid = stage.house.send("web", signal.SIGTERM)
    await stage.house.gone(pid, 30)
    async with stage.house.kept_down("web"):
        await stage.completes(victims)
    yield


@kind("F25")
async def disk_full(stage: Stage) -> AsyncIterator[None]:
    """No file can be written: pictures wait in `saving`, uploads are refused for now, and no empty file is left."""
    # A process that was killed while it wrote leaves a draft for the daily sweep.
    before = _empty_files(stage)
    with stage.house.full_disk(*ARMED):
        victim = await stage.quiet.ask("duration:0.2")
        uploading = asyncio.create_task(stage.quiet.upload())
        await stage.until(victim.ids, frozenset({"saving"}))
        await asyncio.sleep(2.0)
        await stage.until(victim.ids, frozenset({"saving"}), 1.0)
    yield
    await stage.completes(victim)
    expect(len(await uploading) == 1, "the upload was not taken afterwards")
    left = _empty_files(stage) - before
    expect(not left, f"empty files: {left}")


def _empty_files(stage: Stage) -> set[Path]:
    files = (stage.house.atelier.data / "blobs").rglob("*")
    return {file for file in files if file.is_file() and not file.stat().st_size}


@kind("F26")
async def clock_off(stage: Stage) -> AsyncIterator[None]:
    """A worker's clock is an hour off: nothing ends early, nothing waits for it."""
    name, other = stage.rng.sample(WORKERS, 2)
    clock = stage.house.orders / f"clock-{name}"
    clock.write_text(str(stage.rng.choice((-3600, 3600))))
    try:
        await _restart(stage, name)
        with stage.house.standing_still(other):
            victims = await stage.quiet.ask("duration:1", count=4)
            silent = await stage.quiet.ask("duration:1", "no-callback", count=2)
            await stage.completes(victims)
            await stage.completes(silent)
    finally:
        clock.unlink()
    await _restart(stage, name)
    yield


async def _restart(stage: Stage, name: str) -> None:
    pid = stage.house.send(name, signal.SIGTERM)
    await stage.house.gone(pid, 30)
    await stage.house.back(name, pid)
    await stage.house.at_work(name)
