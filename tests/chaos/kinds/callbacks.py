"""Callbacks: too many, too early, forged, hostile, never."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from tests.chaos.kinds.registry import kind
from tests.chaos.people import Asking
from tests.chaos.stage import Stage, expect


@kind("F19")
async def callback_ten_times(stage: Stage) -> AsyncIterator[None]:
    """Ten callbacks at once: 200 each, one transition, one event."""
    victim = await stage.quiet.ask("callback-times:10", "duration:0.5")
    yield
    await stage.completes(victim)
    task = await _task(stage, victim)
    answers = [one["status"] for one in task["callbacks"]]
    expect(answers == [200] * 10, f"the callbacks were answered {answers}")
    await stage.paints()
    ends = stage.tabs["quiet"].history.count((str(victim.ids[0]), "completed"))
    expect(ends == 1, f"the tab was told {ends} times that it is completed")


@kind("F20")
async def callback_first(stage: Stage) -> AsyncIterator[None]:
    """The callback comes before the submit's answer: the same task, one picture, no alarm."""
    victim = await stage.quiet.ask("callback-first")
    yield
    await stage.completes(victim)
    task = await _task(stage, victim)
    kept = await stage.house.fetch("SELECT task_id FROM attempt WHERE image = $1", victim.ids[0])
    expect(
        [row["task_id"] for row in kept] == [task["task_id"]], f"the attempt has {kept}, the provider {task['task_id']}"
    )
    expect("second task" not in stage.house.atelier.log.read_text(errors="replace"), "an alarm was raised")


@kind("F21")
async def callback_forged(stage: Stage) -> AsyncIterator[None]:
    """Forged callbacks: an unknown nonce is 404; a right one with a foreign task has no effect."""
    foreign = await stage.people["ada"].ask("duration:0.2", "no-callback")
    await stage.completes(foreign)
    victim = await stage.quiet.ask("no-answer", "duration:3")
    url = (await stage.charge(victim))["callback_url"]
    address = stage.house.atelier.run.address
    stolen = {"code": 200, "data": {"taskId": (await stage.charge(foreign))["task_id"]}}
    stranger = await stage.house.simulator.post(f"{address}/api/callbacks/nanobanana/no-such-nonce", json=stolen)
    known = await stage.house.simulator.post(url, json=stolen)
    expect(stranger.status_code == 404, f"an unknown nonce was answered {stranger.status_code}")
    expect(known.status_code == 200, f"a known nonce was answered {known.status_code}")
    yield
    await stage.completes(victim)
    kept = await stage.house.fetch(
        "SELECT metadata->>'nanobanana_task_id' AS task FROM image WHERE id = $1", victim.ids[0]
    )
    own = (await stage.charge(victim))["task_id"]
    expect(kept[0]["task"] == own, f"it was given the picture of {kept[0]['task']}, not of {own}")


@kind("F22")
async def callback_hostile(stage: Stage) -> AsyncIterator[None]:
    """A callback of 10 MB is 413, one that is no JSON 400, one that drips 408; the picture comes all the same."""
    victim = await stage.quiet.ask("duration:2")
    url = (await stage.charge(victim))["callback_url"]
    large = await stage.house.simulator.post(url, content=b" " * 10_000_000)
    garbled = await stage.house.simulator.post(url, content=b"<html>")
    expect(large.status_code == 413, f"10 MB were answered {large.status_code}")
    expect(garbled.status_code == 400, f"what is no JSON was answered {garbled.status_code}")
    dripped = await stage.house.simulator.post(url, content=_dripping())
    expect(dripped.status_code == 408, f"what comes too slowly was answered {dripped.status_code}")
    yield
    await stage.completes(victim)


async def _dripping() -> AsyncIterator[bytes]:
    """A byte now and then, for longer than any patience; ends with the connection."""
    for _ in range(60):
        yield b" "
        await asyncio.sleep(0.5)


@kind("F17")
async def callback_never(stage: Stage) -> AsyncIterator[None]:
    """No callback comes: polling finds out."""
    victims = await stage.quiet.ask("no-callback", "duration:1", count=4)
    yield
    await stage.completes(victims)


async def _task(stage: Stage, asking: Asking) -> dict[str, Any]:
    """The request's only task, once its callbacks are over."""
    id = (await stage.charge(asking))["task_id"]
    answer = await stage.house.simulator.get(f"/simulator/tasks/{id}", params={"until": "settled", "timeout": "20"})
    task: dict[str, Any] = answer.json()
    return task
