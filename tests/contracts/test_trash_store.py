"""The port `Trash`, on its one adapter."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from server.core.image import Image, Rendition, Status
from server.core.ports import Unit
from server.core.stores import Lock
from tests.contracts.rows import Home, until_somebody_waits

WINDOW = 3_600.0
DAY = 86_400.0


async def trashed(home: Home, **fields: object) -> Image:
    """A failed generation in the trash."""
    now = await home.database.time()
    ended = {"status": Status.FAILED, "error": {"code": "expired"}, "finished_at": now}
    return await home.image(**{"wake_at": None, "deadline_at": None, "trashed_at": now, **ended, **fields})


async def remove(home: Home, *images: Image) -> list[Image]:
    ids = [image.id for image in images]
    return await home.do(lambda unit: unit.trash.remove(home.workspace, ids, WINDOW))


async def is_there(home: Home, image: Image) -> bool:
    return await home.do(lambda unit: unit.images.load(image.id)) is not None


# Looking


async def test_a_page_is_the_last_trashed_first_of_every_project_and_nobody_elses(home: Home, other: Home) -> None:
    now = await home.database.time()
    await home.image()
    await trashed(other)
    old = await trashed(home, trashed_at=now - timedelta(days=2), created_at=now)
    new = await trashed(home, trashed_at=now, created_at=now - timedelta(days=9))
    assert await home.do(lambda unit: unit.trash.page(home.workspace, 10, None)) == [new, old]
    mark = (now, new.position, new.id)
    assert await home.do(lambda unit: unit.trash.page(home.workspace, 10, mark)) == [old]
    assert await home.do(lambda unit: unit.trash.page(home.workspace, 1, None)) == [new]


async def test_of_one_moment_position_and_id_decide_and_pages_hold_each_once(home: Home) -> None:
    now = await home.database.time()
    images = [await trashed(home, trashed_at=now, position=position) for position in (1, 0, 1, 0, 2)]
    expected = sorted(images, key=lambda image: (image.position, image.id))
    for start in range(len(expected)):
        mark = (now, expected[start].position, expected[start].id)
        page = await home.do(lambda unit, mark=mark: unit.trash.page(home.workspace, 2, mark))
        assert page == expected[start + 1 : start + 3]
    assert await home.do(lambda unit: unit.trash.page(home.workspace, 5, None)) == expected


# Removing


async def test_what_is_removed_is_gone_and_what_was_made_from_it_remembers_it(home: Home) -> None:
    image = await trashed(home, inputs=(uuid4(),))
    made = await trashed(home, inputs=(image.id,), trashed_at=None)
    assert await remove(home, image) == [image]
    assert not await is_there(home, image)
    kept = await home.do(lambda unit: unit.images.load(made.id))
    assert kept is not None and kept.inputs == (image.id,)
    assert await remove(home, image) == []


async def test_attempts_and_ledger_entries_outlive_it(home: Home) -> None:
    image = await trashed(home)
    attempt = await home.attempt(image)
    await home.do(lambda unit: unit.ledger.charge(attempt, 0.04))
    await home.do(lambda unit: unit.attempts.note(attempt.id, settled_at=image.created_at))
    assert await remove(home, image) == [image]
    [entry] = await home.do(lambda unit: unit.ledger.page(home.workspace, 10, None))
    assert entry.image == image.id
    assert await home.do(lambda unit: unit.attempts.of(image.id, 1)) is not None


async def test_what_is_elsewhere_unfinished_or_in_use_stays(home: Home, other: Home) -> None:
    now = await home.database.time()
    shown = await trashed(home, trashed_at=None)
    unfinished = await home.image(trashed_at=now)
    used = await trashed(home)
    await home.image(inputs=(used.id,))
    theirs = await trashed(other)
    images = (shown, unfinished, used, theirs)
    assert await remove(home, *images) == []
    assert await home.do(lambda unit: unit.trash.remove_old(-DAY, 10, WINDOW)) == [theirs]
    assert [await is_there(home, image) for image in images] == [True, True, True, False]


@pytest.mark.parametrize("asked_at", [0.0, 2 * WINDOW])
async def test_what_the_provider_is_still_asked_about_stays(home: Home, asked_at: float) -> None:
    """Its attempt is young, or a look at it is planned."""
    image = await trashed(home)
    attempt = await home.attempt(image)
    await home.sql(
        "UPDATE attempt SET created_at = now() - make_interval(secs => :age), "
        "wake_at = CASE WHEN :age > 0 THEN now() END RETURNING id",
        age=asked_at,
    )
    assert await remove(home, image) == []
    await home.do(lambda unit: unit.attempts.note(attempt.id, wake_at=None))
    await home.sql("UPDATE attempt SET created_at = now() - interval '1 day' RETURNING id")
    assert await remove(home, image) == [image]


async def test_the_old_go_first_and_bounded_whoever_they_belong_to(home: Home, other: Home) -> None:
    now = await home.database.time()
    old = [await trashed(whose, trashed_at=now - timedelta(days=days)) for whose, days in ((home, 3), (other, 9))]
    young = await trashed(home, trashed_at=now - timedelta(hours=20))
    assert await home.do(lambda unit: unit.trash.remove_old(DAY, 1, WINDOW)) == [old[1]]
    assert await home.do(lambda unit: unit.trash.remove_old(DAY, 10, WINDOW)) == [old[0]]
    assert await home.do(lambda unit: unit.trash.remove_old(DAY, 10, WINDOW)) == []
    assert await is_there(home, young)


async def test_whoever_takes_it_out_first_keeps_it(home: Home) -> None:
    """The remover waits for the row, and then looks again."""
    image = await trashed(home)
    restored, go_on = asyncio.Event(), asyncio.Event()

    async def restore(unit: Unit) -> None:
        assert await unit.images.replace(image, replace(image, trashed_at=None)) is not None
        restored.set()
        await go_on.wait()

    restoring = asyncio.create_task(home.do(restore))
    await restored.wait()
    assert await home.do(lambda unit: unit.trash.remove_old(-DAY, 10, WINDOW)) == []
    removing = asyncio.create_task(remove(home, image))
    await until_somebody_waits(home)
    go_on.set()
    await restoring
    assert await removing == []


async def test_who_makes_something_from_it_and_who_removes_it_do_not_meet(home: Home) -> None:
    """The use is committed while the remover waits for the row, so only a second look can see it."""
    image = await trashed(home)
    waiting = await home.image()
    held, go_on = asyncio.Event(), asyncio.Event()

    async def use(unit: Unit) -> None:
        assert await unit.images.in_workspace(home.workspace, [image.id], Lock.DELETE) == [image]
        held.set()
        await go_on.wait()
        await unit.images.add([replace(waiting, id=uuid4(), inputs=(image.id,))])

    using = asyncio.create_task(home.do(use))
    await held.wait()
    removing = asyncio.create_task(remove(home, image))
    await until_somebody_waits(home)
    go_on.set()
    await using
    assert await removing == []


# Projects and files


async def test_old_projects_go_once_they_are_empty(home: Home) -> None:
    image = await trashed(home)
    await home.sql("UPDATE project SET trashed_at = now() - interval '2 days' RETURNING id")
    assert await home.do(lambda unit: unit.trash.remove_projects(DAY, 10)) == 0
    await remove(home, image)
    assert await home.do(lambda unit: unit.trash.remove_projects(3 * DAY, 10)) == 0
    assert await home.do(lambda unit: unit.trash.remove_projects(DAY, 10)) == 1
    assert await home.do(lambda unit: unit.projects.hold(home.workspace, home.project)) is None


async def test_files_that_the_same_picture_names_elsewhere_are_known(home: Home, other: Home) -> None:
    files = {"original": Rendition("w/i/o.png", "ab" * 32, "image/png", 1, 1, 9)}
    stored = {"sha256": "ab" * 32, "renditions": files}
    gone = await trashed(home, **stored)
    assert await home.do(lambda unit: unit.trash.still_named([gone])) == {"w/i/o.png"}
    await remove(home, gone)
    await trashed(other, **stored)
    assert await home.do(lambda unit: unit.trash.still_named([gone])) == set()
    await trashed(home, **stored)
    assert await home.do(lambda unit: unit.trash.still_named([gone])) == {"w/i/o.png"}
