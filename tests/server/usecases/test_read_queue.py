"""What a workspace's people see of the queue, and when they are told to look again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import uuid4

import pytest

from server.core import facts as f
from server.core.image import Status
from server.usecases.change_image import cancel_image, edit_image, retry_image, trash_image
from server.usecases.dispatch_images import dispatch_images, release_image
from server.usecases.read_queue import Queue, read_queue, read_queues
from tests.server.usecases.studio import TASK, Studio, picture

NOTHING = {
    "paused": False,
    "provider": {"reason": None, "since": None, "until": None, "credits": None},
    "in_flight": 0,
    "waiting": 0,
    "places": {},
}


async def read(studio: Studio) -> Queue:
    return await read_queue(studio.database, studio.viewer)


async def test_an_empty_queue(studio: Studio) -> None:
    assert await read(studio) == NOTHING


async def test_places_count_everybody_and_go_round(studio: Studio, neighbour: Studio) -> None:
    mine, theirs = await studio.request(count=3), await neighbour.request(count=2)
    assert (await read(studio))["places"] == {str(mine[0].id): 1, str(mine[1].id): 3, str(mine[2].id): 5}
    assert (await read(neighbour))["places"] == {str(theirs[0].id): 2, str(theirs[1].id): 4}
    await dispatch_images(studio.database, 8, 2)
    assert await read(studio) == {
        **NOTHING,
        "in_flight": 1,
        "waiting": 2,
        "places": {str(mine[1].id): 1, str(mine[2].id): 3},
    }


async def test_many_queues_are_read_at_once_and_the_empty_ones_are_one(studio: Studio, neighbour: Studio) -> None:
    [image] = await studio.request()
    workspaces = [studio.viewer.workspace, neighbour.viewer.workspace, uuid4()]
    queues, nothing = await read_queues(studio.database, workspaces)
    assert queues == {studio.viewer.workspace: await read(studio)}
    assert queues[studio.viewer.workspace]["places"] == {str(image.id): 1}
    assert nothing == NOTHING == await read(neighbour)


async def test_the_providers_pause_is_everybodys(studio: Studio, neighbour: Studio) -> None:
    await studio.record(await studio.bring(Status.SUBMITTING), f.Refused(1, f.Halt.RATE_LIMITED, retry_after=60.0))
    await studio.sql("UPDATE provider_state SET credits = 12.5 RETURNING id")
    pause = await studio.database.transact(lambda unit: unit.provider.read())
    assert pause.until is not None and pause.since is not None
    times = {"since": pause.since.isoformat(), "until": pause.until.isoformat()}
    provider = {"reason": "rate_limited", **times, "credits": 12.5}
    assert (await read(studio))["provider"] == (await read(neighbour))["provider"] == provider


# When to look again


async def by_asking(studio: Studio) -> None:
    await studio.request()


async def by_reserving(studio: Studio) -> None:
    await dispatch_images(studio.database, 8, 64)


async def by_giving_back(studio: Studio) -> None:
    image = await studio.reserve(await studio.bring(Status.PENDING))
    studio.told.clear()
    await release_image(studio.database, image.id)


async def by_canceling(studio: Studio) -> None:
    [image] = [image for image in await studio.all_images() if image.status is Status.PENDING]
    await cancel_image(studio.database, studio.viewer, image.id, studio.rules)


async def by_throwing_away(studio: Studio) -> None:
    [image] = [image for image in await studio.all_images() if image.status is Status.PENDING]
    await trash_image(studio.database, studio.viewer, image.id, studio.rules)


async def by_trying_again(studio: Studio) -> None:
    image = await studio.bring(Status.FAILED)
    studio.told.clear()
    await retry_image(studio.database, studio.viewer, image.id, studio.rules)


async def by_leaving_the_provider(studio: Studio) -> None:
    accepted = await studio.bring(Status.PROCESSING)
    studio.told.clear()
    await studio.record(accepted, f.Generated(1, TASK, "https://files.example/r.png"))


async def by_a_refusal_without_a_connection(studio: Studio) -> None:
    """The second one of the same outage: the pause is known already."""
    image = await studio.reserve(await studio.bring(Status.PENDING))
    await studio.record(await studio.bring(Status.SUBMITTING), f.Refused(1, f.Halt.UNREACHABLE))
    studio.told.clear()
    await studio.record(image, f.Refused(0, f.Halt.UNREACHABLE))


async def by_an_input_that_is_there(studio: Studio) -> None:
    [upload] = await studio.upload()
    await studio.request(inputs=(upload.id,))
    await studio.record(upload, f.IngestStarted())
    studio.told.clear()
    await studio.record(upload, f.Stored(renditions=picture()))


STIRS: list[Callable[[Studio], Awaitable[None]]] = [
    by_asking,
    by_reserving,
    by_giving_back,
    by_canceling,
    by_throwing_away,
    by_trying_again,
    by_leaving_the_provider,
    by_a_refusal_without_a_connection,
    by_an_input_that_is_there,
]


@pytest.mark.parametrize("change", STIRS, ids=lambda change: change.__name__)
async def test_every_change_of_the_queue_stirs(studio: Studio, change: Callable[[Studio], Awaitable[None]]) -> None:
    await studio.request()
    studio.told.clear()
    await change(studio)
    assert studio.told.stirred >= 1


async def test_what_leaves_the_queue_as_it_is_stirs_nothing(studio: Studio) -> None:
    image, working = await studio.bring(Status.PENDING), await studio.bring(Status.PROCESSING)
    done = await studio.bring(Status.COMPLETED)
    await dispatch_images(studio.database, 8, 64)
    studio.told.clear()
    await edit_image(studio.database, studio.viewer, image.id, name="Fox")
    await cancel_image(studio.database, studio.viewer, working.id, studio.rules)
    await trash_image(studio.database, studio.viewer, done.id, studio.rules)
    await studio.record(working, f.Generating(1, TASK))
    await studio.upload()
    await dispatch_images(studio.database, 8, 64)
    await release_image(studio.database, working.id)
    await read(studio)
    assert studio.told.stirred == 0
