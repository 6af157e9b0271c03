"""The provider refuses, is slow, is silent, lies, or asks us to wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from tests.chaos.kinds.registry import kind
from tests.chaos.kinds.stores import flush
from tests.chaos.stage import Stage, expect

OUTAGE = 3.0
ON_ITS_WAY = 1.2
"""Seconds after a refusal in which others may yet arrive: they had been sent before it came in."""
PENDING = frozenset({"pending"})


@kind("F14")
async def provider_refuses(stage: Stage) -> AsyncIterator[None]:
    """No connection is to be had: rows stay pending, nothing counts as paid, and all go out afterwards."""
    async with stage.house.gate.being("refuse"):
        victims = await stage.quiet.ask("duration:0.3", count=4)
        await asyncio.sleep(OUTAGE)
        await stage.until(victims.ids, PENDING, 1.0)
        answer = await stage.quiet.send("GET", "/api/queue")
        told = answer.json()["provider"]["reason"]
        expect(told == "unreachable", f"the page was told {told}, not that the provider cannot be reached")
    yield
    await stage.completes(victims)


@kind("F17")
async def provider_slow(stage: Stage) -> AsyncIterator[None]:
    """Every answer takes a second: slower, and nothing else."""
    async with stage.house.gate.being("slow", 1.0):
        victims = await stage.quiet.ask("duration:0.3", "no-callback", count=3)
        await asyncio.sleep(OUTAGE)
    yield
    await stage.completes(victims)


@kind("F17")
async def provider_silent(stage: Stage) -> AsyncIterator[None]:
    """It takes what is sent and answers nothing for longer than the submit time-out: nothing is sent twice."""
    async with stage.house.gate.being("silent"):
        victims = await stage.quiet.ask("duration:0.3", count=3)
        await asyncio.sleep(stage.house.times.submit_timeout + 1)
    yield
    await stage.completes(victims)


@kind("F15")
async def provider_cuts(stage: Stage) -> AsyncIterator[None]:
    """Every connection is cut when it would be answered: nothing is sent twice."""
    async with stage.house.gate.being("cut"):
        victims = await stage.quiet.ask("duration:0.5", count=3)
        await asyncio.sleep(OUTAGE)
    yield
    await stage.completes(victims)


LIES = ("code-500", "html-502", "empty-200", "cut-json", "no-task-id", "cut")


@kind("F15")
async def submit_lies(stage: Stage) -> AsyncIterator[None]:
    """A paid submit is answered with HTML, nothing, half a JSON, no task: in doubt each, found by the callback."""
    victims = [await stage.quiet.ask(lie, "duration:1") for lie in LIES]
    yield
    for victim in victims:
        await stage.completes(victim)
    kept = await stage.house.fetch(
        "SELECT metadata->'submit_answer'->>'body' AS body FROM image WHERE id = $1", victims[1].ids[0]
    )
    expect("<" in (kept[0]["body"] or ""), f"of the page of HTML was kept: {kept[0]['body']!r}")


@kind("F15")
async def submit_lies_uncharged(stage: Stage) -> AsyncIterator[None]:
    """The same answers, and nothing was accepted: given up as possibly charged, never sent again."""
    victims = [await stage.quiet.ask(lie, "uncharged") for lie in LIES[:5]]
    yield
    for victim in victims:
        await stage.fails(victim, "may_have_been_charged", charges=0)
        sent = [seen for seen in await stage.house.witness("requests") if seen["prompt"] == victim.prompt]
        expect(len(sent) == 1, f"{victim.prompt!r} was sent {len(sent)} times")


@kind("F17")
async def submit_never_answered(stage: Stage) -> AsyncIterator[None]:
    """A paid submit is never answered: found by the callback that comes after the time-out."""
    late = stage.house.times.submit_timeout + 1
    victim = await stage.quiet.ask("no-answer", "duration:0.5", f"late-callback:{late:g}", count=2)
    yield
    await stage.completes(victim)


@kind("F16")
async def rate_limited(stage: Stage) -> AsyncIterator[None]:
    """429 with Retry-After: no worker submits before it is over, an emptied Redis notwithstanding."""
    wait = 3
    victim = await stage.quiet.ask(f"code-429:1:{wait}", "duration:0.3")
    refused = await _refusal(stage, victim.prompt)
    await flush(stage)
    await asyncio.sleep(ON_ITS_WAY)
    meanwhile = await stage.quiet.ask("duration:0.3")
    await asyncio.sleep(wait - ON_ITS_WAY)
    yield
    await stage.completes(victim)
    await stage.completes(meanwhile)
    early = [
        seen
        for seen in await stage.house.witness("requests")
        if seen["method"] == "POST" and refused + ON_ITS_WAY * 1000 < seen["at"] < refused + wait * 1000 - 50
    ]
    expect(not early, f"{len(early)} submits within {wait} s of the refusal at {refused}: {early[:3]}")


async def _refusal(stage: Stage, prompt: str) -> int:
    """When the prompt was refused, in the simulator's milliseconds."""

    async def refused() -> list[int]:
        seen = await stage.house.witness("requests")
        return [one["at"] for one in seen if one["prompt"] == prompt and one["code"] not in (200, None)]

    return (await stage.some(refused))[0]


@kind("F16")
async def maintenance(stage: Stage) -> AsyncIterator[None]:
    """Code 455 to every submit for a while: rows stay pending, and all go out afterwards."""
    victim = await stage.quiet.ask(f"code-455:{OUTAGE:g}", "duration:0.3", count=2)
    await _refusal(stage, victim.prompt)
    await asyncio.sleep(OUTAGE)
    yield
    await stage.completes(victim)


@kind("F16")
async def out_of_credits(stage: Stage) -> AsyncIterator[None]:
    """Code 402 until the balance is topped up: rows stay pending, and all go out afterwards."""
    before = len(await stage.house.witness("requests"))
    await stage.house.simulate(balance=0)
    try:
        victim = await stage.quiet.ask("duration:0.3", count=2)
        await _refused_since(stage, before, 402)
        await asyncio.sleep(1)
        await stage.until(victim.ids, PENDING, 1.0)
    finally:
        await stage.house.simulate(balance=100_000)
    yield
    await stage.completes(victim)


@kind("F16")
async def bad_key(stage: Stage) -> AsyncIterator[None]:
    """401 to everything, then the key is good again: rows stay pending, and all go out afterwards."""
    before = len(await stage.house.witness("requests"))
    await stage.house.simulate(outage={"kind": "code-401", "seconds": 600})
    try:
        victim = await stage.quiet.ask("duration:0.3", count=2)
        await _refused_since(stage, before, 401)
        await asyncio.sleep(1)
        await stage.until(victim.ids, PENDING, 1.0)
    finally:
        await stage.house.simulate(outage=None)
    yield
    await stage.completes(victim)


async def _refused_since(stage: Stage, before: int, code: int) -> None:
    """Until any request has been refused with that code, after the first `before` ones."""

    async def refused() -> list[int]:
        return [one["at"] for one in (await stage.house.witness("requests"))[before:] if one["code"] == code]

    await stage.some(refused)


@kind("F15")
async def body_contradicts(stage: Stage) -> AsyncIterator[None]:
    """HTTP 200 whose body says 401: the body counts, so it may be sent again, and is paid once."""
    victim = await stage.quiet.ask("body-401:1", "duration:0.3")
    await _refusal(stage, victim.prompt)
    yield
    await stage.completes(victim)


@kind("F15")
async def polls_lie(stage: Stage) -> AsyncIterator[None]:
    """record-info answers null, 404, 429, 500, HTML, nothing: it is asked again, whoever may have said what."""
    lies = (
        "record-null:2",
        "data-null:2",
        "record-404:2",
        "poll-429:2:1",
        "poll-500:2",
        "poll-html-502:2",
        "poll-cut:2",
    )
    victims = [await stage.quiet.ask(lie, "duration:0.3", "no-callback") for lie in lies]
    yield
    for victim in victims:
        await stage.completes(victim)


@kind("F18")
async def never_done(stage: Stage) -> AsyncIterator[None]:
    """A task is never done: timed out at the deadline; when it is done after all, the picture comes late."""
    victim = await stage.quiet.ask("never")
    stage.excused.update(victim.ids)
    await stage.until(victim.ids, frozenset({"processing"}))
    yield
    await stage.fails(victim, "timed_out", patience=stage.house.times.processing + stage.patience)
    await stage.house.simulator.post("/simulator/release", json={})
    await stage.comes_late(victim)
