"""A workspace's people stop their own queue: nothing more is submitted, nothing is lost, nobody else notices."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.core import facts as f
from server.core.account import Role
from server.core.errors import ErrorCode
from server.core.image import Kind, Status
from server.core.stores import Wake
from server.usecases.claim_turn import end_overdue
from server.usecases.dispatch_images import dispatch_images
from server.usecases.intend_submit import Abandoned, commit_intent, prepare_intent
from server.usecases.pause_workspace import pause_workspace
from server.usecases.read_queue import Queue
from tests.server.usecases.refusals import refused
from tests.server.usecases.studio import TASK, Studio


async def pause(studio: Studio, paused: bool = True) -> Queue:
    return await pause_workspace(studio.database, studio.viewer, paused)


async def dispatched(studio: Studio) -> list[object]:
    return [wake.id for wake in await dispatch_images(studio.database, 8, 64)]


async def test_nothing_of_a_paused_workspace_is_reserved_until_it_is_resumed(studio: Studio, neighbour: Studio) -> None:
    [mine], [theirs] = await studio.request(), await neighbour.request()
    queue = await pause(studio)
    assert (queue["paused"], queue["waiting"], queue["in_flight"]) == (True, 1, 0)
    assert await dispatched(studio) == [theirs.id]
    studio.told.clear()
    assert (await pause(studio, False))["paused"] is False
    assert studio.told.wakes == [Wake("dispatch")]
    assert studio.told.stirred == 1
    assert await dispatched(studio) == [mine.id]


async def test_pausing_twice_changes_and_tells_nothing(studio: Studio) -> None:
    first = await pause(studio)
    studio.told.clear()
    assert await pause(studio) == first
    assert (studio.told.wakes, studio.told.stirred) == ([], 0)


async def test_what_is_at_the_provider_goes_on(studio: Studio) -> None:
    image = await studio.bring(Status.SUBMITTING)
    await pause(studio)
    after = await studio.record(image, f.Accepted(1, TASK))
    assert after.status is Status.PROCESSING


async def test_what_was_reserved_is_not_submitted_any_more(studio: Studio) -> None:
    """A worker has it in its hands, and is about to commit the intent."""
    image = await studio.reserve(await studio.bring(Status.PENDING))
    intent = await prepare_intent(studio.database, image)
    await pause(studio)
    with pytest.raises(Abandoned):
        await commit_intent(studio.database, intent, studio.rules)
    assert (await studio.load(image.id)).attempt == 0
    await pause(studio, False)
    assert await dispatched(studio) == [image.id]


async def test_a_reservation_that_is_taken_back_at_the_very_moment_is_not_submitted(studio: Studio) -> None:
    """The worker has read the row as reserved; the pause commits before it writes."""
    image = await studio.reserve(await studio.bring(Status.PENDING))
    intent = await prepare_intent(studio.database, image)

    class Late:
        """A database in whose unit the first reading of the image is followed by the pause."""

        async def transact(self, work):  # type: ignore[no-untyped-def]
            async def overtaken(unit):  # type: ignore[no-untyped-def]
                load = unit.images.load

                async def load_then_pause(id):  # type: ignore[no-untyped-def]
                    found = await load(id)
                    unit.images.load = load
                    await pause(studio)
                    return found

                unit.images.load = load_then_pause
                return await work(unit)

            return await studio.database.transact(overtaken)

    with pytest.raises(Abandoned):
        await commit_intent(Late(), intent, studio.rules)  # type: ignore[arg-type]
    after = await studio.load(image.id)
    assert (after.status, after.dispatched_at, after.attempt) == (Status.PENDING, None, 0)


async def test_pending_pictures_do_not_expire_meanwhile(studio: Studio, neighbour: Studio) -> None:
    [mine], [theirs] = await studio.request(), await neighbour.request()
    await pause(studio)
    for image in (mine, theirs):
        await studio.expire(image)
        await end_overdue(studio.database, image.id, studio.rules)
    kept, ended = await studio.load(mine.id), await studio.load(theirs.id)
    assert (kept.status, ended.status) == (Status.PENDING, Status.FAILED)
    assert kept.deadline_at > await studio.database.time()
    await pause(studio, False)
    await studio.expire(kept)
    assert (await end_overdue(studio.database, mine.id, studio.rules)).status is Status.FAILED


async def test_a_pause_is_no_reprieve_for_what_is_not_pending(studio: Studio) -> None:
    image = await studio.expire(await studio.bring(Status.PROCESSING))
    upload = await studio.expire(await studio.bring(Status.SAVING, Kind.UPLOAD))
    await pause(studio)
    for late in (image, upload):
        assert (await end_overdue(studio.database, late.id, studio.rules)).status is Status.FAILED


async def test_editors_may_and_viewers_may_not(studio: Studio) -> None:
    await pause_workspace(studio.database, replace(studio.viewer, role=Role.EDITOR), True)
    looking = replace(studio.viewer, role=Role.VIEWER)
    await refused(pause_workspace(studio.database, looking, False), ErrorCode.READ_ONLY)
    assert (await pause(studio))["paused"] is True
