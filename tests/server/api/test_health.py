"""Is the process alive, can it serve: also while one of its parts is away."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from server.core import facts as f
from server.core.errors import ErrorCode
from server.live.ear import Hearing
from server.usecases.record_fact import record_fact

from ..infra.private_valkey import private_valkey
from .conftest import OpenStudio
from .postgres_road import postgres_road
from .samples import new_device
from .studio import BOUND, SOON, Studio, refused


async def ready(studio: Studio) -> tuple[int, str]:
    answer = await studio.stranger.get("/readyz")
    assert answer.elapsed.total_seconds() < SOON
    return answer.status_code, answer.json()["status"]


async def until_ready_is(studio: Studio, wanted: tuple[int, str]) -> None:
    """Ask until the answer is that one."""
    async with asyncio.timeout(BOUND):
        while True:
            if await ready(studio) == wanted:
                return
            await asyncio.sleep(0.05)


async def test_all_is_well(studio: Studio) -> None:
    assert (await studio.stranger.get("/healthz")).text == "ok\n"
    assert await ready(studio) == (200, "healthy")
    assert "python_info" in (await studio.stranger.get("/metrics")).text


async def test_pushes_are_counted_for_all_processes_and_left_out_without_the_database(
    another_studio: OpenStudio,
) -> None:
    async with another_studio() as studio:
        await new_device(studio.ada)
        image = await studio.failed_generation(studio.ada)
        await studio.failed_generation(studio.ada)
        await studio.run("UPDATE push SET ended_at = ended_at - interval '90 seconds', wake_at = now()")
        await studio.ada.http.post("/api/notices/shown", json={"outcomes": [f"{image}:1"], "device": None})
        text = (await studio.stranger.get("/metrics")).text
        found = dict(line.rsplit(" ", 1) for line in text.splitlines() if line.startswith("atelier_pushes"))
        oldest = float(found.pop("atelier_pushes_oldest_waiting_seconds"))
        assert 90 <= oldest < 120
        assert {name: float(value) for name, value in found.items()} == {
            "atelier_pushes_sent_total": 0,
            'atelier_pushes_failed_total{reason="refused"}': 0,
            'atelier_pushes_failed_total{reason="unreachable"}': 0,
            'atelier_pushes_failed_total{reason="given_up"}': 0,
            "atelier_pushes_gone_total": 0,
            "atelier_pushes_held_back_total": 1,
            "atelier_pushes_waiting": 1,
        }
        async with studio.database_held():
            answer = await studio.stranger.get("/metrics")
        assert (answer.status_code, "python_info" in answer.text) == (200, True)
        assert "atelier_pushes" not in answer.text


async def test_a_provider_that_takes_nothing_is_named_and_makes_nobody_unready(another_studio: OpenStudio) -> None:
    async with another_studio() as studio:
        assert (await studio.stranger.get("/readyz")).json() == {"status": "healthy", "provider": None}
        image, _ = await studio.submitted_generation(studio.ada)
        refusal = f.Refused(1, f.Halt.OUT_OF_CREDITS)
        await record_fact(studio.parts.database, UUID(image), refusal, studio.parts.rules)
        answer = await studio.stranger.get("/readyz")
        assert (answer.status_code, answer.json()) == (200, {"status": "healthy", "provider": "out_of_credits"})


async def test_a_held_database_is_not_ready_yet_alive(another_studio: OpenStudio) -> None:
    async with another_studio(database_pool=2) as studio:
        async with studio.database_held():
            alive, answer = await asyncio.gather(studio.stranger.get("/healthz"), studio.stranger.get("/readyz"))
        assert (alive.status_code, alive.elapsed < answer.elapsed / 2) == (200, True)
        assert (answer.status_code, answer.json()["part"]) == (503, "postgresql")
        assert answer.elapsed.total_seconds() < SOON
        assert await ready(studio) == (200, "healthy")


async def test_without_postgresql_it_is_not_ready_and_recovers_by_itself(
    another_studio: OpenStudio, database_url: str
) -> None:
    async with postgres_road(database_url) as (road, url), another_studio(database_url=url) as studio:
        assert await ready(studio) == (200, "healthy")
        await road.cut()
        assert await ready(studio) == (503, "unavailable")
        assert (await studio.stranger.get("/healthz")).status_code == 200
        for answer in (await studio.ada.generate(), await studio.ada.http.get("/api/projects")):
            refused(answer, ErrorCode.UNAVAILABLE)
            assert int(answer.headers["retry-after"]) >= 1
            assert answer.elapsed.total_seconds() < SOON
        await road.mend()
        await until_ready_is(studio, (200, "healthy"))
        assert (await studio.ada.generate()).status_code == 202
        assert await studio.count("image") == 1


@pytest.mark.parametrize("hearing", Hearing)
async def test_only_who_is_deaf_is_not_ready(studio: Studio, monkeypatch: pytest.MonkeyPatch, hearing: Hearing) -> None:
    monkeypatch.setattr(studio.parts, "live_health", lambda: str(hearing))
    assert await ready(studio) == (503 if hearing is Hearing.DEAF else 200, str(hearing))


async def test_a_process_that_leaves_takes_no_more(another_studio: OpenStudio) -> None:
    async with another_studio() as studio:
        studio.parts.leaving.set()
        assert await ready(studio) == (503, "leaving")
        assert (await studio.stranger.get("/healthz")).status_code == 200
        # What comes all the same is still answered.
        assert (await studio.ada.http.get("/api/projects")).status_code == 200


async def test_without_redis_it_is_degraded_and_serves(another_studio: OpenStudio) -> None:
    async with private_valkey() as valkey, another_studio(redis_url=valkey.url) as studio:
        assert await ready(studio) == (200, "healthy")
        await valkey.kill()
        await until_ready_is(studio, (200, "degraded"))
        assert (await studio.ada.generate()).status_code == 202
        await valkey.start()
        await until_ready_is(studio, (200, "healthy"))
