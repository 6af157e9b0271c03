"""Which picture goes next: fair between workspaces, within the limits, never before its inputs."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from server.core import facts as f
from server.core.image import Image, Kind, Status
from server.core.stores import Wake
from server.usecases.change_image import cancel_image, retry_image
from server.usecases.dispatch_images import dispatch_images, release_image
from server.usecases.intend_submit import InputGone, commit_intent, prepare_intent
from server.usecases.pause_workspace import pause_workspace
from tests.server.usecases.studio import RESULT, TASK, Studio, picture


async def dispatch(studio: Studio, per_workspace: int = 8, total: int = 64, rate: float = 0.0) -> list[Wake]:
    return await dispatch_images(studio.database, per_workspace, total, rate)


def ids(wakes: list[Wake]) -> list[UUID]:
    return [wake.id for wake in wakes if wake.id]


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


async def test_a_newcomer_takes_one_of_the_next_two_places_that_come_free(studio: Studio, neighbour: Studio) -> None:
    """All four places are taken by the batch of 200, and it goes on waiting for every one that comes free."""
    await many(studio, 200)
    at_work = ids(await dispatch(studio, total=4))
    [theirs] = await neighbour.request()
    assert await dispatch(studio, total=4) == []
    freed = []
    for id in at_work[:2]:
        await cancel_image(studio.database, studio.viewer, id, studio.rules)
        freed += ids(await dispatch(studio, total=4))
    assert theirs.id in freed
    assert len(freed) == 2


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


async def test_five_dispatchers_at_once_never_pass_a_limit(studio: Studio, neighbour: Studio) -> None:
    """Through many rounds, while places come free at the same moment."""
    await many(studio, 40)
    await many(neighbour, 40)
    at_work: list[UUID] = []
    for _ in range(12):
        gone, at_work = at_work[:3], at_work[3:]
        reserved, _ = await asyncio.gather(
            asyncio.gather(*(dispatch(studio, per_workspace=5, total=7) for _ in range(5))),
            asyncio.gather(*(give_up(studio, neighbour, id) for id in gone)),
        )
        at_work += [wake.id for wakes in reserved for wake in wakes if wake.id]
        assert len(at_work) == len(set(at_work)) <= 7
        flying = await studio.sql("SELECT count(*) AS n FROM image WHERE dispatched_at IS NOT NULL GROUP BY workspace")
        assert sum(row["n"] for row in flying) == len(at_work)
        assert all(row["n"] <= 5 for row in flying)
        at_work += ids(await dispatch(studio, per_workspace=5, total=7))
        assert len(at_work) == 7


async def give_up(studio: Studio, neighbour: Studio, id: UUID) -> None:
    """Whoever it belongs to cancels it."""
    image = await studio.load(id)
    owner = studio if image.workspace == studio.viewer.workspace else neighbour
    await cancel_image(owner.database, owner.viewer, id, owner.rules)


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
    await release_image(studio.database, image.id)
    assert (await studio.load(image.id)).dispatched_at is None
    assert studio.told.wakes == [Wake("dispatch")]
    assert ids(await dispatch(studio)) == [image.id]


async def test_what_has_moved_on_is_not_released(studio: Studio) -> None:
    image = await studio.bring(Status.SUBMITTING)
    await release_image(studio.database, image.id)
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
    await refused_a_while_ago(studio)
    await many(studio, 5)
    [probe] = await dispatch(studio)
    assert probe.id is not None
    intent = await prepare_intent(studio.database, await studio.load(probe.id))
    assert await dispatch(studio) == [], "one, however often dispatch is woken"
    await commit_intent(studio.database, intent, studio.rules)
    assert await dispatch(studio) == []
    await studio.record(probe.id, f.Accepted(intent.attempt.number, TASK))
    assert len(await dispatch(studio)) == 5


async def refused_a_while_ago(studio: Studio) -> None:
    """The pause is over, and nothing has been accepted since."""
    await studio.record(await studio.bring(Status.SUBMITTING), f.Refused(1))
    await studio.sql("UPDATE provider_state SET paused_until = now() RETURNING id")


async def test_after_a_pause_one_goes_ahead_whoever_dispatches(studio: Studio) -> None:
    await refused_a_while_ago(studio)
    await many(studio, 8)
    reserved = await asyncio.gather(*(dispatch(studio) for _ in range(5)))
    assert [len(wakes) for wakes in sorted(reserved, key=len)] == [0, 0, 0, 0, 1]


async def test_what_was_sent_before_the_refusal_goes_ahead_for_all(studio: Studio) -> None:
    """It is waited for: whether it is accepted says more than another one would."""
    sent = await studio.bring(Status.SUBMITTING)
    await refused_a_while_ago(studio)
    assert await dispatch(studio) == []
    studio.told.clear()
    await studio.record(sent, f.Ambiguous(1, "no answer"))
    assert Wake("dispatch") in studio.told.wakes
    assert len(await dispatch(studio)) == 1


# Rate


async def test_no_more_go_in_a_second_than_the_rate(studio: Studio) -> None:
    await many(studio, 12)
    before = await studio.database.time()
    assert len(await dispatch(studio, per_workspace=12, rate=3.0)) == 3
    [reminder] = reminders(studio)
    assert before < reminder <= await studio.database.time() + timedelta(seconds=1 / 3)
    studio.told.clear()
    # As if no time could pass.
    await studio.sql("UPDATE rate_limit SET arrival = arrival + 1000 RETURNING key")
    for _ in range(3):
        assert await dispatch(studio, per_workspace=12, rate=3.0) == []
    assert reminders(studio) == [], "one is out already"
    await studio.sql("UPDATE rate_limit SET arrival = arrival - 2000 WHERE key = 'dispatch' RETURNING key")
    for _ in range(3):
        assert await dispatch(studio, per_workspace=12, rate=3.0) == []
    assert len(reminders(studio)) == 1, "it was lost"
    await studio.sql("UPDATE rate_limit SET arrival = arrival - 1001 WHERE key = 'submit' RETURNING key")
    assert len(await dispatch(studio, per_workspace=12, rate=3.0)) == 3


def reminders(studio: Studio) -> list[datetime]:
    """When dispatch is to be woken again."""
    return [wake.at for wake in studio.told.wakes if wake.what == "dispatch" and wake.at is not None]


async def test_a_rate_below_one_lets_one_go_at_a_time(studio: Studio) -> None:
    await many(studio, 3)
    assert len(await dispatch(studio, rate=0.01)) == 1
    for _ in range(2):
        assert await dispatch(studio, rate=0.01) == []
    await studio.sql("UPDATE rate_limit SET arrival = arrival - 100 RETURNING key")
    assert len(await dispatch(studio, rate=0.01)) == 1


async def test_the_rate_is_one_for_all_who_dispatch(studio: Studio, neighbour: Studio) -> None:
    await many(studio, 8)
    await many(neighbour, 8)
    reserved = await asyncio.gather(*(dispatch(studio, rate=0.02) for _ in range(5)))
    assert sum(map(len, reserved)) == 1


async def test_where_the_rate_holds_nothing_back_nobody_is_woken_for_it(studio: Studio) -> None:
    await many(studio, 2)
    studio.told.clear()
    assert len(await dispatch(studio, rate=5.0)) == 2
    assert reminders(studio) == []


async def test_a_paused_workspace_waits_and_the_others_go_on(studio: Studio, neighbour: Studio) -> None:
    await studio.request()
    [theirs] = await neighbour.request()
    await pause_workspace(studio.database, studio.viewer, True)
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
