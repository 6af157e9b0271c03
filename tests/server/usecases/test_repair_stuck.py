"""What the old system mended by hand: found, shown, and mended by the machine's own rules."""

from __future__ import annotations

from server.core.image import Kind, Status
from server.core.stores import Wake
from server.usecases.claim_turn import claim_turn
from server.usecases.repair_stuck import find_stuck, repair_stuck
from tests.server.usecases.studio import Studio


async def test_only_what_nobody_looked_at_for_a_minute_is_stuck(studio: Studio) -> None:
    images = [await studio.bring(Status.PROCESSING) for _ in range(3)]
    for image, late in zip(images, (30, 90, 300), strict=True):
        await studio.sql(
            "UPDATE image SET wake_at = now() - make_interval(secs => :late) WHERE id = :id RETURNING id",
            late=float(late),
            id=image.id,
        )
    found = await find_stuck(studio.database)
    assert [one.image.id for one in found] == [images[2].id, images[1].id]
    assert [one.ends for one in found] == [False, False]
    assert all(one.since == one.image.wake_at for one in found)


async def test_finding_changes_nothing(studio: Studio) -> None:
    image = await studio.bring(Status.PROCESSING)
    await studio.let_pass(100_000, image)
    before = await studio.load(image.id)
    studio.told.clear()
    assert len(await find_stuck(studio.database)) == 1
    assert await studio.load(image.id) == before
    assert (studio.told.events, studio.told.wakes) == ([], [])


async def test_what_is_past_its_deadline_is_ended_and_the_rest_woken(studio: Studio) -> None:
    ending, waiting = await studio.bring(Status.UNKNOWN), await studio.bring(Status.SAVING, Kind.UPLOAD)
    await studio.let_pass(100_000, ending)
    await studio.let_pass(600, waiting)
    studio.told.clear()
    stuck = await find_stuck(studio.database)
    assert await repair_stuck(studio.database, stuck, studio.rules) == 2
    ended = await studio.load(ending.id)
    assert ended.error == {"code": "may_have_been_charged", "detail": None, "charged": True}
    assert Wake("image", waiting.id) in studio.told.wakes
    assert await claim_turn(studio.database, waiting.id, None, studio.rules.policy) is not None
    assert await find_stuck(studio.database) == []


async def test_repairing_twice_is_harmless(studio: Studio) -> None:
    ending = await studio.bring(Status.PROCESSING)
    await studio.let_pass(100_000, ending)
    stuck = await find_stuck(studio.database)
    await repair_stuck(studio.database, stuck, studio.rules)
    once = await studio.load(ending.id)
    await repair_stuck(studio.database, stuck, studio.rules)
    assert await studio.load(ending.id) == once
    assert once.version == ending.version + 1


async def test_nothing_is_stuck_in_a_healthy_house(studio: Studio) -> None:
    for status in Status:
        await studio.bring(status)
    assert await find_stuck(studio.database) == []
