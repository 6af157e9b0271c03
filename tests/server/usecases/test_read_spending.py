"""What a workspace has spent and may spend, beside the provider's balance."""

from __future__ import annotations

from server.core import facts as f
from server.core.image import Status
from server.usecases.note_balance import claim_reading, note_balance
from server.usecases.read_spending import Spending, read_reading, read_spending
from server.usecases.set_daily_cap import set_daily_cap
from tests.server.usecases.studio import TASK, Studio

CREDIT_USD = 0.005


async def spending(studio: Studio) -> Spending:
    return await read_spending(studio.database, studio.viewer, studio.rules.prices, CREDIT_USD)


async def read_balance(studio: Studio, credits: float) -> None:
    await studio.sql("UPDATE provider_state SET watch_at = NULL RETURNING id")
    turn = await claim_reading(studio.database)
    assert turn is not None
    await note_balance(studio.database, turn, credits, None, studio.rules)


async def test_in_the_beginning_there_is_nothing(studio: Studio) -> None:
    assert await spending(studio) == Spending(0.0, 0.0, 0.0, None, None, None, None)
    assert await read_reading(studio.database) is None


async def test_a_picture_is_reserved_until_it_is_charged_and_then_spent(studio: Studio, neighbour: Studio) -> None:
    await neighbour.bring(Status.COMPLETED)
    [image] = await studio.request(model="nano-banana-pro", resolution="4K")
    roads = []
    for step in (
        lambda: studio.submit(image),
        lambda: studio.record(image, f.Refused(1, f.Halt.RATE_LIMITED)),
        studio.end_pause,
        lambda: studio.accept(image),
        lambda: studio.record(image, f.GenerationFailed(2, TASK)),
    ):
        await step()
        found = await spending(studio)
        roads.append((found.reserved_usd, found.today_usd, found.month_usd))
    assert roads == [(0.12, 0.0, 0.0)] * 3 + [(0.0, 0.12, 0.12)] * 2


async def test_an_answer_that_is_not_known_stays_reserved_and_is_charged_in_the_end(studio: Studio) -> None:
    image = await studio.bring(Status.UNKNOWN)
    assert (await spending(studio)).reserved_usd == 0.04
    await studio.expire(image)
    await studio.record(image, f.DeadlinePassed(1))
    found = await spending(studio)
    assert (found.reserved_usd, found.today_usd) == (0.0, 0.04)


async def test_the_cap_and_the_balance_stand_beside_it(studio: Studio) -> None:
    await set_daily_cap(studio.database, studio.viewer, 5.0)
    await studio.bring(Status.PROCESSING)
    await read_balance(studio, 100.0)
    found = await spending(studio)
    assert (found.cap_usd, found.credits, found.drift_usd) == (5.0, 100.0, None)
    assert found.credits_at is not None
    await studio.bring(Status.PROCESSING)
    await read_balance(studio, 88.0)
    found = await spending(studio)
    assert (found.credits, found.drift_usd) == (88.0, 0.02)
    reading = await read_reading(studio.database)
    assert reading is not None and reading.credits == 88.0
