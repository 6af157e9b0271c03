"""The question for the provider's balance: asked by one, when there is something to learn, and never for nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from jobs.balance import read_balance_once, watch_balance
from jobs.steps import run
from server.core import facts as f
from server.core.image import Status
from server.usecases.read_spending import read_spending
from tests.jobs.quiet import Quiet, open_quiet
from tests.studio import eventually, free_port, studio_settings


@pytest.fixture
async def quiet(database_url: str, redis_url: str, simulator_url: str, tmp_path: Path) -> AsyncIterator[Quiet]:
    settings = studio_settings(database_url, redis_url, simulator_url, tmp_path, callbacks=False)
    async with open_quiet(settings) as opened:
        yield opened


@pytest.fixture
async def simulator(simulator_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=simulator_url) as client:
        yield client


async def asked(simulator: httpx.AsyncClient) -> list[str]:
    """The paths that the provider was asked for."""
    seen = (await simulator.get("/simulator/requests")).json()["requests"]
    return [request["path"] for request in seen]


async def due(quiet: Quiet) -> None:
    await quiet.person.sql("UPDATE provider_state SET watch_at = NULL, paused_until = now() RETURNING id")


async def refuse(quiet: Quiet, halt: f.Halt) -> None:
    await quiet.person.record(await quiet.person.bring(Status.SUBMITTING), f.Refused(1, halt))


async def bought(quiet: Quiet, number: int) -> None:
    """So many pictures, taken by the provider and paid for."""
    for place in range(number):
        wake = await quiet.reserved(f"a boat, number {place} [[never]]")
        await run(quiet.shop, wake)
        assert wake.id is not None
        assert (await quiet.row(wake.id)).status is Status.PROCESSING


async def test_who_is_idle_asks_nothing(quiet: Quiet, simulator: httpx.AsyncClient) -> None:
    await quiet.person.request()
    for _ in range(3):
        assert not await read_balance_once(quiet.shop)
    assert await asked(simulator) == []


async def test_while_it_is_stopped_one_asks_and_the_answer_is_kept(quiet: Quiet, simulator: httpx.AsyncClient) -> None:
    await refuse(quiet, f.Halt.OUT_OF_CREDITS)
    await simulator.post("/simulator/settings", json={"balance": 0})
    turns = await asyncio.gather(*(read_balance_once(quiet.shop) for _ in range(8)))
    assert sum(turns) == 1
    assert await asked(simulator) == ["/api/v1/common/credit"]
    pause = await quiet.shop.parts.database.transact(lambda unit: unit.provider.read())
    assert (pause.stopped, pause.credits) == (True, 0.0)


@pytest.mark.parametrize("outage", ["code-401", "code-429", "html-502", "cut"])
async def test_no_answer_is_not_a_balance_of_nothing(quiet: Quiet, simulator: httpx.AsyncClient, outage: str) -> None:
    await refuse(quiet, f.Halt.BAD_KEY)
    await simulator.post("/simulator/settings", json={"outage": {"kind": outage, "seconds": 60}})
    assert await read_balance_once(quiet.shop)
    pause = await quiet.shop.parts.database.transact(lambda unit: unit.provider.read())
    assert (pause.stopped, pause.credits, pause.asks) == (True, None, 1)
    await simulator.post("/simulator/settings", json={"outage": None})
    await due(quiet)
    assert await read_balance_once(quiet.shop)
    pause = await quiet.shop.parts.database.transact(lambda unit: unit.provider.read())
    assert (pause.stopped, pause.credits) == (False, 100_000.0)


async def test_a_provider_that_cannot_be_reached_ends_nothing(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    settings = studio_settings(database_url, redis_url, f"http://127.0.0.1:{free_port()}", tmp_path)
    async with open_quiet(settings) as quiet:
        await refuse(quiet, f.Halt.BAD_KEY)
        assert await read_balance_once(quiet.shop)
        assert not await read_balance_once(quiet.shop), "not before its time"


async def test_the_ledger_agrees_with_the_balance_and_a_charge_it_does_not_know_shows(
    quiet: Quiet, simulator: httpx.AsyncClient
) -> None:
    """The simulator takes 8 credits of half a cent a picture."""

    async def drift() -> float | None:
        await due(quiet)
        await quiet.person.sql("UPDATE ledger SET at = at - interval '1 minute' RETURNING id")
        await read_balance_once(quiet.shop)
        parts, viewer = quiet.shop.parts, quiet.person.viewer
        spending = await read_spending(parts.database, viewer, parts.rules.prices, parts.settings.credit_usd)
        return spending.drift_usd

    await bought(quiet, 1)
    assert await drift() is None
    await bought(quiet, 3)
    assert await drift() == 0.0
    stranger = {"prompt": "a boat of somebody else's", "aspectRatio": "1:1", "imageUrls": []}
    answer = await simulator.post(
        "/api/v1/nanobanana/generate-2", json=stranger, headers={"Authorization": "Bearer simulator"}
    )
    assert answer.json()["code"] == 200
    await bought(quiet, 1)
    assert await drift() == 0.04


async def test_the_loop_asks_by_itself_and_leaves_at_once(quiet: Quiet, simulator: httpx.AsyncClient) -> None:
    stop = asyncio.Event()
    watching = asyncio.create_task(watch_balance(quiet.shop, stop))
    await refuse(quiet, f.Halt.OUT_OF_CREDITS)
    await eventually(lambda: asked(simulator), lambda paths: "/api/v1/common/credit" in paths)
    stop.set()
    async with asyncio.timeout(5):
        await watching
