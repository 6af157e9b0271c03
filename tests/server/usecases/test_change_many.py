"""Many pictures by one request: what changes, what is skipped, and what a worker learns at the same moment."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from server.core import facts as f
from server.core.account import Role
from server.core.errors import ErrorCode
from server.core.image import Action, Image, Status
from server.usecases.change_many import change_many
from server.usecases.change_project import delete_project
from tests.server.usecases.refusals import refused
from tests.server.usecases.studio import Studio, picture


async def change(
    studio: Studio, ids: Sequence[UUID], action: Action, project: UUID | None = None
) -> list[dict[str, Any]]:
    answer = await change_many(studio.database, studio.viewer, ids, action, project, studio.rules)
    return list(answer["images"])


async def test_the_answer_holds_what_changed_in_the_order_that_was_asked(studio: Studio) -> None:
    images = [await studio.bring(Status.COMPLETED) for _ in range(4)]
    ids = [images[place].id for place in (2, 0, 3, 1)]
    await change(studio, [ids[1]], Action.FAVOR)
    told = await change(studio, [*ids, ids[0], uuid4()], Action.FAVOR)
    assert [image["id"] for image in told] == [str(id) for id in (ids[0], ids[2], ids[3])]
    assert all(image["favorite"] for image in told)
    assert await change(studio, ids, Action.FAVOR) == []


@pytest.mark.parametrize("action", Action)
async def test_nobody_elses_pictures_are_touched(studio: Studio, neighbour: Studio, action: Action) -> None:
    theirs = await neighbour.bring(Status.COMPLETED)
    project = studio.project if action is Action.MOVE else None
    assert await change(studio, [theirs.id], action, project) == []
    assert await studio.load(theirs.id) == theirs
    studio.viewer = replace(studio.viewer, role=Role.VIEWER)
    await refused(change(studio, [theirs.id], action, project), ErrorCode.READ_ONLY)


@pytest.mark.parametrize("status", Status)
async def test_what_is_trashed_and_restored_follows_the_rules_of_one(studio: Studio, status: Status) -> None:
    image = await studio.bring(status)
    [trashed] = await change(studio, [image.id], Action.TRASH)
    assert trashed["trashed_at"] is not None
    unfinished = not (await studio.load(image.id)).finished
    assert trashed["cancel_requested"] is unfinished
    assert len(await change(studio, [image.id], Action.RESTORE)) == (0 if unfinished else 1)


async def test_what_is_made_from_others_is_canceled_and_does_not_fail(studio: Studio) -> None:
    first = await studio.bring(Status.PENDING)
    [second] = await studio.request(inputs=(first.id,))
    for ids in ([first.id, second.id],):
        assert {image["status"] for image in await change(studio, ids, Action.TRASH)} == {"canceled"}


async def test_pictures_are_moved_only_to_where_they_can_be_seen(studio: Studio, neighbour: Studio) -> None:
    image, another = await studio.bring(Status.COMPLETED), await studio.another_project()
    for foreign in (neighbour.project, uuid4()):
        await refused(change(studio, [image.id], Action.MOVE, foreign), ErrorCode.NOT_FOUND)
    [moved] = await change(studio, [image.id], Action.MOVE, another)
    assert (moved["project"], moved["created_at"]) == (str(another), image.created_at.isoformat())
    assert moved["moved_at"] is not None
    assert await change(studio, [image.id], Action.MOVE, another) == []
    await delete_project(studio.database, studio.viewer, studio.project, studio.rules)
    await refused(change(studio, [image.id], Action.MOVE, studio.project), ErrorCode.NOT_FOUND)
    assert (await studio.load(image.id)).trashed_at is None


async def test_whoever_moves_and_whoever_deletes_the_project_agree(studio: Studio) -> None:
    """It is saved in the other project, or it lies in the trash of its own."""
    for turn in range(8):
        project, another = await studio.another_project(), await studio.another_project()
        [image] = [await studio.bring(Status.COMPLETED)]
        await change(studio, [image.id], Action.MOVE, project)
        both = [
            change(studio, [image.id], Action.MOVE, another),
            delete_project(studio.database, studio.viewer, project, studio.rules),
        ]
        await asyncio.gather(*both[:: (-1) ** turn])
        after = await studio.load(image.id)
        assert (after.project, after.trashed_at is None) in ((another, True), (project, False))


@pytest.mark.parametrize("action", [Action.TRASH, Action.FAVOR, Action.MOVE])
async def test_what_a_worker_learns_meanwhile_is_not_lost(studio: Studio, action: Action) -> None:
    another = await studio.another_project() if action is Action.MOVE else None
    for _ in range(4):
        images = [await studio.bring(Status.SAVING) for _ in range(4)]
        ids = [image.id for image in images]

        async def arrive(image: Image) -> None:
            await studio.record(image, f.Stored(1, picture()))

        told, *_ = await asyncio.gather(change(studio, ids, action, another), *(arrive(image) for image in images))
        assert len(told) == 4
        for id in ids:
            after = await studio.load(id)
            assert after.renditions and after.finished
            assert after.status is Status.COMPLETED or action is Action.TRASH
            done = {Action.TRASH: after.trashed_at is not None, Action.FAVOR: after.favorite}
            assert done.get(action, after.project == another)


async def test_two_who_change_the_same_many_in_another_order_do_not_wait_for_ever(studio: Studio) -> None:
    ids = [(await studio.bring(Status.FAILED)).id for _ in range(12)]
    await asyncio.gather(*(change(studio, ids[:: (-1) ** turn], Action.FAVOR) for turn in range(6)))
    assert [(await studio.load(id)).version for id in ids] == [(await studio.load(ids[0])).version] * 12
