"""What all workers know of the provider together: one refusal pauses all, one outage counts once (F14, F16)."""

from __future__ import annotations

import asyncio

import pytest

from server.core import facts as f
from server.core.image import Status
from server.core.stores import Pause, Wake
from server.usecases.dispatch_images import dispatch_images
from server.usecases.intend_submit import Paused, commit_intent, prepare_intent
from tests.server.usecases.studio import TASK, Studio


async def pause_of(studio: Studio) -> Pause:
    return await studio.database.transact(lambda unit: unit.provider.read())


async def test_one_refusal_pauses_all(studio: Studio) -> None:
    """F16: 30 s from the provider's word, and Redis has no say in it."""
    image, other = await studio.bring(Status.SUBMITTING), await studio.bring(Status.PENDING)
    asked = await studio.reserve(other)
    studio.told.clear()
    await studio.record(image, f.Refused(1, f.Halt.RATE_LIMITED, retry_after=30.0))
    pause = await pause_of(studio)
    left = (pause.until - await studio.database.time()).total_seconds()
    assert 25 < left <= 30
    assert (pause.reason, pause.failures) == (f.Halt.RATE_LIMITED, 1)
    assert Wake("dispatch", at=pause.until) in studio.told.wakes
    assert await dispatch_images(studio.database, 8, 64) == []
    with pytest.raises(Paused):
        await commit_intent(studio.database, await prepare_intent(studio.database, asked), studio.rules)
    assert (await studio.load(other.id)).attempt == 0


async def test_a_pause_is_never_shortened(studio: Studio) -> None:
    images = [await studio.bring(Status.SUBMITTING) for _ in range(3)]
    await studio.record(images[0], f.Refused(1, f.Halt.RATE_LIMITED, retry_after=300.0))
    until = (await pause_of(studio)).until
    await studio.record(images[1], f.Refused(1, f.Halt.RATE_LIMITED, retry_after=1.0))
    # This one was sent before the provider said stop.
    await studio.record(images[2], f.Accepted(1, TASK))
    assert (await pause_of(studio)).until == until


async def test_what_was_under_way_together_fails_together(studio: Studio) -> None:
    images = [await studio.bring(Status.SUBMITTING) for _ in range(8)]
    await asyncio.gather(*(studio.record(image, f.Refused(1, f.Halt.UNREACHABLE)) for image in images))
    pause = await pause_of(studio)
    assert pause.failures == 1
    assert (pause.until - await studio.database.time()).total_seconds() <= 2.5


async def test_pauses_grow_while_refusals_follow_each_other(studio: Studio) -> None:
    lengths = []
    for image in [await studio.bring(Status.SUBMITTING) for _ in range(5)]:
        before = await studio.database.time()
        await studio.record(image, f.Refused(1, f.Halt.UNREACHABLE))
        lengths.append(((await pause_of(studio)).until - before).total_seconds())
        await studio.sql("UPDATE provider_state SET paused_until = now() RETURNING id")
    assert all(2 * 2**n <= length < 2 * 2**n + 1 for n, length in enumerate(lengths))


async def test_once_something_is_accepted_the_pause_is_forgotten(studio: Studio) -> None:
    refused, accepted = await studio.bring(Status.SUBMITTING), await studio.bring(Status.SUBMITTING)
    await studio.record(refused, f.Refused(1, f.Halt.UNREACHABLE))
    await studio.sql("UPDATE provider_state SET paused_until = now() RETURNING id")
    await studio.record(accepted, f.Accepted(1, TASK))
    assert await pause_of(studio) == Pause(None, None, 0)
