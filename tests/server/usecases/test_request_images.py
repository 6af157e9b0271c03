"""Asking for pictures: once under a key, only of what is one's own, and what the model takes."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from server.core import facts as f
from server.core.account import Role
from server.core.catalog import Terms
from server.core.errors import ErrorCode, Refusal
from server.core.image import Kind, Status
from server.core.stores import Wake
from server.usecases.answer_once import OnceKey
from server.usecases.change_image import trash_image
from server.usecases.change_project import delete_project
from server.usecases.request_images import request_images
from tests.server.usecases.refusals import refused
from tests.server.usecases.studio import Studio, picture

ONCE = OnceKey("key-1", b"the request")


async def test_n_images_are_n_pending_rows_of_one_batch(studio: Studio) -> None:
    images = await studio.request(count=3, prompt="a fox", resolution="2K")
    assert [image.position for image in images] == [0, 1, 2]
    assert len({image.batch for image in images}) == 1
    for image in images:
        assert (image.kind, image.status, image.version) == (Kind.GENERATION, Status.PENDING, 1)
        assert (image.prompt, image.model, image.options.resolution) == ("a fox", "nano-banana-2", "2K")
        assert image.author == studio.viewer.account
        assert image.deadline_at == image.created_at + timedelta(days=7)
        assert image.wake_at == image.deadline_at
    assert studio.told.wakes == [Wake("dispatch")]


async def test_a_batch_chosen_by_the_client_is_kept(studio: Studio) -> None:
    batch = uuid4()
    assert {image.batch for image in await studio.request(count=2, batch=batch)} == {batch}


# Once under a key


async def test_the_same_key_twice_makes_the_images_once(studio: Studio) -> None:
    first = await studio.request(ONCE, count=2)
    assert await studio.request(ONCE, count=2) == first
    assert len(await studio.all_images()) == 2


async def test_a_repeated_key_answers_as_at_the_first_time(studio: Studio) -> None:
    """Byte for byte what was answered then, whatever has become of the image."""
    wish, rules = studio.wish(), studio.rules
    first = await request_images(studio.database, studio.viewer, wish, studio.terms, rules, ONCE)
    await studio.record(UUID(first["images"][0]["id"]), f.CancelRequested())
    assert await request_images(studio.database, studio.viewer, wish, studio.terms, rules, ONCE) == first


async def test_twenty_at_once_make_one_image(studio: Studio) -> None:
    answers = await asyncio.gather(*(studio.request(ONCE) for _ in range(20)))
    assert {image.id for [image] in answers} == {image.id for image in await studio.all_images()}
    assert len(await studio.all_images()) == 1
    assert len(studio.told.events) == 1


async def test_the_same_key_with_another_request_is_refused(studio: Studio) -> None:
    await studio.request(ONCE)
    refusal = await refused(studio.request(OnceKey("key-1", b"another"), prompt="a cat"), ErrorCode.KEY_REUSED)
    assert refusal.status == 422
    assert len(await studio.all_images()) == 1


async def test_a_refused_request_leaves_its_key_free(studio: Studio) -> None:
    await refused(studio.request(ONCE, inputs=(uuid4(),)), ErrorCode.NOT_FOUND)
    assert len(await studio.request(OnceKey("key-1", b"corrected"))) == 1


async def test_a_key_is_its_accounts_own(studio: Studio, neighbour: Studio) -> None:
    [mine], [theirs] = await studio.request(ONCE), await neighbour.request(ONCE)
    assert mine.id != theirs.id


# Only what is one's own


async def test_a_foreign_project_does_not_exist(studio: Studio, neighbour: Studio) -> None:
    await refused(studio.request(project=neighbour.project), ErrorCode.NOT_FOUND)
    assert await neighbour.all_images() == []


async def test_a_foreign_picture_does_not_exist(studio: Studio, neighbour: Studio) -> None:
    theirs, mine = await neighbour.bring(Status.COMPLETED), await studio.bring(Status.COMPLETED)
    refusal = await refused(studio.request(inputs=(mine.id, theirs.id)), ErrorCode.NOT_FOUND)
    assert refusal.extra == {"field": "inputs"}
    assert await studio.all_images() == [mine]


async def test_who_only_looks_asks_for_nothing(studio: Studio) -> None:
    studio.viewer = replace(studio.viewer, role=Role.VIEWER)
    await refused(studio.request(), ErrorCode.READ_ONLY)


async def test_a_deleted_project_takes_nothing_more(studio: Studio) -> None:
    await delete_project(studio.database, studio.viewer, studio.project, studio.rules)
    await refused(studio.request(), ErrorCode.NOT_FOUND)


async def test_a_project_deleted_at_that_moment_keeps_nothing_that_would_be_paid(studio: Studio) -> None:
    async def ask(project: UUID) -> None:
        try:
            await studio.request(project=project, count=2)
        except Refusal as refusal:
            assert refusal.code is ErrorCode.NOT_FOUND

    for number in range(10):
        project = await studio.another_project(f"no. {number}")
        await asyncio.gather(
            ask(project), delete_project(studio.database, studio.viewer, project, studio.rules), ask(project)
        )
    for image in await studio.all_images():
        assert image.status is Status.CANCELED
        assert image.trashed_at is not None


# What the model takes


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"model": "nano-apple"}, "model"),
        ({"resolution": "8K"}, "resolution"),
        ({"model": "nano-banana", "resolution": "2K"}, "resolution"),
        ({"aspect_ratio": "7:3"}, "aspect_ratio"),
        ({"model": "nano-banana", "aspect_ratio": "1:8"}, "aspect_ratio"),
        ({"model": "nano-banana", "inputs": tuple(UUID(int=n) for n in range(9))}, "inputs"),
        ({"inputs": (UUID(int=1), UUID(int=1))}, "inputs"),
    ],
)
async def test_what_a_model_does_not_take_is_refused(studio: Studio, wish: dict[str, object], field: str) -> None:
    refusal = await refused(studio.request(**wish), ErrorCode.UNSUPPORTED_OPTION)
    assert refusal.extra == {"field": field}
    assert await studio.all_images() == []


async def test_inputs_that_the_provider_cannot_fetch_are_refused_before_anything_is_charged(studio: Studio) -> None:
    [source] = await studio.upload()
    studio.terms = Terms(inputs_reachable=False)
    await refused(studio.request(inputs=(source.id,)), ErrorCode.INPUTS_UNREACHABLE)
    assert len(await studio.request()) == 1


@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELED])
async def test_a_picture_that_will_never_be_is_no_input(studio: Studio, status: Status) -> None:
    source = await studio.bring(status, Kind.UPLOAD)
    await refused(studio.request(inputs=(source.id,)), ErrorCode.WRONG_STATE)


async def test_a_picture_in_the_trash_is_no_input(studio: Studio) -> None:
    source = await studio.bring(Status.COMPLETED)
    await trash_image(studio.database, studio.viewer, source.id, studio.rules)
    await refused(studio.request(inputs=(source.id,)), ErrorCode.WRONG_STATE)


# What is asked of the provider


async def test_auto_is_the_ratio_nearest_to_the_first_input(studio: Studio) -> None:
    first, second = [
        await studio.record(await studio.bring(Status.SAVING, Kind.UPLOAD), f.Stored(renditions=picture(*size)))
        for size in ((3024, 4032), (1920, 1080))
    ]
    [image] = await studio.request(inputs=(first.id, second.id))
    assert image.options.aspect_ratio == "3:4"
    assert image.inputs == (first.id, second.id)


async def test_auto_waits_for_an_input_that_is_not_there_yet(studio: Studio) -> None:
    [upload] = await studio.upload()
    [image] = await studio.request(inputs=(upload.id,))
    assert image.options.aspect_ratio is None


async def test_auto_without_an_input_is_square_and_a_chosen_ratio_is_kept(studio: Studio) -> None:
    [auto], [wide] = await studio.request(), await studio.request(aspect_ratio="16:9")
    assert (auto.options.aspect_ratio, wide.options.aspect_ratio) == ("1:1", "16:9")


async def test_the_estimate_is_the_published_one_until_generations_teach_another(studio: Studio) -> None:
    studio.terms = Terms(simulated=True, pace=10.0)
    [image] = await studio.request()
    assert image.estimate == studio.terms.expected("nano-banana-2", "1K")
    before = image.estimate
    for number in range(5):
        [image] = await studio.request()
        await studio.generate(image, f"task-{number}")
        await studio.sql("UPDATE attempt SET took = :took WHERE image = :id RETURNING id", took=10.0, id=image.id)
        [image] = await studio.request()
        assert image.estimate is not None
        assert before.p50 < image.estimate.p50 < 10.0
        before = image.estimate
    assert before.p50 > 4.0
    [other] = await studio.request(resolution="4K")
    assert other.estimate == studio.terms.expected("nano-banana-2", "4K")


async def test_a_callback_is_counted_on_where_it_is_asked_for(studio: Studio) -> None:
    for callbacks in (True, False):
        studio.terms = Terms(callbacks=callbacks)
        [image] = await studio.request()
        assert image.estimate is not None
        assert image.estimate.called_back is callbacks


async def test_callbacks_that_do_not_come_are_no_longer_counted_on(studio: Studio) -> None:
    studio.terms = Terms(callbacks=True)
    for number in range(3):
        [image] = await studio.request()
        await studio.generate(image, f"task-{number}")
    [image] = await studio.request()
    assert image.estimate is not None
    assert not image.estimate.called_back
