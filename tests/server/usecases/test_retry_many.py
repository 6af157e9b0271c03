"""One request tries again what failed; what may have been charged only if that is said."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from server.core import facts as f
from server.core.account import Role
from server.core.errors import ErrorCode
from server.core.image import Image, Kind, Scope, Status
from server.core.stores import Wake
from server.usecases import retry_many as module
from server.usecases.answer_once import OnceKey
from server.usecases.change_image import trash_image
from server.usecases.change_project import delete_project
from server.usecases.retry_many import retry_many
from server.usecases.set_daily_cap import set_daily_cap
from server.usecases.sign_in import add_account
from tests.server.usecases.refusals import refused
from tests.server.usecases.studio import Studio

ALL = Scope()


async def retry(
    studio: Studio, scope: Scope = ALL, include_charged: bool = False, once: OnceKey | None = None
) -> set[UUID]:
    answer = await retry_many(studio.database, studio.viewer, scope, include_charged, studio.rules, once)
    assert all(image["status"] == "pending" for image in answer["images"])
    return {UUID(image["id"]) for image in answer["images"]}


async def failed(studio: Studio, charged: bool = False, **wish: object) -> Image:
    """Refused by the provider, or lost after it was taken."""
    [image] = await studio.request(**wish)
    if charged:
        accepted = await studio.accept(image, uuid4().hex)
        await studio.expire(accepted)
        return await studio.record(accepted, f.DeadlinePassed(1))
    await studio.submit(image)
    return await studio.record(image, f.Rejected(1))


async def test_what_failed_for_nothing_is_tried_again(studio: Studio) -> None:
    free, charged = await failed(studio), await failed(studio, charged=True)
    others = [await studio.bring(status) for status in Status if status is not Status.FAILED]
    upload = await studio.bring(Status.FAILED, Kind.UPLOAD)
    untouched = [await studio.load(image.id) for image in (charged, upload, *others)]
    studio.told.clear()
    assert await retry(studio) == {free.id}
    assert Wake("dispatch") in studio.told.wakes
    assert studio.told.stirred == 1
    assert [await studio.load(image.id) for image in untouched] == untouched
    assert await retry(studio) == set(), "twice is harmless"
    assert await retry(studio, include_charged=True) == {charged.id}


async def test_a_batch_or_a_project_is_chosen(studio: Studio) -> None:
    batch, elsewhere = uuid4(), await studio.another_project()
    mine = await failed(studio, batch=batch)
    there = await failed(studio, project=elsewhere)
    both = await failed(studio, project=elsewhere, batch=batch)
    plain = await failed(studio)
    assert await retry(studio, Scope(batch, elsewhere)) == {both.id}
    assert await retry(studio, Scope(batch)) == {mine.id}
    assert await retry(studio, Scope(project=elsewhere)) == {there.id}
    assert await retry(studio) == {plain.id}


async def test_a_colleagues_are_tried_again_and_the_neighbours_are_not(studio: Studio, neighbour: Studio) -> None:
    colleague = replace(studio, viewer=replace(studio.viewer, account=await add_account(studio.database, "c@d.org")))
    theirs, foreign = await failed(colleague), await failed(neighbour)
    assert await retry(studio) == {theirs.id}
    assert await studio.load(foreign.id) == foreign


async def test_what_was_thrown_away_stays_there(studio: Studio) -> None:
    image, elsewhere = await failed(studio), await studio.another_project()
    await failed(studio, project=elsewhere)
    await trash_image(studio.database, studio.viewer, image.id, studio.rules)
    await delete_project(studio.database, studio.viewer, elsewhere, studio.rules)
    assert await retry(studio) == set()
    await refused(
        retry_many(studio.database, studio.viewer, Scope(project=elsewhere), False, studio.rules), ErrorCode.NOT_FOUND
    )


async def test_a_project_that_is_not_there_is_not_found(studio: Studio, neighbour: Studio) -> None:
    for project in (neighbour.project, uuid4()):
        await refused(
            retry_many(studio.database, studio.viewer, Scope(project=project), False, studio.rules),
            ErrorCode.NOT_FOUND,
        )


async def test_pictures_made_from_pictures_wait_for_them_again(studio: Studio) -> None:
    [first] = await studio.request()
    [second] = await studio.request(inputs=(first.id,))
    await studio.submit(first)
    await studio.record(first, f.Rejected(1))
    assert (await studio.load(second.id)).status is Status.FAILED
    assert await retry(studio) == {first.id, second.id}


async def test_a_key_carries_it_out_once(studio: Studio) -> None:
    image, once = await failed(studio), OnceKey("again", b"hash")
    first = await retry(studio, once=once)
    await studio.submit(await studio.load(image.id))
    await studio.record(image, f.Rejected(2))
    assert await retry(studio, once=once) == first == {image.id}
    assert (await studio.load(image.id)).status is Status.FAILED
    await refused(
        retry_many(studio.database, studio.viewer, ALL, True, studio.rules, OnceKey("again", b"other")),
        ErrorCode.KEY_REUSED,
    )


async def test_more_than_the_cap_allows_is_refused_whole(studio: Studio) -> None:
    images = [await failed(studio) for _ in range(3)]
    price = studio.rules.prices.of("nano-banana-2", "1K")
    await set_daily_cap(studio.database, studio.viewer, 2 * price)
    refusal = await refused(
        retry_many(studio.database, studio.viewer, ALL, False, studio.rules), ErrorCode.DAILY_CAP_REACHED
    )
    assert refusal.extra["cost_usd"] == pytest.approx(3 * price)
    assert [await studio.load(image.id) for image in images] == images
    await set_daily_cap(studio.database, studio.viewer, 3 * price)
    assert len(await retry(studio)) == 3


async def test_so_many_at_a_time(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    images = [await failed(studio) for _ in range(3)]
    assert await retry(studio) == {image.id for image in images[1:]}
    assert await retry(studio) == {images[0].id}


async def test_rivals_at_once_retry_each_once(studio: Studio) -> None:
    images = [await failed(studio) for _ in range(4)]
    studio.told.clear()
    await asyncio.gather(*(retry(studio) for _ in range(4)))
    assert len(studio.told.events) == 4
    assert {(await studio.load(image.id)).status for image in images} == {Status.PENDING}


async def test_viewers_may_not(studio: Studio) -> None:
    looking = replace(studio.viewer, role=Role.VIEWER)
    await refused(retry_many(studio.database, looking, ALL, False, studio.rules), ErrorCode.READ_ONLY)
