"""The intent: the last act before the provider may charge, committed once or not at all."""

from __future__ import annotations

import asyncio

import pytest

from server.core import facts as f
from server.core.image import Kind, Status
from server.usecases.change_image import cancel_image, trash_image
from server.usecases.dispatch_images import dispatch_images, release_image
from server.usecases.intend_submit import Abandoned, InputGone, Paused, commit_intent, hash_nonce, prepare_intent
from tests.server.usecases.studio import Studio, picture


async def test_an_intent_opens_the_attempt_with_the_hash_of_its_nonce(studio: Studio) -> None:
    image = await studio.reserve(await studio.bring(Status.PENDING))
    intent = await prepare_intent(studio.database, image)
    assert await studio.load(image.id) == image
    after = await commit_intent(studio.database, intent, studio.rules)
    assert (after.status, after.attempt, after.version) == (Status.SUBMITTING, 1, image.version + 1)
    attempt = await studio.attempt(image)
    assert (attempt.id, attempt.number, attempt.model, attempt.resolution) == (
        intent.attempt.id,
        1,
        "nano-banana-2",
        "1K",
    )
    assert attempt.submitted_at == after.phase_started_at
    assert (attempt.task_id, attempt.settled_at, attempt.wake_at) == (None, None, None)
    has = await studio.database.transact(lambda unit: unit.attempts.has_nonce(attempt.id, hash_nonce(intent.nonce)))
    assert has


async def test_of_five_workers_one_may_submit(studio: Studio) -> None:
    image = await studio.reserve(await studio.bring(Status.PENDING))
    intents = [await prepare_intent(studio.database, image) for _ in range(5)]
    done = await asyncio.gather(
        *(commit_intent(studio.database, intent, studio.rules) for intent in intents), return_exceptions=True
    )
    assert sum(isinstance(one, Abandoned) for one in done) == 4
    assert len(await studio.sql("SELECT id FROM attempt")) == 1


async def test_the_same_intent_is_committed_once(studio: Studio) -> None:
    intent = await studio.submit(await studio.bring(Status.PENDING))
    with pytest.raises(Abandoned):
        await commit_intent(studio.database, intent, studio.rules)


@pytest.mark.parametrize("deed", ["cancel", "trash", "release", "fail"])
async def test_what_is_no_longer_to_be_submitted_is_abandoned(studio: Studio, deed: str) -> None:
    image = await studio.reserve(await studio.bring(Status.PENDING))
    intent = await prepare_intent(studio.database, image)
    if deed == "cancel":
        await cancel_image(studio.database, studio.viewer, image.id, studio.rules)
    elif deed == "trash":
        await trash_image(studio.database, studio.viewer, image.id, studio.rules)
    elif deed == "release":
        await release_image(studio.database, image.id)
    else:
        await studio.record(image, f.InputFailed())
    with pytest.raises(Abandoned):
        await commit_intent(studio.database, intent, studio.rules)
    assert await studio.sql("SELECT id FROM attempt") == []


async def test_after_a_refusal_the_next_intent_is_the_next_attempt(studio: Studio) -> None:
    image = await studio.bring(Status.SUBMITTING)
    await studio.record(image, f.Refused(1, f.Halt.UNREACHABLE))
    await studio.end_pause()
    intent = await studio.submit(image)
    assert intent.attempt.number == 2
    assert (await studio.load(image.id)).attempt == 2


async def test_of_those_reserved_before_a_refusal_one_goes_ahead_after_it(studio: Studio) -> None:
    """They lay in the queue meanwhile; the pause is over when workers come for them."""
    refused = await studio.bring(Status.SUBMITTING)
    for _ in range(3):
        await studio.reserve((await studio.request())[0])
    reserved = [image for image in await studio.all_images() if image.status is Status.PENDING]
    await studio.record(refused, f.Refused(1, f.Halt.RATE_LIMITED))
    await studio.sql("UPDATE provider_state SET paused_until = now() RETURNING id")
    for image in reserved[:2]:
        with pytest.raises(Paused):
            await commit_intent(studio.database, await prepare_intent(studio.database, image), studio.rules)
        await release_image(studio.database, image.id)
    await commit_intent(studio.database, await prepare_intent(studio.database, reserved[2]), studio.rules)
    assert await dispatch_images(studio.database, 8, 64) == []


async def test_inputs_go_along_in_their_order(studio: Studio) -> None:
    uploads = [await studio.bring(Status.COMPLETED, Kind.UPLOAD) for _ in range(3)]
    order = (uploads[2].id, uploads[0].id, uploads[1].id)
    [image] = await studio.request(inputs=order)
    intent = await prepare_intent(studio.database, await studio.reserve(image))
    assert tuple(input.id for input in intent.inputs) == order


async def test_the_ratio_is_decided_once_the_first_input_is_there(studio: Studio) -> None:
    [upload] = await studio.upload()
    [image] = await studio.request(inputs=(upload.id,))
    await studio.record(upload, f.IngestStarted(), f.Stored(renditions=picture(1080, 1920)))
    intent = await studio.submit(image)
    assert intent.aspect_ratio == "9:16"
    assert (await studio.load(image.id)).options.aspect_ratio == "9:16"


@pytest.mark.parametrize("status", [Status.PENDING, Status.FAILED, Status.CANCELED])
async def test_without_its_input_nothing_is_intended(studio: Studio, status: Status) -> None:
    upload = await studio.bring(Status.SAVING, Kind.UPLOAD)
    [image] = await studio.request(inputs=(upload.id,))
    if status is not Status.PENDING:
        await studio.sql(
            "UPDATE image SET status = :status, wake_at = NULL, deadline_at = NULL, finished_at = now(), error = '{}' "
            "WHERE id = :id RETURNING id",
            status=str(status),
            id=upload.id,
        )
    with pytest.raises(InputGone):
        await prepare_intent(studio.database, await studio.load(image.id))


async def test_an_input_that_went_to_the_trash_meanwhile_still_serves(studio: Studio) -> None:
    upload = await studio.bring(Status.COMPLETED, Kind.UPLOAD)
    [image] = await studio.request(inputs=(upload.id,))
    await trash_image(studio.database, studio.viewer, upload.id, studio.rules)
    assert (await studio.submit(image)).inputs[0].id == upload.id


async def test_nonces_never_repeat(studio: Studio) -> None:
    image = await studio.reserve(await studio.bring(Status.PENDING))
    assert len({(await prepare_intent(studio.database, image)).nonce for _ in range(20)}) == 20
