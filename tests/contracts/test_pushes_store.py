"""The port `Pushes`, and with it `Devices`, on their one adapter."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from server.core.devices import Device, Language, Trouble
from server.core.image import Status
from server.core.notices import NoticeKind
from server.core.ports import Unit
from server.core.pushes import Claim, Fate, NewPush
from tests.contracts.rows import Home
from tests.contracts.test_read_marks_store import ended

LONG_AGO = datetime.min.replace(tzinfo=UTC)
TURN = 30.0


async def put(home: Home, name: str = "ada", account: UUID | None = None) -> Device:
    place = f"https://push.example/{name}"
    new = Device(uuid4(), account or home.account, None, place, "key", "auth", name, Language.EN, LONG_AGO)
    return await home.do(lambda unit: unit.devices.put(new))


@pytest.fixture
async def now(home: Home) -> datetime:
    """The database's time; the project was made a day before."""
    await home.sql("UPDATE project SET created_at = now() - interval '1 day' RETURNING id")
    return await home.database.time()


async def plan(home: Home, device: Device, at: datetime, due: bool = True, **how: Any) -> UUID:
    """A failed picture that is to be told; its id."""
    image = await ended(home, at, Status.FAILED, **how)
    wake_at = at - timedelta(seconds=1) if due else at + timedelta(hours=1)
    new = NewPush(device.id, NoticeKind.FAILED, at, wake_at, at + timedelta(days=1), home.project, image.id, 1)
    for _ in range(2):
        await home.do(lambda unit: unit.pushes.plan([new]))
    return image.id


async def claim(home: Home, limit: int = 10) -> Claim | None:
    return await home.do(lambda unit: unit.pushes.claim(limit, TURN))


async def rows(home: Home) -> list[Any]:
    return await home.sql("SELECT * FROM push ORDER BY ended_at")


async def test_what_is_planned_twice_is_one_row(home: Home, now: datetime) -> None:
    device = await put(home)
    await plan(home, device, now)
    await plan(home, device, now)
    assert len(await rows(home)) == 2


async def test_a_claim_takes_what_is_due_and_nobody_has_it_twice(home: Home, now: datetime) -> None:
    device = await put(home)
    first = await plan(home, device, now)
    await plan(home, device, now + timedelta(seconds=1), due=False)
    found = await claim(home)
    assert found is not None
    assert [(story.image, story.stands, story.sent) for story in found.stories] == [(first, True, False)]
    assert found.devices == [device]
    assert timedelta(seconds=TURN - 1) < found.turn - now < timedelta(seconds=TURN + 5)
    assert await claim(home) is None


async def test_several_at_once_take_different_devices(home: Home, now: datetime) -> None:
    for number in range(6):
        await plan(home, await put(home, str(number)), now)
    claims = await asyncio.gather(*(claim(home, 2) for _ in range(5)))
    taken = [device.id for found in claims if found for device in found.devices]
    assert len(taken) == len(set(taken))


async def test_a_device_in_hand_is_skipped_and_an_outcome_does_not_wait_for_it(home: Home, now: datetime) -> None:
    device = await put(home)
    await plan(home, device, now)
    held, go_on = asyncio.Event(), asyncio.Event()

    async def hold(unit: Unit) -> None:
        assert await unit.pushes.claim(1, TURN) is not None
        held.set()
        await go_on.wait()

    holding = asyncio.create_task(home.do(hold))
    await held.wait()
    async with asyncio.timeout(5):
        await plan(home, device, now + timedelta(seconds=1))
        assert await claim(home) is None
    go_on.set()
    await holding


async def test_a_turn_that_ends_is_taken_by_another(home: Home, now: datetime) -> None:
    await plan(home, await put(home), now)
    first = await claim(home)
    await home.sql("UPDATE push SET wake_at = now() RETURNING id")
    second = await claim(home)
    assert first is not None and second is not None
    assert [story.id for story in first.stories] == [story.id for story in second.stories]


async def test_what_was_sent_is_sent_whoever_says_so_and_tells_on(home: Home, now: datetime) -> None:
    device = await put(home)
    first = await plan(home, device, now)
    found = await claim(home)
    assert found is not None
    ids = [story.id for story in found.stories]
    # The turn has been lost meanwhile, yet the service has taken it.
    await home.sql("UPDATE push SET wake_at = now() + interval '1 hour' RETURNING id")
    await home.do(lambda unit: unit.pushes.note_sent(ids))
    await home.do(lambda unit: unit.pushes.postpone(ids, found.turn, now))
    [row] = await rows(home)
    assert (row["wake_at"], row["sent_at"] is not None, row["tries"]) == (None, True, 0)
    second = await plan(home, device, now + timedelta(microseconds=1))
    again = await claim(home)
    assert again is not None
    assert [(story.image, story.sent) for story in again.stories] == [(second, False), (first, True)]


async def test_who_lost_a_turn_postpones_nothing(home: Home, now: datetime) -> None:
    await plan(home, await put(home), now)
    found = await claim(home)
    assert found is not None
    [story] = found.stories
    later = now + timedelta(minutes=5)
    await home.do(lambda unit: unit.pushes.postpone([story.id], now, later))
    assert [row["wake_at"] for row in await rows(home)] == [found.turn]
    await home.do(lambda unit: unit.pushes.postpone([story.id], found.turn, later))
    assert [(row["wake_at"], row["tries"]) for row in await rows(home)] == [(later, 1)]
    await home.do(lambda unit: unit.pushes.postpone([story.id], later, now + timedelta(days=2)))
    assert await rows(home) == []


NO_NEWS: dict[str, str] = {
    "read": "INSERT INTO read_mark SELECT account, project, ended_at FROM push JOIN push_subscription AS device "
    "ON device.id = subscription RETURNING account",
    "in the trash": "UPDATE image SET trashed_at = now() RETURNING id",
    "with its project in the trash": "UPDATE project SET trashed_at = now() RETURNING id",
    "moved since": "UPDATE image SET moved_at = finished_at RETURNING id",
    "tried again": "UPDATE image SET status = 'pending', finished_at = NULL, error = NULL, wake_at = now(), "
    "deadline_at = now() RETURNING id",
    "ended anew": "UPDATE image SET finished_at = finished_at + interval '1 second' RETURNING id",
    "too late": "UPDATE push SET deadline_at = now() RETURNING id",
    "of a workspace that was left": "DELETE FROM membership RETURNING account",
}


@pytest.mark.parametrize("why", NO_NEWS)
async def test_what_is_no_news_any_more_does_not_stand(home: Home, now: datetime, why: str) -> None:
    await plan(home, await put(home), now)
    await home.sql(NO_NEWS[why])
    found = await claim(home)
    assert found is not None
    assert [story.stands for story in found.stories] == [False]


async def test_the_outlook_tells_how_late_it_is(home: Home, now: datetime) -> None:
    assert (await home.database.outlook()).pushes_late <= 0
    device = await put(home)
    await plan(home, device, now, due=False)
    assert (await home.database.outlook()).pushes_late < 0
    await home.sql("UPDATE push SET wake_at = now() - interval '7 seconds' RETURNING id")
    assert 7 <= (await home.database.outlook()).pushes_late < 12


async def test_it_goes_with_its_device_its_picture_and_its_project(home: Home, other: Home, now: datetime) -> None:
    device = await put(home)
    image = await plan(home, device, now)
    await plan(home, device, now)
    await home.sql("DELETE FROM image WHERE id = :id RETURNING id", id=image)
    assert len(await rows(home)) == 1
    assert not await home.do(lambda unit: unit.devices.remove(other.account, device.id))
    assert await home.do(lambda unit: unit.devices.remove(home.account, device.id))
    assert await rows(home) == []


async def test_old_rows_are_forgotten(home: Home, now: datetime) -> None:
    device = await put(home)
    for age in (1, 9):
        await plan(home, device, now - timedelta(hours=age))
    await plan(home, device, now, due=False)
    await home.sql(
        "UPDATE push SET sent_at = ended_at, wake_at = NULL WHERE ended_at < now() - interval '30 minutes' RETURNING id"
    )
    await home.do(lambda unit: unit.pushes.prune(8 * 3_600.0))
    assert len(await rows(home)) == 2


BROKEN = [
    "UPDATE push SET wake_at = NULL",
    "UPDATE push SET sent_at = now()",
    "UPDATE push SET image = NULL",
    "UPDATE push SET kind = 'test'",
    "UPDATE push_subscription SET language = 'de'",
    "UPDATE push_subscription SET trouble = 'sad'",
]


@pytest.mark.parametrize("statement", BROKEN)
async def test_a_row_that_breaks_a_rule_cannot_be_written(home: Home, now: datetime, statement: str) -> None:
    await plan(home, await put(home), now)
    with pytest.raises(asyncpg.CheckViolationError):
        await home.sql(f"{statement} RETURNING id")


async def test_a_subscription_that_was_renewed_is_not_forgotten(home: Home) -> None:
    old = await put(home)
    await home.sql("UPDATE push_subscription SET p256dh = 'fresh' RETURNING id")
    await home.do(lambda unit: unit.devices.forget(old))
    [device] = await home.do(lambda unit: unit.devices.of(home.account))
    await home.do(lambda unit: unit.devices.forget(device))
    assert list(await home.do(lambda unit: unit.devices.of(home.account))) == []


async def test_trouble_is_noted_and_ends_with_the_next_success(home: Home, now: datetime) -> None:
    device = await put(home)
    until = now + timedelta(hours=1)
    await home.do(lambda unit: unit.devices.note_trouble(device.id, Trouble.UNREACHABLE, until))
    [troubled] = await home.do(lambda unit: unit.devices.of(home.account))
    assert (troubled.trouble, troubled.rests_until, troubled.pushed_at) == (Trouble.UNREACHABLE, until, None)
    await home.do(lambda unit: unit.devices.note_sent(device.id))
    [well] = await home.do(lambda unit: unit.devices.of(home.account))
    assert (well.trouble, well.rests_until, well.pushed_at is not None) == (None, None, True)


async def test_what_pushes_came_to_is_counted_once_each_and_not_where_the_unit_failed(
    home: Home, now: datetime
) -> None:
    device = await put(home)
    images = [await plan(home, device, now + timedelta(milliseconds=number)) for number in range(4)]
    ids = {row["image"]: row["id"] for row in await rows(home)}
    sent, shown, refused, late = (ids[image] for image in images)
    for _ in range(2):
        await home.do(lambda unit: unit.pushes.note_sent([sent]))
        await home.do(lambda unit: unit.pushes.drop_shown(home.account, [f"{images[1]}:1", f"{images[0]}:2"], None))
        await home.do(lambda unit: unit.pushes.drop([refused], Fate.REFUSED))
    assert shown not in {row["id"] for row in await rows(home)}

    async def fail(unit: Unit) -> None:
        await unit.pushes.drop([late], Fate.HELD_BACK)
        raise LookupError

    with pytest.raises(LookupError):
        await home.do(fail)
    found = await home.do(lambda unit: unit.pushes.tally())
    assert {fate: number for fate, number in found.fates.items() if number} == {
        Fate.SENT: 1,
        Fate.HELD_BACK: 1,
        Fate.REFUSED: 1,
    }
    assert (found.waiting, found.devices, found.troubled) == (1, 1, 0)


async def test_how_long_the_oldest_waits_is_counted_from_its_outcome(home: Home, now: datetime) -> None:
    assert (await home.do(lambda unit: unit.pushes.tally())).oldest == 0
    device = await put(home)
    for age in (5, 60):
        await plan(home, device, now - timedelta(seconds=age))
    found = await home.do(lambda unit: unit.pushes.tally())
    assert found.waiting == 2
    assert 60 <= found.oldest < 75


async def test_a_try_that_failed_is_counted_and_the_last_one_is_given_up(home: Home, now: datetime) -> None:
    device = await put(home)
    await plan(home, device, now)
    found = await claim(home)
    assert found is not None
    ids = [story.id for story in found.stories]
    soon = now + timedelta(minutes=1)
    await home.do(lambda unit: unit.pushes.postpone(ids, found.turn, soon))
    await home.do(lambda unit: unit.pushes.postpone(ids, soon, now + timedelta(days=2)))
    fates = (await home.do(lambda unit: unit.pushes.tally())).fates
    assert (fates[Fate.UNREACHABLE], fates[Fate.GIVEN_UP], fates[Fate.SENT]) == (2, 1, 0)


async def test_many_that_count_at_once_lose_nothing(home: Home) -> None:
    async def both(unit: Unit) -> None:
        unit.pushes.count(Fate.SENT, 2)
        unit.pushes.count(Fate.HELD_BACK, 1)

    await asyncio.gather(*(home.do(both) for _ in range(20)))
    fates = (await home.do(lambda unit: unit.pushes.tally())).fates
    assert (fates[Fate.SENT], fates[Fate.HELD_BACK]) == (40, 20)
