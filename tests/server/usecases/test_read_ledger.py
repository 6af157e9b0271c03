"""What was charged, page by page."""

from __future__ import annotations

from server.core import facts as f
from server.core.image import Status
from server.usecases.read_ledger import read_ledger
from server.usecases.settle_attempt import settle_attempt
from tests.server.usecases.studio import RESULT, TASK, Studio


async def test_pages_follow_each_other_to_the_end(studio: Studio, neighbour: Studio) -> None:
    images = [await studio.bring(Status.PROCESSING) for _ in range(5)]
    await neighbour.bring(Status.PROCESSING)
    await studio.bring(Status.PENDING)
    seen, before = [], None
    for size in (2, 2, 1):
        page = await read_ledger(studio.database, studio.viewer, 2, before)
        assert len(page.items) == size
        seen += page.items
        before = page.following
    assert before is None
    assert [entry.image for entry in seen] == [image.id for image in reversed(images)]
    assert {(entry.number, entry.model, entry.resolution, entry.amount_usd) for entry in seen} == {
        (1, "nano-banana-2", "1K", 0.04)
    }


async def test_a_new_charge_moves_no_page(studio: Studio) -> None:
    for _ in range(3):
        await studio.bring(Status.PROCESSING)
    first = await read_ledger(studio.database, studio.viewer, 2)
    await studio.bring(Status.PROCESSING)
    rest = await read_ledger(studio.database, studio.viewer, 2, first.following)
    assert len({entry.id for entry in first.items + rest.items}) == 3
    assert rest.following is None


async def test_a_page_that_ends_with_the_last_entry_has_none_after_it(studio: Studio) -> None:
    for _ in range(2):
        await studio.bring(Status.PROCESSING)
    assert (await read_ledger(studio.database, studio.viewer, 2)).following is None
    assert (await read_ledger(studio.database, studio.viewer, 1)).following is not None


async def test_the_entry_of_a_late_picture_leads_to_it(studio: Studio) -> None:
    image = await studio.bring(Status.PROCESSING)
    await studio.expire(image)
    await studio.record(image, f.DeadlinePassed(1))
    late = await settle_attempt(
        studio.database, await studio.attempt(image), f.Generated(1, TASK, RESULT), studio.rules.policy
    )
    assert late is not None
    [entry] = (await read_ledger(studio.database, studio.viewer, 10)).items
    assert entry.image == late.id
