"""One request cancels a batch, a project, or all that is mine."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from server.core import facts as f
from server.core.account import Role
from server.core.errors import ErrorCode
from server.core.image import FINISHED, Kind, Scope, Status
from server.usecases import cancel_many as module
from server.usecases.cancel_many import cancel_many
from server.usecases.sign_in import add_account
from tests.server.usecases.refusals import refused
from tests.server.usecases.studio import Studio

ALL = Scope()


async def cancel(studio: Studio, scope: Scope = ALL) -> set[UUID]:
    answer = await cancel_many(studio.database, studio.viewer, scope, studio.rules)
    return {UUID(image["id"]) for image in answer["images"]}


async def test_each_is_canceled_by_the_rule_for_one(studio: Studio) -> None:
    brought = {status: await studio.bring(status) for status in Status}
    upload = await studio.bring(Status.PENDING, Kind.UPLOAD)
    unfinished = {status for status in Status if status not in FINISHED}
    assert await cancel(studio) == {brought[status].id for status in unfinished}
    for status, image in brought.items():
        after = await studio.load(image.id)
        if status is Status.PENDING:
            assert after.status is Status.CANCELED
        elif status in unfinished:
            assert (after.status, after.cancel_requested_at is not None) == (status, True)
        else:
            assert after == image
    assert await studio.load(upload.id) == upload
    assert await cancel(studio) == set(), "twice is harmless"


async def test_a_batch_or_a_project_is_chosen(studio: Studio) -> None:
    batch, elsewhere = uuid4(), await studio.another_project()
    mine = await studio.request(count=2, batch=batch)
    there = await studio.request(count=2, project=elsewhere)
    both = await studio.request(project=elsewhere, batch=batch)
    await studio.request()
    assert await cancel(studio, Scope(batch, elsewhere)) == {both[0].id}
    assert await cancel(studio, Scope(batch)) == {image.id for image in mine}
    assert await cancel(studio, Scope(project=elsewhere)) == {image.id for image in there}
    assert await cancel(studio, Scope(uuid4())) == set()
    assert len(await cancel(studio)) == 1


async def test_only_ones_own_are_canceled(studio: Studio, neighbour: Studio) -> None:
    """What a colleague of the same workspace asked for, and the neighbour's, go on."""
    batch = uuid4()
    [mine] = await studio.request(batch=batch)
    colleague = replace(studio, viewer=replace(studio.viewer, account=await add_account(studio.database, "c@d.org")))
    [theirs], [foreign] = await colleague.request(batch=batch), await neighbour.request(batch=batch)
    assert await cancel(studio, Scope(batch)) == {mine.id}
    assert [(await studio.load(image.id)).status for image in (theirs, foreign)] == [Status.PENDING] * 2


async def test_a_project_that_is_not_there_is_not_found(studio: Studio, neighbour: Studio) -> None:
    await studio.request()
    for project in (neighbour.project, uuid4()):
        await refused(
            cancel_many(studio.database, studio.viewer, Scope(project=project), studio.rules), ErrorCode.NOT_FOUND
        )


async def test_what_is_made_from_others_is_canceled_too_and_does_not_fail(studio: Studio) -> None:
    [first] = await studio.request()
    [second] = await studio.request(inputs=(first.id,))
    [third] = await studio.request(inputs=(second.id, first.id))
    assert await cancel(studio) == {first.id, second.id, third.id}
    assert {(await studio.load(image.id)).status for image in (first, second, third)} == {Status.CANCELED}


async def test_it_is_told_once_each_and_the_queue_is_stirred(studio: Studio) -> None:
    await studio.request(count=5)
    studio.told.clear()
    await cancel(studio)
    assert len(studio.told.events) == 5
    assert studio.told.stirred == 1


async def test_so_many_at_a_time_and_what_waits_first(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 3)
    waiting = await studio.request(count=2)
    working = [await studio.bring(Status.PROCESSING) for _ in range(2)]
    await studio.sql("UPDATE image SET dispatched_at = NULL WHERE status = 'pending' RETURNING id")
    first = await cancel(studio)
    assert first == {*(image.id for image in waiting), working[1].id}
    assert await cancel(studio) == {working[0].id}


async def test_rivals_at_once_cancel_each_once(studio: Studio) -> None:
    await studio.request(count=8)
    studio.told.clear()
    answers = await asyncio.gather(*(cancel(studio) for _ in range(4)))
    assert len(set().union(*answers)) == 8
    assert len(studio.told.events) == 8


async def test_what_ends_at_this_moment_is_not_called_canceled(studio: Studio) -> None:
    image = await studio.bring(Status.PROCESSING)
    loaded = await studio.load(image.id)
    await studio.record(image, f.GenerationFailed(1, "t"))

    async def stale(*_: object) -> list[object]:
        return [loaded]

    class Stale:
        """A database whose list of unfinished pictures is a moment old."""

        async def transact(self, work):  # type: ignore[no-untyped-def]
            async def late(unit):  # type: ignore[no-untyped-def]
                unit.images.unfinished = stale
                return await work(unit)

            return await studio.database.transact(late)

    answer = await cancel_many(Stale(), studio.viewer, ALL, studio.rules)  # type: ignore[arg-type]
    assert answer == {"images": []}


async def test_viewers_may_not(studio: Studio) -> None:
    looking = replace(studio.viewer, role=Role.VIEWER)
    await refused(cancel_many(studio.database, looking, ALL, studio.rules), ErrorCode.READ_ONLY)
