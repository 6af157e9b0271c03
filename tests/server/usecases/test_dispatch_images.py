"""Which picture goes next: fair between workspaces, within the limits, never before its inputs."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import uuid4

import pytest

from server.core import facts as f
from server.core.image import Image, Kind, Status
from server.core.stores import Wake
from server.usecases.change_image import cancel_image, retry_image
from server.usecases.dispatch_images import dispatch_images, release_image
from server.usecases.intend_submit import InputGone, commit_intent, prepare_intent
from tests.server.usecases.studio import RESULT, TASK, Studio, picture


async def dispatch(studio: Studio, per_workspace: int = 8, total: int = 64) -> list[Wake]:
    return await dispatch_images(studio.database, per_workspace, total)


def ids(wakes: list[Wake]) -> list[object]:
    return [wake.id for wake in wakes]


async def many(studio: Studio, number: int) -> list[Image]:
    """So many pending pictures, oldest first."""
    images: list[Image] = []
    while len(images) < number:
        images += await studio.request(count=min(8, number - len(images)))
    return images


# Fairness


async def test_two_hundred_of_one_workspace_do_not_delay_the_one_of_a_colleague(
    studio: Studio, neighbour: Studio
) -> None:
    await many(studio, 200)
    [theirs] = await neighbour.request()
    wakes = await dispatch(studio, total=4)
    assert theirs.id in ids(wakes)
    assert len(wakes) == 4


async def test_places_are_shared_out_between_those_who_have_fewest_at_work(studio: Studio, neighbour: Studio) -> None:
    await many(studio, 20)
    await dispatch(studio, total=6)
    late = await many(neighbour, 20)
    wakes = await dispatch(studio, total=12)
    assert set(ids(wakes)) == {image.id for image in late[:6]}


async def test_within_a_workspace_the_oldest_go_first(studio: Studio) -> None:
    images = await many(studio, 12)
    assert set(ids(await dispatch(studio, per_workspace=5))) == {image.id for image in images[:5]}


# Limits


async def test_no_workspace_has_more_at_work_than_its_limit(studio: Studio, neighbour: Studio) -> None:
    mine, theirs = await many(studio, 12), await many(neighbour, 2)
    wakes = await dispatch(studio)
    assert set(ids(wakes)) == {image.id for image in mine[:8] + theirs}
    assert await dispatch(studio) == []


async def test_no_more_are_at_work_than_the_limit_of_all(studio: Studio, neighbour: Studio) -> None:
    await many(studio, 8)
    await many(neighbour, 8)
    assert len(await dispatch(studio, total=10)) == 10
    assert await dispatch(studio, total=10) == []
    assert await dispatch(studio, total=5) == []


async def test_five_dispatchers_at_once_keep_the_limit(studio: Studio) -> None:
    await many(studio, 30)
    reserved = await asyncio.gather(*(dispatch(studio, per_workspace=20, total=7) for _ in range(5)))
    chosen = [wake.id for wakes in reserved for wake in wakes]
    assert len(chosen) == len(set(chosen)) == 7


@pytest.mark.parametrize(
    "facts",
    [
        (f.Accepted(1, TASK), f.Generated(1, TASK, RESULT)),
        (f.Accepted(1, TASK), f.GenerationFailed(1, TASK)),
        (f.Rejected(1),),
        (f.Ambiguous(1), f.DeadlinePassed(1)),
    ],
)
async def test_a_place_is_free_again_once_the_provider_is_done(studio: Studio, facts: tuple[f.Fact, ...]) -> None:
    first = await studio.bring(Status.SUBMITTING)
    [second] = await studio.request()
    assert await dispatch(studio, per_workspace=1) == []
    await studio.record(first, *facts)
    assert ids(await dispatch(studio, per_workspace=1)) == [second.id]


@pytest.mark.parametrize("status", [Status.SUBMITTING, Status.PROCESSING, Status.UNKNOWN])
async def test_what_is_at_the_provider_holds_its_place(studio: Studio, status: Status) -> None:
    await studio.bring(status)
    await studio.request()
    assert await dispatch(studio, per_workspace=1) == []


async def test_cancelling_gives_the_place_back(studio: Studio) -> None:
    image = await studio.reserve(await studio.bring(Status.PENDING))
    [second] = await studio.request()
    await cancel_image(studio.database, studio.viewer, image.id, studio.rules)
    assert ids(await dispatch(studio, per_workspace=1)) == [second.id]


# Reserving


async def test_a_reserved_image_stays_pending_and_nothing_is_told(studio: Studio) -> None:
    [image] = await studio.request()
    studio.told.clear()
    wakes = await dispatch(studio)
    after = await studio.load(image.id)
    assert (after.status, after.version) == (Status.PENDING, 1)
    assert after.dispatched_at is not None
    assert wakes == [Wake("image", image.id, turn=after.wake_at)]
    assert (studio.told.events, studio.told.wakes) == ([], wakes)


async def test_a_released_image_is_reserved_again(studio: Studio) -> None:
    image = await studio.reserve(await studio.bring(Status.PENDING))
    studio.told.clear()
    await release_image(studio.database, image.id, 60.0)
    assert (await studio.load(image.id)).dispatched_at is None
    assert studio.told.wakes == [Wake("dispatch")]
    assert ids(await dispatch(studio)) == [image.id]


async def test_what_has_moved_on_is_not_released(studio: Studio) -> None:
    image = await studio.bring(Status.SUBMITTING)
    await release_image(studio.database, image.id, 60.0)
    assert await studio.load(image.id) == image


async def test_uploads_are_nobodys_turn_here(studio: Studio) -> None:
    await studio.upload(2)
    assert await dispatch(studio) == []


# Waiting


async def test_a_pause_holds_everything_back_and_says_when_to_come_again(studio: Studio) -> None:
    await studio.record(await studio.bring(Status.SUBMITTING), f.Refused(1, retry_after=30.0))
    pause = await studio.database.transact(lambda unit: unit.provider.read())
    studio.told.clear()
    assert await dispatch(studio) == []
    assert studio.told.wakes == [Wake("dispatch", at=pause.until)]


async def test_after_a_pause_one_goes_ahead_alone(studio: Studio) -> None:
    await studio.record(await studio.bring(Status.SUBMITTING), f.Refused(1, retry_after=0.0))
    await many(studio, 5)
    [probe] = await dispatch(studio)
    assert probe.id is not None
    intent = await prepare_intent(studio.database, await studio.load(probe.id))
    await commit_intent(studio.database, intent, studio.rules)
    await studio.record(probe.id, f.Accepted(intent.attempt.number, TASK))
    assert len(await dispatch(studio)) == 5


async def test_a_paused_workspace_waits_and_the_others_go_on(studio: Studio, neighbour: Studio) -> None:
    await studio.request()
    [theirs] = await neighbour.request()
    await studio.sql("UPDATE workspace SET paused = true WHERE id = :id RETURNING id", id=studio.viewer.workspace)
    assert ids(await dispatch(studio)) == [theirs.id]


async def test_an_input_that_is_not_there_yet_holds_its_picture_back(studio: Studio) -> None:
    there, [coming] = await studio.bring(Status.COMPLETED), await studio.upload()
    [image] = await studio.request(inputs=(there.id, coming.id))
    assert await dispatch(studio) == []
    await studio.record(coming, f.IngestStarted())
    assert await dispatch(studio) == []
    await studio.record(coming, f.Stored(renditions=picture()))
    assert ids(await dispatch(studio)) == [image.id]


async def test_one_that_waits_for_its_input_takes_nobodys_place(studio: Studio) -> None:
    [coming] = await studio.upload()
    await studio.request(inputs=(coming.id,))
    [image] = await studio.request()
    assert ids(await dispatch(studio, per_workspace=1)) == [image.id]


async def test_an_input_that_fails_fails_its_picture(studio: Studio) -> None:
    [coming] = await studio.upload()
    [image] = await studio.request(inputs=(coming.id,))
    await studio.record(coming, f.IngestStarted(), f.ResultRejected())
    after = await studio.load(image.id)
    assert (after.status, after.error) == (Status.FAILED, {"code": "input_failed", "detail": None, "charged": False})


async def test_a_retry_from_a_failed_input_does_not_wait_for_ever(studio: Studio) -> None:
    """The submit finds the input gone and says so, instead of waiting a week for what never comes."""
    [coming] = await studio.upload()
    [image] = await studio.request(inputs=(coming.id,))
    await studio.record(coming, f.IngestStarted(), f.ResultRejected())
    await retry_image(studio.database, studio.viewer, image.id, studio.rules)
    assert ids(await dispatch(studio)) == [image.id]
    with pytest.raises(InputGone):
        await prepare_intent(studio.database, await studio.load(image.id))


async def test_a_wish_that_crossed_the_failure_of_its_input_does_not_wait_for_ever(studio: Studio) -> None:
    """The wish saw the input alive; the failure did not see the wish. Neither can fail it, so the submit does."""
    failed = await studio.bring(Status.FAILED, Kind.UPLOAD)
    [image] = await studio.request()
    crossed = replace(image, id=uuid4(), inputs=(failed.id,))
    await studio.database.transact(lambda unit: unit.images.add([crossed]))
    assert crossed.id in ids(await dispatch(studio))
