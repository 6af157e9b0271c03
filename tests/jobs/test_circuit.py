"""Outages of the provider, from the first refusal to the last picture: nothing burnt, nothing lost, nothing paid twice.

The witness is the simulator: its log of requests, in order, and its ledger of charges.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from jobs.steps import run
from server.core import facts as f
from server.core.image import Status
from server.core.pause import STOPS, Pause
from server.core.stores import Wake
from server.infra.sql import Sql
from server.usecases.dispatch_images import dispatch_images
from server.usecases.hold_provider import hold_provider
from tests.jobs.conftest import OpenStudio
from tests.jobs.quiet import Quiet, open_quiet
from tests.studio import Entity, Studio, eventually, free_port, studio_settings

CREDIT = "/api/v1/common/credit"
STOPPING = [("code-401", f.Halt.BAD_KEY), ("code-402", f.Halt.OUT_OF_CREDITS)]
PASSING = [("code-429", f.Halt.RATE_LIMITED), ("code-455", f.Halt.MAINTENANCE)]


async def simulate(studio: Studio, **settings: Any) -> None:
    answer = await studio.simulator.post("/simulator/settings", json=settings)
    assert answer.status_code == 200, answer.text


async def pause_of(studio: Studio) -> Pause:
    return await studio.shop.parts.database.transact(lambda unit: unit.provider.read())


async def until_paused(studio: Studio, reason: f.Halt) -> None:
    await eventually(lambda: pause_of(studio), lambda pause: pause.reason is reason)


async def visits(studio: Studio) -> list[Entity]:
    """Every request to the provider, oldest first."""
    seen: list[Entity] = (await studio.simulator.get("/simulator/requests")).json()["requests"]
    return seen


async def all_complete(studio: Studio, images: list[Entity], patience: float = 60.0) -> None:
    """Each of them, with one charge and no more."""
    for image in images:
        done = await studio.tab.finished(image["id"], patience)
        assert done["status"] == "completed", done
    charges = Counter(charge["prompt"] for charge in await studio.charges())
    assert charges == Counter(image["prompt"] for image in images)
    mine = (await studio.http.get("/api/spending")).json()
    assert (mine["today_usd"], mine["reserved_usd"]) == (pytest.approx(0.04 * len(images)), 0.0)


async def until_still(studio: Studio, reason: f.Halt) -> None:
    """Paused for that reason, and whoever was on the way has been answered and given its place back."""

    async def under_way(sql: Sql) -> int:
        row = await sql.one("SELECT count(*) AS number FROM image WHERE dispatched_at IS NOT NULL")
        assert row is not None
        return int(row["number"])

    await until_paused(studio, reason)
    await eventually(lambda: studio.shop.parts.database.query(under_way), lambda number: number == 0)


async def until_asked(studio: Studio, times: int) -> None:
    await eventually(lambda: visits(studio), lambda seen: sum(visit["path"] == CREDIT for visit in seen) >= times)


async def wishes(studio: Studio, number: int, words: str = "a boat") -> list[Entity]:
    return [(await studio.generate(f"{words}, number {place} [[ok]] [[small]]"))[0] for place in range(number)]


def submits(seen: list[Entity]) -> list[int]:
    """The places of the submits among the requests."""
    return [place for place, visit in enumerate(seen) if visit["method"] == "POST"]


# The key is refused, the credits are gone


@pytest.mark.parametrize(("kind", "reason"), STOPPING)
async def test_a_stop_burns_no_image_as_a_probe(studio: Studio, kind: str, reason: f.Halt) -> None:
    """After the last refusal the balance is asked for, and nothing is submitted before it answered well."""
    await simulate(studio, outage={"kind": kind, "seconds": 600})
    images = await wishes(studio, 6)
    await until_still(studio, reason)
    refused = await visits(studio)
    await until_asked(studio, 2)
    assert await studio.charges() == []
    assert {image["status"] for image in studio.tab.images.values()} == {"pending"}
    await simulate(studio, outage=None)
    await all_complete(studio, images)
    seen = await visits(studio)
    last_refusal = max(place for place in submits(seen) if seen[place]["code"] != 200)
    assert last_refusal < len(refused)
    first_taken = next(place for place in submits(seen) if seen[place]["code"] == 200)
    between = [visit for visit in seen[last_refusal + 1 : first_taken] if visit["path"] == CREDIT]
    assert [visit["code"] for visit in between[:-1]] == [int(kind.removeprefix("code-"))] * (len(between) - 1)
    assert between[-1]["code"] == 200


async def test_a_prompt_that_a_firewall_refuses_stops_the_others_once(studio: Studio) -> None:
    """It answers 403 to this one however good the key is: after one pause the others are through, and it fails."""
    [blocked] = await studio.generate("a boat that no firewall likes [[html-403]]")
    await until_paused(studio, f.Halt.BAD_KEY)
    images = await wishes(studio, 3)
    failed = await studio.tab.finished(blocked["id"])
    assert (failed["status"], failed["error"]["code"]) == ("failed", "request_rejected")
    assert not failed["error"]["charged"]
    await all_complete(studio, images)
    assert len(submits(await visits(studio))) == len(images) + 2


async def test_the_balance_is_topped_up_and_all_that_waits_goes_on(studio: Studio) -> None:
    """Ten credits are one picture's eight, and two that are too few."""
    await simulate(studio, balance=10)
    images = await wishes(studio, 5)
    await until_paused(studio, f.Halt.OUT_OF_CREDITS)
    await eventually(lambda: pause_of(studio), lambda pause: pause.credits == 2.0)
    assert len(await studio.charges()) == 1
    told = (await studio.http.get("/api/spending")).json()
    assert told["credits"] == 2.0
    await simulate(studio, balance=1_000)
    await all_complete(studio, images)


async def test_a_stop_outlives_redis(studio: Studio, redis_url: str) -> None:
    await simulate(studio, outage={"kind": "code-402", "seconds": 600})
    images = await wishes(studio, 3)
    await until_still(studio, f.Halt.OUT_OF_CREDITS)
    async with Redis.from_url(redis_url) as redis:
        await redis.flushall()
    before = len(submits(await visits(studio)))
    await studio.generate("one more boat [[ok]] [[small]]")
    await until_asked(studio, 2)
    assert len(submits(await visits(studio))) == before
    await simulate(studio, outage=None)
    await hold_provider(studio.shop.parts.database, False)
    one_more = next(image for image in studio.tab.images.values() if image["prompt"].startswith("one more"))
    await all_complete(studio, [*images, one_more])


async def test_a_stop_outlives_every_process(studio_with: OpenStudio) -> None:
    async with studio_with() as before:
        await simulate(before, outage={"kind": "code-402", "seconds": 600})
        images = await wishes(before, 3)
        await until_still(before, f.Halt.OUT_OF_CREDITS)
        refused = len(submits(await visits(before)))
    async with studio_with() as studio:
        assert (await pause_of(studio)).stopped
        asked = sum(visit["path"] == CREDIT for visit in await visits(studio))
        await until_asked(studio, asked + 1)
        assert len(submits(await visits(studio))) == refused
        await simulate(studio, outage=None)
        await all_complete(studio, images)


# What passes by itself


@pytest.mark.parametrize(("kind", "reason"), PASSING)
async def test_all_wait_together_and_nothing_asks_for_the_balance(studio: Studio, kind: str, reason: f.Halt) -> None:
    await simulate(studio, outage={"kind": kind, "seconds": 2})
    images = await wishes(studio, 8)
    await until_paused(studio, reason)
    waiting = await visits(studio)
    await all_complete(studio, images)
    assert not [visit for visit in waiting if visit["path"] == CREDIT]
    refused = [visit for visit in await visits(studio) if visit["method"] == "POST" and visit["code"] != 200]
    # One outage is a few requests, whatever waits: those that were on their way, then one for each growing pause.
    assert len(refused) < len(images) + 6


async def test_a_hold_lets_nothing_out_until_it_is_lifted(studio: Studio) -> None:
    database = studio.shop.parts.database
    await hold_provider(database, True)
    images = await wishes(studio, 3)
    assert await dispatch_images(database, 8, 64) == []
    assert await visits(studio) == []
    await hold_provider(database, False)
    await all_complete(studio, images)


# Tried again by itself where nothing was accepted, and only there


async def refused_twice(quiet: Quiet, prompt: str) -> Wake:
    """A picture whose first two submits are refused; the pauses are over."""
    await quiet.person.request(prompt=prompt)
    wake = await next_wake(quiet)
    for _ in range(2):
        await run(quiet.shop, wake)
        assert wake.id is not None
        assert (await quiet.row(wake.id)).status is Status.PENDING
        wake = await next_wake(quiet)
    return wake


async def next_wake(quiet: Quiet) -> Wake:
    await quiet.person.sql("UPDATE provider_state SET paused_until = now() RETURNING id")
    await quiet.shop.parts.database.transact(lambda unit: unit.provider.go_ahead())
    [wake] = await dispatch_images(quiet.shop.parts.database, 8, 64)
    return wake


@pytest.mark.parametrize(
    ("how", "outcome"),
    [("code-429:2", f.Halt.RATE_LIMITED), ("code-401:2", f.Halt.BAD_KEY), ("code-402:2", f.Halt.OUT_OF_CREDITS)],
)
async def test_a_refused_submit_is_tried_again_and_is_no_paid_attempt(
    database_url: str, redis_url: str, simulator_url: str, tmp_path: Path, how: str, outcome: f.Halt
) -> None:
    settings = studio_settings(database_url, redis_url, simulator_url, tmp_path, callbacks=False)
    async with open_quiet(settings) as quiet:
        wake = await refused_twice(quiet, f"a boat [[{how}]] [[never]]")
        assert await quiet.person.charges() == 0
        await run(quiet.shop, wake)
        assert wake.id is not None
        assert (await quiet.row(wake.id)).status is Status.PROCESSING
        assert await quiet.person.charges() == 1
        outcomes = [(await quiet.person.attempt(wake.id, number)).outcome for number in (1, 2, 3)]
        assert outcomes == [outcome, outcome, None]


@pytest.mark.parametrize("host", ["127.0.0.1", "nanobanana.invalid"], ids=["connection refused", "no such name"])
async def test_where_no_connection_is_had_not_even_an_attempt_is_opened(
    database_url: str, redis_url: str, tmp_path: Path, host: str
) -> None:
    settings = studio_settings(database_url, redis_url, f"http://{host}:{free_port()}", tmp_path)
    async with open_quiet(settings) as quiet:
        wake = await refused_twice(quiet, "a boat")
        assert wake.id is not None
        row = await quiet.row(wake.id)
        assert (row.status, row.attempt) == (Status.PENDING, 0)
        pause = await quiet.shop.parts.database.transact(lambda unit: unit.provider.read())
        assert (pause.reason, pause.failures) == (f.Halt.UNREACHABLE, 2)
        assert await quiet.person.charges() == 0


@pytest.mark.parametrize(("setting", "charges"), [(False, 1), (True, 2)])
async def test_a_confirmed_failure_is_repeated_once_where_that_is_set(
    studio_with: OpenStudio, setting: bool, charges: int
) -> None:
    async with studio_with(retry_confirmed_failure=setting) as studio:
        [image] = await studio.generate("a boat [[flag-3]] [[code-429:1]]")
        done = await studio.tab.until(
            image["id"], lambda told: told["status"] == "failed" and told["attempt"] == charges + 1
        )
        assert done["error"]["code"] == "generation_failed"
        assert len(await studio.charges()) == charges
        spent = (await studio.http.get("/api/spending")).json()
        assert (spent["today_usd"], spent["reserved_usd"]) == (pytest.approx(0.04 * charges), 0.0)


def test_every_stop_is_tried_here() -> None:
    assert {reason for _, reason in STOPPING} == STOPS
