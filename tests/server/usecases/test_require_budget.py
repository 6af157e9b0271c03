"""A cap a day that twenty requests at once do not pass, on a real PostgreSQL."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from server.core import facts as f
from server.core.errors import ErrorCode, Refusal
from server.core.image import Image, Status
from server.core.prices import read_prices
from server.usecases.answer_once import OnceKey
from server.usecases.change_image import cancel_image, retry_image
from server.usecases.set_daily_cap import set_daily_cap
from tests.server.usecases.refusals import refused
from tests.server.usecases.studio import TASK, Studio

REACHED = ErrorCode.DAILY_CAP_REACHED


async def cap(studio: Studio, usd: float | None) -> None:
    await set_daily_cap(studio.database, studio.viewer, usd)


async def retry(studio: Studio, image: Image) -> None:
    await retry_image(studio.database, studio.viewer, image.id, studio.rules)


async def test_without_a_cap_nothing_is_refused(studio: Studio) -> None:
    for _ in range(30):
        await studio.request(count=8, model="nano-banana-pro", resolution="4K")


async def test_twenty_requests_at_once_do_not_pass_the_cap(studio: Studio) -> None:
    """Each costs 4 cents, and 20 are allowed: five of them."""
    await cap(studio, 0.20)
    outcomes = await asyncio.gather(*(studio.request() for _ in range(20)), return_exceptions=True)
    made = [outcome for outcome in outcomes if isinstance(outcome, list)]
    no = [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
    assert (len(made), len(no)) == (5, 15)
    assert {refusal.code for refusal in no} == {REACHED}
    assert len(await studio.all_images()) == 5


async def test_a_refused_request_writes_nothing_and_says_what_it_would_cost(studio: Studio) -> None:
    await cap(studio, 0.30)
    await studio.request(count=3)
    studio.told.clear()
    refusal = await refused(studio.request(count=4, model="nano-banana-2", resolution="2K"), REACHED)
    assert (refusal.status, refusal.extra) == (402, {"cap_usd": 0.3, "spent_usd": 0.12, "cost_usd": 0.24})
    assert len(await studio.all_images()) == 3
    assert (studio.told.events, studio.told.wakes) == ([], [])
    assert len(await studio.request(count=3, resolution="2K")) == 3, "to the cent is not beyond"


async def test_what_was_charged_counts_and_what_never_will_be_does_not(studio: Studio) -> None:
    await cap(studio, 0.08)
    charged = await studio.bring(Status.COMPLETED)
    waiting = await studio.bring(Status.PENDING)
    await refused(studio.request(), REACHED)
    await cancel_image(studio.database, studio.viewer, waiting.id, studio.rules)
    await studio.request()
    await refused(studio.request(), REACHED)
    assert (await studio.load(charged.id)).status is Status.COMPLETED


async def test_yesterdays_spending_is_forgiven(studio: Studio) -> None:
    await cap(studio, 0.05)
    await studio.bring(Status.COMPLETED)
    await refused(studio.request(), REACHED)
    await studio.sql("UPDATE ledger SET at = at - interval '1 day' RETURNING id")
    await studio.request()


async def test_a_retry_is_paid_for_as_well(studio: Studio) -> None:
    image = await studio.bring(Status.FAILED)
    await cap(studio, 0.07)
    refusal = await refused(retry_image(studio.database, studio.viewer, image.id, studio.rules), REACHED)
    assert refusal.extra == {"cap_usd": 0.07, "spent_usd": 0.04, "cost_usd": 0.04}
    assert await studio.load(image.id) == image
    await cap(studio, 0.08)
    await retry(studio, image)


async def test_twenty_retries_at_once_do_not_pass_the_cap(studio: Studio) -> None:
    images = await studio.request(count=8)
    for image in images:
        await cancel_image(studio.database, studio.viewer, image.id, studio.rules)
    await cap(studio, 0.12)
    outcomes = await asyncio.gather(*(retry(studio, image) for image in images), return_exceptions=True)
    assert sum(outcome is None for outcome in outcomes) == 3
    assert sum(isinstance(outcome, Refusal) and outcome.code is REACHED for outcome in outcomes) == 5


async def test_what_cannot_be_retried_is_told_so_first(studio: Studio) -> None:
    image = await studio.bring(Status.COMPLETED)
    await cap(studio, 0.0)
    await refused(retry_image(studio.database, studio.viewer, image.id, studio.rules), ErrorCode.WRONG_STATE)


async def test_an_answer_that_was_given_is_given_again_beyond_the_cap(studio: Studio) -> None:
    once = OnceKey("key", b"hash")
    await cap(studio, 0.04)
    first = await studio.request(once)
    assert [image.id for image in await studio.request(once)] == [image.id for image in first]


async def test_each_workspace_has_its_own(studio: Studio, neighbour: Studio) -> None:
    await cap(studio, 0.0)
    await refused(studio.request(), REACHED)
    await neighbour.request(count=8)


async def test_it_is_counted_in_the_operators_prices(studio: Studio) -> None:
    studio.rules = replace(studio.rules, prices=read_prices({"nano-banana-2": {"1K": 0.5}}))
    await cap(studio, 1.0)
    refusal = await refused(studio.request(count=3), REACHED)
    assert refusal.extra["cost_usd"] == 1.5
    image, _ = await studio.request(count=2)
    await studio.accept(image)
    refusal = await refused(studio.request(), REACHED)
    assert refusal.extra["spent_usd"] == 1.0


async def test_a_price_that_changes_on_the_way_is_charged_as_it_was(studio: Studio) -> None:
    [image] = await studio.request()
    await studio.submit(image)
    studio.rules = replace(studio.rules, prices=read_prices({"nano-banana-2": {"1K": 9.0}}))
    await studio.record(image, f.Accepted(1, TASK))
    [row] = await studio.sql("SELECT amount_usd FROM ledger")
    assert float(row["amount_usd"]) == 0.04


@pytest.mark.parametrize("count", [1, 8])
async def test_no_cap_of_nothing_lets_anything_through(studio: Studio, count: int) -> None:
    await cap(studio, 0.0)
    await refused(studio.request(count=count), REACHED)
