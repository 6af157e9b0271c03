"""Redis and PostgreSQL: killed, emptied, standing still, gone, restarted, crowded out."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import suppress

import asyncpg
from redis.asyncio import Redis

from tests.chaos.house import ARMED, until
from tests.chaos.kinds.registry import kind
from tests.chaos.people import Asking
from tests.chaos.points import CUT
from tests.chaos.stage import Stage, expect

AWAY = 5.0
HELD = 4.0
OURS = "application_name = 'atelier'"
SLACK = 3.0
"""Seconds by which a crowded machine may be late with what is bounded to 2 s."""


@kind("F9")
async def redis_killed(stage: Stage) -> AsyncIterator[None]:
    """Redis is killed and comes back empty: requests go on, what was open resumes, the sockets stay."""
    sockets = stage.tabs["quiet"].connections
    victims = await stage.quiet.ask("duration:1", count=4)
    pid = stage.house.send("valkey", signal.SIGKILL)
    during = await stage.quiet.ask("duration:0.2")
    await stage.house.back("valkey", pid)
    yield
    await stage.completes(victims)
    await stage.completes(during)
    expect(stage.tabs["quiet"].connections == sockets, "the tab had to come back")


@kind("F9")
async def redis_flushed(stage: Stage) -> AsyncIterator[None]:
    """Redis is emptied: every wake-up is lost, and everything resumes."""
    # Long enough that on a busy machine too there is a wake-up to be lost.
    victims = await stage.quiet.ask("duration:4", "no-callback", count=4)
    await stage.until(victims.ids, frozenset({"processing", "saving", "completed"}))
    await flush(stage)
    yield
    await stage.completes(victims)


@kind("F10")
async def redis_stopped(stage: Stage) -> AsyncIterator[None]:
    """Redis stands still: pictures still finish, tabs are still told, no request waits for it."""
    stage.quiet.slowest = 0.0
    with stage.house.standing_still("valkey"):
        await asyncio.sleep(AWAY)
        victim = await stage.quiet.ask("duration:0.2")
        await stage.completes(victim, patience=2 * stage.patience)
        await _told(stage, str(victim.ids[0]))
    expect(stage.quiet.slowest < 2 + SLACK, f"a request took {stage.quiet.slowest:.1f} s")
    yield


@kind("F10")
async def redis_gone(stage: Stage) -> AsyncIterator[None]:
    """Redis is gone, however often it is started again: pictures still finish, tabs are still told."""
    stage.quiet.slowest = 0.0
    async with stage.house.kept_down("valkey"):
        victim = await stage.quiet.ask("duration:0.2")
        await stage.completes(victim, patience=2 * stage.patience)
        await _told(stage, str(victim.ids[0]))
        ready = await stage.quiet.try_once("GET", "/readyz")
        expect(ready is not None and ready.status_code == 200, f"/readyz answered {ready and ready.text}")
        expect(ready is not None and ready.json()["status"] == "degraded", f"/readyz answered {ready and ready.text}")
    expect(stage.quiet.slowest < 2 + SLACK, f"a request took {stage.quiet.slowest:.1f} s")
    yield


async def _told(stage: Stage, id: str) -> None:
    tab = stage.tabs["quiet"]
    patience = stage.house.times.live_check + 12
    await until(lambda: tab.images.get(id, {}).get("status") == "completed", patience, "the tab was not told")


async def flush(stage: Stage) -> None:
    """Empty Redis under everybody's feet."""
    async with Redis.from_url(stage.house.atelier.run.redis_url) as redis:
        await redis.flushall()


@kind("F11")
async def postgres_restarted(stage: Stage) -> AsyncIterator[None]:
    """PostgreSQL is restarted in the middle of transactions: nothing partial, and no process ends of it."""
    before = stage.house.pids(*ARMED)
    sending = await _request_in_the_middle(stage)
    pid = stage.house.send("postgres", signal.SIGINT)
    await stage.house.back("postgres", pid)
    await stage.house.fetch("SELECT 1")
    yield
    await sending
    expect(stage.house.pids(*ARMED) == before, f"processes were started again: {before} {stage.house.pids(*ARMED)}")


@kind("F11")
async def postgres_crashed(stage: Stage) -> AsyncIterator[None]:
    """A backend of PostgreSQL is killed: all connections are cut, it recovers, and no process ends of it."""
    before = stage.house.pids(*ARMED)
    (backend,) = await stage.house.fetch(f"SELECT pid FROM pg_stat_activity WHERE {OURS} LIMIT 1")
    sending = await _request_in_the_middle(stage)
    os.kill(backend["pid"], signal.SIGKILL)
    await stage.house.fetch("SELECT 1")
    yield
    await sending
    expect(stage.house.pids(*ARMED) == before, f"processes were started again: {before} {stage.house.pids(*ARMED)}")


async def _request_in_the_middle(stage: Stage) -> asyncio.Task[None]:
    """A request whose transaction waits, half done, for a row that we hold; the restart cuts both."""
    holder = await asyncpg.connect(stage.house.atelier.run.database_url)
    await holder.execute("BEGIN")
    await holder.fetch("SELECT seq FROM stream WHERE workspace::text = $1 FOR UPDATE", stage.quiet.workspace)
    victim = stage.quiet.prepare("duration:0.3")

    async def send() -> None:
        await victim.send()
        holder.terminate()
        await stage.completes(victim)

    sending = asyncio.create_task(send())
    waiting = f"SELECT 1 FROM pg_stat_activity WHERE {OURS} AND wait_event_type = 'Lock'"
    async with asyncio.timeout(15):
        while not await stage.house.fetch(waiting):  # noqa: ASYNC110 (PostgreSQL sets no event here)
            await asyncio.sleep(0.05)
    return sending


WAYS = ("sent", "unsent")


async def _cut_commits(stage: Stage, *within: str, count: int = 1) -> list[Asking]:
    """Two requests, whose COMMIT within these words is cut: once it was sent, and before it was."""
    victims = []
    for way in WAYS:
        victim = stage.quiet.prepare("duration:0.3", "no-callback", count=count)
        with stage.house.order(CUT, victim.prompt, *within, do=way) as order:
            await victim.send()
            await order.taken()
        victims.append(victim)
    return victims


@kind("F12")
async def commit_cut_request(stage: Stage) -> AsyncIterator[None]:
    """The connection is cut during a request's COMMIT: sent again under its key it is one image, one charge."""
    victims = await _cut_commits(stage, "request_images", count=2)
    yield
    for victim in victims:
        await stage.completes(victim)
        rows = await stage.house.fetch("SELECT id FROM image WHERE prompt = $1", victim.prompt)
        expect(
            {row["id"] for row in rows} == set(victim.ids), f"{len(rows)} rows where {len(victim.ids)} were answered"
        )


@kind("F12")
async def commit_cut_intent(stage: Stage) -> AsyncIterator[None]:
    """The connection is cut during the COMMIT of an intent: nothing is sent, and nothing is sent twice."""
    sent, unsent = await _cut_commits(stage, "commit_intent")
    yield
    await stage.completes(unsent)
    (row,) = await stage.ends(sent)
    if row.status == "completed":
        await stage.charged(sent, 1)
    else:
        await stage.fails(sent, "may_have_been_charged", charges=0)


@kind("F12")
async def commit_cut_task_id(stage: Stage) -> AsyncIterator[None]:
    """The connection is cut during the COMMIT of a task id: it is written again until it is there."""
    victims = await _cut_commits(stage, "keep_task")
    yield
    for victim in victims:
        await stage.completes(victim)


@kind("F12")
async def commit_cut_final(stage: Stage) -> AsyncIterator[None]:
    """The connection is cut during the final COMMIT: told once, whether it had happened or not."""
    victims = await _cut_commits(stage, "record_fact", "Stored(")
    yield
    for victim in victims:
        await stage.completes(victim)
        ends = stage.tabs["quiet"].history.count((str(victim.ids[0]), "completed"))
        expect(ends <= 1, f"the tab was told {ends} times that it is completed")


@kind("F13")
async def pool_exhausted(stage: Stage) -> AsyncIterator[None]:
    """Every connection of the web process waits for a lock: 503 within 2 s, never a hang; /healthz answers."""
    holder = await asyncpg.connect(stage.house.atelier.run.database_url)
    await holder.execute("BEGIN")
    await holder.execute("LOCK TABLE stream IN ACCESS EXCLUSIVE MODE")
    try:
        renaming = [asyncio.create_task(_rename(stage, str(number))) for number in range(24)]
        await asyncio.sleep(0.5)
        alive = await stage.quiet.try_once("GET", "/healthz")
        expect(alive is not None and alive.status_code == 200, f"/healthz answered {alive}")
        await asyncio.sleep(HELD)
    finally:
        holder.terminate()
    yield
    answers = await asyncio.gather(*renaming)
    refused = [seconds for status, seconds in answers if status == 503]
    expect(bool(refused), f"nobody was refused: {answers}")
    expect(min(refused) < 2 + SLACK, f"a refusal took {min(refused):.1f} s")
    expect(max(seconds for _, seconds in answers) < HELD + 2 + 2 * SLACK, f"a request hung: {answers}")


async def _rename(stage: Stage, name: str) -> tuple[int | None, float]:
    clock = asyncio.get_running_loop().time
    began = clock()
    answer = await stage.quiet.try_once("PATCH", f"/api/projects/{stage.quiet.project}", json={"name": name})
    return answer.status_code if answer is not None else None, clock() - began


@kind("F13")
async def database_crowded(stage: Stage) -> AsyncIterator[None]:
    """Strangers hold every connection that PostgreSQL allows, and ours are cut: 503 within 2 s, then all is well."""
    before = stage.house.pids(*ARMED)
    crowd = await _crowd(stage.house.atelier.run.database_url)
    try:
        await crowd[0].fetch(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {OURS}")
        crowd += await _crowd(stage.house.atelier.run.database_url)
        answers = await asyncio.gather(*(_rename(stage, str(number)) for number in range(4)))
        expect(max(seconds for _, seconds in answers) < 2 + SLACK, f"a request waited: {answers}")
        expect({status for status, _ in answers} <= {200, 409, 503}, f"requests were answered {answers}")
        await asyncio.sleep(2)
    finally:
        for connection in crowd:
            connection.terminate()
    yield
    expect(stage.house.pids(*ARMED) == before, f"processes were started again: {before} {stage.house.pids(*ARMED)}")


async def _crowd(url: str) -> list[asyncpg.Connection]:
    """As many connections as there are to be had."""
    crowd = []
    with suppress(asyncpg.PostgresError, OSError, TimeoutError):
        while True:
            crowd.append(await asyncpg.connect(url, timeout=3))
    return crowd
