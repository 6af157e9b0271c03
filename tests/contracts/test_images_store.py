"""The port `Images`, on its one adapter."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from server.core.account import Project
from server.core.image import Estimate, Image, Options, Rendition, Status
from server.core.ports import Unit
from server.core.stores import Lock, Wake
from tests.contracts.rows import Home, until_somebody_waits

TURN = 10.0
PAST = timedelta(seconds=5)
FULL = {
    "batch": uuid4(),
    "position": 3,
    "name": "é “fox” 🦊",
    "options": Options("21:9", "4K"),
    "estimate": Estimate(2.5, 7.25),
    "attempt": 2,
    "tries": 4,
    "misses": 1,
    "task_seen": True,
    "favorite": True,
    "width": 640,
    "height": 480,
    "sha256": "ab" * 32,
    "thumbhash": "3wcKNxpwd4dweHiHiHiHeIh3CAeIcH8I",
    "renditions": {"original": Rendition("w/i/o.png", "ab" * 32, "image/png", 640, 480, 99)},
    "metadata": {"nanobanana_task_id": "t1", "nested": {"deep": [1, None, "ü"]}},
}


async def overdue(home: Home, **fields: object) -> Image:
    now = await home.database.time()
    return await home.image(**{"wake_at": now - PAST, "deadline_at": now + timedelta(days=1), **fields})


# Reading and writing


async def test_what_is_added_is_read_back_whole(home: Home) -> None:
    plain = await home.image()
    full = await home.image(**FULL, inputs=(plain.id, uuid4()))
    assert await home.do(lambda unit: unit.images.load(plain.id)) == plain
    assert await home.do(lambda unit: unit.images.load(full.id)) == full
    assert await home.do(lambda unit: unit.images.load(uuid4())) is None


async def test_inputs_keep_their_order(home: Home) -> None:
    inputs = tuple(uuid4() for _ in range(14))
    image = await home.image(inputs=inputs)
    loaded = await home.do(lambda unit: unit.images.load(image.id))
    assert loaded is not None
    assert loaded.inputs == inputs


async def test_a_workspace_sees_its_own_and_its_trash(home: Home, other: Home) -> None:
    mine, theirs = await home.image(), await other.image()
    trashed = await home.image(trashed_at=mine.created_at)
    found = await home.do(
        lambda unit: unit.images.in_workspace(home.workspace, [mine.id, theirs.id, trashed.id, uuid4()])
    )
    assert {image.id for image in found} == {mine.id, trashed.id}
    assert await home.do(lambda unit: unit.images.in_workspace(home.workspace, [])) == []


async def test_what_is_held_for_change_is_changed_by_nobody_else(home: Home) -> None:
    """And what is only kept from being deleted is."""
    images = [await home.image() for _ in range(3)]
    ids = [image.id for image in images]

    async def hold(unit: Unit, lock: Lock) -> asyncio.Task[bool]:
        held = await unit.images.in_workspace(home.workspace, ids, lock)
        assert sorted(held, key=lambda image: image.id) == sorted(images, key=lambda image: image.id)
        return asyncio.create_task(home.do(lambda rival: rival.images.postpone(images[0], images[0])))

    async def keep(unit: Unit) -> None:
        assert await (await hold(unit, Lock.DELETE))

    async def change(unit: Unit) -> asyncio.Task[bool]:
        disturbing = await hold(unit, Lock.CHANGE)
        await until_somebody_waits(home)
        return disturbing

    await home.do(keep)
    assert await (await home.do(change))


# Changing


async def test_a_change_raises_the_version_and_writes_everything_visible(home: Home) -> None:
    before = await home.image()
    wanted = replace(before, **{name: value for name, value in FULL.items() if name not in ("batch", "position")})
    written = await home.do(lambda unit: unit.images.replace(before, wanted))
    assert written == replace(wanted, version=2)
    assert await home.do(lambda unit: unit.images.load(before.id)) == written


@pytest.mark.parametrize("moved", [{"version": 2}, {"wake_at": None}])
async def test_a_row_that_has_moved_on_is_not_changed(home: Home, moved: dict[str, object]) -> None:
    image = await home.image()
    stale = replace(image, **moved)
    assert await home.do(lambda unit: unit.images.replace(stale, replace(stale, name="Fox"))) is None
    assert not await home.do(lambda unit: unit.images.postpone(stale, replace(stale, tries=9)))
    assert await home.do(lambda unit: unit.images.load(image.id)) == image


async def test_of_rivals_at_once_one_changes_the_row(home: Home) -> None:
    image = await home.image()

    async def rename(name: str) -> Image | None:
        return await home.do(lambda unit: unit.images.replace(image, replace(image, name=name)))

    written = [one for one in await asyncio.gather(*(rename(f"no. {n}") for n in range(5))) if one is not None]
    assert [await home.do(lambda unit: unit.images.load(image.id))] == written


async def test_what_nobody_sees_is_written_without_a_new_version(home: Home) -> None:
    image = await home.image()
    later = replace(
        image,
        wake_at=image.wake_at + PAST,
        deadline_at=image.deadline_at + PAST,
        dispatched_at=image.created_at,
        tries=3,
        misses=2,
        task_seen=True,
    )
    assert await home.do(lambda unit: unit.images.postpone(image, replace(later, name="not this")))
    assert await home.do(lambda unit: unit.images.load(image.id)) == later


async def test_a_picture_goes_into_another_project(home: Home) -> None:
    image, another = await home.image(), uuid4()
    await home.do(lambda unit: unit.projects.add(Project(another, home.workspace, "Trip", 1, *[image.created_at] * 2)))
    moved = await home.do(lambda unit: unit.images.replace(image, replace(image, project=another)))
    assert moved == replace(image, project=another, version=2)
    assert await home.do(lambda unit: unit.images.page(another, 10, None)) == [moved]
    assert await home.do(lambda unit: unit.images.page(home.project, 10, None)) == []


# Listing


async def test_a_page_is_newest_first_without_the_trash_or_others(home: Home, other: Home) -> None:
    await other.image()
    now = await home.database.time()
    older = [await home.image(created_at=now - PAST, position=position) for position in (1, 0)]
    newer = await home.image(created_at=now)
    await home.image(created_at=now, trashed_at=now)
    page = await home.do(lambda unit: unit.images.page(home.project, 10, None))
    assert page == [newer, older[1], older[0]]
    mark = (older[1].created_at, older[1].position, older[1].id)
    assert await home.do(lambda unit: unit.images.page(home.project, 10, mark)) == [older[0]]
    assert await home.do(lambda unit: unit.images.page(home.project, 1, None)) == [newer]


async def test_of_the_same_moment_and_place_the_id_decides(home: Home) -> None:
    now = await home.database.time()
    images = sorted([await home.image(created_at=now) for _ in range(5)], key=lambda image: image.id)
    assert await home.do(lambda unit: unit.images.page(home.project, 10, None)) == images
    mark = (now, 0, images[1].id)
    assert await home.do(lambda unit: unit.images.page(home.project, 10, mark)) == images[2:]


async def test_a_projects_images_come_in_the_order_of_their_locks(home: Home) -> None:
    images = [await home.image() for _ in range(5)]
    await home.image(trashed_at=images[0].created_at)
    found = await home.do(lambda unit: unit.images.of_project(home.project))
    assert found == sorted(images, key=lambda image: image.id)


async def test_what_was_trashed_at_one_moment_is_found_by_it(home: Home) -> None:
    moment = (await home.image()).created_at
    together = [await home.image(trashed_at=moment) for _ in range(3)]
    await home.image(trashed_at=moment + timedelta(microseconds=1))
    found = await home.do(lambda unit: unit.images.trashed_with(home.project, moment))
    assert found == sorted(together, key=lambda image: image.id)


# Turns


async def test_a_due_image_is_claimed_by_one_of_many(home: Home) -> None:
    image = await overdue(home)
    claims = await asyncio.gather(*(home.do(lambda unit: unit.images.claim(image.id, None, TURN)) for _ in range(5)))
    [claimed] = [one for one in claims if one is not None]
    assert claimed == replace(image, wake_at=claimed.wake_at)
    assert claimed.wake_at > image.wake_at + PAST


async def test_what_is_not_due_is_claimed_with_its_very_turn_alone(home: Home) -> None:
    image = await home.image()
    for turn in (None, image.wake_at + timedelta(microseconds=1), image.deadline_at):
        assert await home.do(lambda unit, turn=turn: unit.images.claim(image.id, turn, TURN)) is None
    assert await home.do(lambda unit: unit.images.claim(image.id, image.wake_at, TURN)) is not None


async def test_a_finished_image_is_never_claimed_or_overdue(home: Home) -> None:
    now = await home.database.time()
    done = await home.image(
        status=Status.FAILED, wake_at=None, deadline_at=None, finished_at=now, error={"code": "expired"}
    )
    assert await home.do(lambda unit: unit.images.claim(done.id, None, TURN)) is None
    assert await home.do(lambda unit: unit.images.claim_overdue(0.0, TURN, 10)) == []


async def test_a_turn_is_renewed_by_its_holder_up_to_the_deadline(home: Home) -> None:
    now = await home.database.time()
    image = await overdue(home, deadline_at=now + timedelta(seconds=15))
    held = await home.do(lambda unit: unit.images.claim(image.id, None, TURN))
    assert held is not None
    assert await home.do(lambda unit: unit.images.renew([held], 60.0)) == {held.id: held.deadline_at}
    assert await home.do(lambda unit: unit.images.renew([held], 60.0)) == {}


async def test_what_is_due_is_claimed_oldest_first_and_bounded(home: Home) -> None:
    now = await home.database.time()
    late = [await overdue(home, wake_at=now - timedelta(seconds=seconds)) for seconds in (30, 20, 10)]
    await overdue(home, wake_at=now + PAST)
    first = await home.do(lambda unit: unit.images.claim_due(2, TURN))
    assert {image.id for image in first} == {late[0].id, late[1].id}
    assert all(image.wake_at > now for image in first)
    [second] = await home.do(lambda unit: unit.images.claim_due(2, TURN))
    assert second == await home.do(lambda unit: unit.images.load(late[2].id))


async def test_many_are_rescheduled_where_they_stand_as_they_did(home: Home) -> None:
    now = await home.database.time()
    one, moved = await overdue(home), await overdue(home)
    later = now + timedelta(seconds=77)
    after = [(image, replace(image, wake_at=later, tries=3, misses=1, task_seen=True)) for image in (one, moved)]
    await home.do(lambda unit: unit.images.claim(moved.id, None, TURN))
    assert await home.do(lambda unit: unit.images.reschedule(after)) == {one.id}
    assert await home.do(lambda unit: unit.images.load(one.id)) == after[0][1]


async def test_overdue_rows_are_moved_on_oldest_first_and_bounded(home: Home) -> None:
    now = await home.database.time()
    late = [await overdue(home, wake_at=now - timedelta(seconds=seconds)) for seconds in (30, 20, 10)]
    await overdue(home, wake_at=now + PAST)
    assert [image.id for image in await home.do(lambda unit: unit.images.overdue(15.0, 10))] == [
        late[0].id,
        late[1].id,
    ]
    first = await home.do(lambda unit: unit.images.claim_overdue(0.5, TURN, 2))
    assert {wake.id for wake in first} == {late[0].id, late[1].id}
    [second] = await home.do(lambda unit: unit.images.claim_overdue(0.5, TURN, 2))
    moved = await home.do(lambda unit: unit.images.load(late[2].id))
    assert moved is not None
    assert second == Wake("image", late[2].id, turn=moved.wake_at)


# Inputs


async def test_those_who_wait_for_a_picture_are_found(home: Home) -> None:
    source = await home.image()
    waiting = sorted([await home.image(inputs=(source.id,)) for _ in range(3)], key=lambda image: image.id)
    await home.image(inputs=(uuid4(),))
    gone_on = replace(waiting[0], status=Status.SUBMITTING, attempt=1)
    await home.do(lambda unit: unit.images.replace(waiting[0], gone_on))
    assert await home.do(lambda unit: unit.images.waiting_on(source.id)) == waiting[1:]


async def test_an_input_is_in_use_until_what_it_is_for_has_ended(home: Home) -> None:
    source = await home.image()
    assert not await home.do(lambda unit: unit.images.used_as_input(source.id))
    image = await home.image(inputs=(source.id,))
    assert await home.do(lambda unit: unit.images.used_as_input(source.id))
    ended = replace(
        image,
        status=Status.CANCELED,
        wake_at=None,
        deadline_at=None,
        finished_at=image.created_at,
    )
    await home.do(lambda unit: unit.images.replace(image, ended))
    assert not await home.do(lambda unit: unit.images.used_as_input(source.id))


async def test_a_unit_sees_its_own_writes_and_others_only_what_is_committed(home: Home) -> None:
    image = await home.image()

    async def rename_and_look(unit: Unit) -> tuple[str, str]:
        await unit.images.replace(image, replace(image, name="Fox"))
        inside = await unit.images.load(image.id)
        outside = await home.do(lambda another: another.images.load(image.id))
        assert inside is not None and outside is not None
        return inside.name, outside.name

    assert await home.do(rename_and_look) == ("Fox", "")
