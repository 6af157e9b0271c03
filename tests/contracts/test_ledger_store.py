"""The port `Ledger`, on its one adapter."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from server.core.image import Attempt, Image, Kind, Status
from server.core.money import LedgerEntry, Reading, Spent
from server.core.ports import Unit
from server.infra.ledger import PostgresLedger
from server.infra.sql import Sql
from tests.contracts.rows import Home
from tests.studio import eventually


async def charge(home: Home, amount: float = 0.04, attempt: Attempt | None = None, at: str = "now()") -> Attempt:
    """An attempt, charged at that time."""
    attempt = attempt or await home.attempt()
    await home.do(lambda unit: unit.ledger.charge(attempt, amount))
    await home.sql(f"UPDATE ledger SET at = {at} WHERE attempt = :id RETURNING id", id=attempt.id)
    return attempt


async def spent(home: Home) -> Spent:
    return await home.do(lambda unit: unit.ledger.spent(home.workspace))


# Charges


async def test_an_attempt_is_charged_once(home: Home) -> None:
    attempt = await home.attempt()
    await asyncio.gather(*(home.do(lambda unit: unit.ledger.charge(attempt, 0.0425)) for _ in range(5)))
    [row] = await home.sql("SELECT * FROM ledger")
    assert (row["attempt"], row["image"], row["workspace"]) == (attempt.id, attempt.image, home.workspace)
    assert (float(row["amount_usd"]), row["model"], row["resolution"]) == (0.0425, "nano-banana-2", "1K")


async def test_entries_come_newest_first_and_those_of_one_workspace_alone(home: Home, other: Home) -> None:
    attempts = [await charge(home, 0.01 * place) for place in range(1, 6)]
    await charge(other)
    first = await home.do(lambda unit: unit.ledger.page(home.workspace, 3, None))
    assert [entry.image for entry in first] == [attempt.image for attempt in attempts[:1:-1]]
    assert [entry.amount_usd for entry in first] == [0.05, 0.04, 0.03]
    rest = await home.do(lambda unit: unit.ledger.page(home.workspace, 3, first[-1].id))
    assert [entry.image for entry in rest] == [attempt.image for attempt in attempts[1::-1]]
    assert await home.do(lambda unit: unit.ledger.page(home.workspace, 3, rest[-1].id)) == []


async def test_an_entry_is_whole(home: Home) -> None:
    attempt = await charge(home, 0.09, await home.attempt(number=2, resolution="4K"))
    [entry] = await home.do(lambda unit: unit.ledger.page(home.workspace, 10, None))
    assert entry == LedgerEntry(entry.id, entry.at, attempt.image, 2, "nano-banana-2", "4K", 0.09)


async def test_a_late_picture_takes_its_attempts_entry_over(home: Home) -> None:
    attempt, late = await charge(home), await home.image()
    await home.do(lambda unit: unit.attempts.move(attempt.id, late.id))
    [entry] = await home.do(lambda unit: unit.ledger.page(home.workspace, 10, None))
    assert entry.image == late.id


# Sums


async def test_days_and_months_are_those_of_utc(home: Home, other: Home) -> None:
    await charge(home, 0.01)
    await charge(home, 0.02, at="date_trunc('day', now(), 'UTC')")
    await charge(other, 5.0)
    before = await spent(home)
    assert (before.today_usd, before.month_usd) == (0.03, 0.03)
    # The first of a month has no yesterday in it, nor the first day of a year a last month.
    await charge(home, 0.04, at="date_trunc('day', now(), 'UTC') - interval '1 microsecond'")
    await charge(home, 0.08, at="date_trunc('month', now(), 'UTC') - interval '1 microsecond'")
    [row] = await home.sql("SELECT extract(day FROM now() AT TIME ZONE 'UTC') AS day")
    assert await spent(home) == Spent(0.03, 0.03 if row["day"] == 1 else 0.07)


async def test_the_day_begins_at_midnight_of_utc_whatever_the_sessions_zone(home: Home) -> None:
    await charge(home, 0.02, at="date_trunc('day', now(), 'UTC')")
    await charge(home, 0.04, at="date_trunc('day', now(), 'UTC') - interval '1 microsecond'")

    async def read_far_away(sql: Sql) -> Spent:
        await sql.run("SET LOCAL timezone = 'Pacific/Kiritimati'")
        return await PostgresLedger(sql).spent(home.workspace)

    assert (await home.database.query(read_far_away)).today_usd == 0.02


AT_PROVIDER = {"attempt": 1, "metadata": {"nanobanana_task_id": "t"}}


@pytest.mark.parametrize("status", [Status.PENDING, Status.SUBMITTING, Status.UNKNOWN, Status.PROCESSING])
async def test_what_is_unfinished_and_not_charged_is_yet_to_be_paid(home: Home, status: Status) -> None:
    fields = {} if status is Status.PENDING else AT_PROVIDER
    image = await home.image(status=status, **fields)
    if fields:
        await home.attempt(image)
    assert (await spent(home)).unpaid == {("nano-banana-2", "1K"): 1}


async def test_what_is_charged_is_not_yet_to_be_paid_as_well(home: Home) -> None:
    image = await home.image(status=Status.PROCESSING, **AT_PROVIDER)
    await charge(home, 0.04, await home.attempt(image))
    assert await spent(home) == Spent(0.04, 0.04)


async def test_what_waits_for_its_second_attempt_is_paid_again(home: Home) -> None:
    image = await home.image(attempt=1)
    await charge(home, 0.04, await home.attempt(image))
    assert (await spent(home)).unpaid == {("nano-banana-2", "1K"): 1}


async def test_uploads_and_what_is_finished_cost_nothing_more(home: Home) -> None:
    now = await home.database.time()
    ended = {"finished_at": now, "wake_at": None, "deadline_at": None}
    await home.image(kind=Kind.UPLOAD, model=None, prompt="")
    await home.image(status=Status.CANCELED, **ended)
    await home.image(status=Status.FAILED, error={"code": "expired"}, **ended)
    assert (await spent(home)).unpaid == {}


async def test_the_unpaid_are_counted_by_model_and_resolution_and_by_workspace(home: Home, other: Home) -> None:
    async def image(of: Home, model: str, resolution: str) -> Image:
        made = await of.image(model=model)
        await of.sql(
            "UPDATE image SET options = jsonb_build_object('resolution', CAST(:r AS text)) WHERE id = :id RETURNING id",
            r=resolution,
            id=made.id,
        )
        return made

    for model, resolution in [("nano-banana", "1K"), *[("nano-banana-pro", "4K")] * 2, ("nano-banana-pro", "1K")]:
        await image(home, model, resolution)
    await image(other, "nano-banana", "1K")
    assert (await spent(home)).unpaid == {
        ("nano-banana", "1K"): 1,
        ("nano-banana-pro", "4K"): 2,
        ("nano-banana-pro", "1K"): 1,
    }


# The cap


async def test_a_cap_is_set_changed_and_taken_away(home: Home, other: Home) -> None:
    for cap in (None, 0.0, 12.3456, None):
        await home.do(lambda unit, cap=cap: unit.ledger.set_cap(home.workspace, cap))
        assert await home.do(lambda unit: unit.ledger.hold_cap(home.workspace)) == cap
        viewed = await home.do(lambda unit: unit.accounts.home(home.account))
        assert viewed is not None and viewed.daily_cap_usd == cap
    assert await other.do(lambda unit: unit.ledger.hold_cap(other.workspace)) is None
    assert await home.do(lambda unit: unit.ledger.hold_cap(uuid4())) is None


@pytest.mark.parametrize(("cap", "waits"), [(5.0, True), (None, False)])
async def test_only_where_there_is_a_cap_one_waits_for_the_other(home: Home, cap: float | None, waits: bool) -> None:
    await home.do(lambda unit: unit.ledger.set_cap(home.workspace, cap))
    holding, done = asyncio.Event(), asyncio.Event()

    async def hold(unit: Unit) -> None:
        await unit.ledger.hold_cap(home.workspace)
        holding.set()
        async with asyncio.timeout(10):
            await done.wait()

    async def wait_with_a_bound(unit: Unit) -> float | None:
        return await unit.ledger.hold_cap(home.workspace)

    first = asyncio.create_task(home.do(hold))
    await holding.wait()
    second = asyncio.create_task(home.do(wait_with_a_bound))
    if waits:
        await eventually(lambda: _waiting_for_locks(home), lambda number: number == 1)
        assert not second.done()
        done.set()
    assert await second == cap
    done.set()
    await first


async def _waiting_for_locks(home: Home) -> int:
    return len(
        await home.sql("SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
    )


# Readings of the balance


async def read(home: Home, credits: float) -> Reading:
    await home.do(lambda unit: unit.ledger.add_reading(credits))
    reading = await home.do(lambda unit: unit.ledger.reading())
    assert reading is not None and reading.credits == credits
    return reading


async def test_there_is_nothing_to_compare_before_two_readings(home: Home) -> None:
    assert await home.do(lambda unit: unit.ledger.reading()) is None
    await charge(home, 0.04)
    first = await read(home, 1_000.0)
    assert (first.fallen, first.grown_usd, first.drift_usd(0.005)) == (None, None, None)
    second = await read(home, 1_000.0)
    assert (second.fallen, second.grown_usd, second.drift_usd(0.005)) == (0.0, 0.0, 0.0)


async def test_what_the_balance_falls_by_is_compared_with_all_that_was_charged_meanwhile(
    home: Home, other: Home
) -> None:
    await charge(home, 9.0)
    await read(home, 1_000.0)
    await charge(home, 0.04)
    await charge(other, 0.06)
    agreed = await read(home, 980.0)
    assert (agreed.fallen, agreed.grown_usd, agreed.drift_usd(0.005)) == (20.0, 0.1, 0.0)
    more = await read(home, 976.0)
    assert more.drift_usd(0.005) == 0.02
    await charge(home, 0.09)
    less = await read(home, 976.0)
    assert less.drift_usd(0.005) == -0.07


async def test_a_balance_that_rose_was_topped_up_and_begins_anew(home: Home) -> None:
    await read(home, 10.0)
    await charge(home, 0.04)
    await read(home, 0.0)
    await charge(home, 0.04)
    risen = await read(home, 500.0)
    assert (risen.fallen, risen.grown_usd) == (10.0, 0.04)
    await charge(home, 0.04)
    after = await read(home, 490.0)
    assert (after.fallen, after.grown_usd, after.drift_usd(0.005)) == (20.0, 0.08, 0.02)


async def test_old_readings_are_forgotten_and_what_has_run_up_is_not(home: Home) -> None:
    await read(home, 10.0)
    await read(home, 8.0)
    await home.sql("SELECT setval(pg_get_serial_sequence('balance', 'id'), 60000)")
    last = await read(home, 5.0)
    assert len(await home.sql("SELECT FROM balance")) == 1
    assert last.fallen == 5.0
