"""What all workers know of the provider together: one refusal pauses all, one outage counts once (F14, F16)."""

from __future__ import annotations

import asyncio
import logging

import pytest

from server.core import facts as f
from server.core.image import Status
from server.core.pause import ADVICE, STOPS, Pause
from server.core.stores import Wake
from server.usecases.claim_turn import end_overdue
from server.usecases.dispatch_images import dispatch_images
from server.usecases.intend_submit import Paused, commit_intent, prepare_intent
from tests.server.usecases.studio import TASK, Studio


async def pause_of(studio: Studio) -> Pause:
    return await studio.database.transact(lambda unit: unit.provider.read())


async def length_of(studio: Studio) -> float:
    """Seconds that the present pause was set to."""
    [row] = await studio.sql("SELECT paused_until - updated_at AS length FROM provider_state")
    length: float = row["length"].total_seconds()
    return length


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
        await studio.record(image, f.Refused(1, f.Halt.UNREACHABLE))
        lengths.append(await length_of(studio))
        await studio.sql("UPDATE provider_state SET paused_until = now() RETURNING id")
    assert lengths == [2, 4, 8, 16, 32]


async def test_once_something_is_accepted_the_pause_is_forgotten(studio: Studio) -> None:
    refused, accepted = await studio.bring(Status.SUBMITTING), await studio.bring(Status.SUBMITTING)
    await studio.record(refused, f.Refused(1, f.Halt.UNREACHABLE))
    await studio.sql("UPDATE provider_state SET paused_until = now() RETURNING id")
    await studio.record(accepted, f.Accepted(1, TASK))
    assert await pause_of(studio) == Pause(None, None, 0)


async def test_who_says_at_once_whatever_it_is_sent_is_not_asked_without_a_pause(studio: Studio) -> None:
    image = await studio.bring(Status.SUBMITTING)
    await studio.record(image, f.Refused(1, f.Halt.RATE_LIMITED, retry_after=0.0))
    assert await length_of(studio) == studio.rules.policy.pause_base


# Stops: no key, no credits


@pytest.mark.parametrize("halt", sorted(STOPS))
async def test_a_stop_lets_nothing_go_ahead_however_long_it_lasts(studio: Studio, halt: f.Halt) -> None:
    image, other = await studio.bring(Status.SUBMITTING), await studio.bring(Status.PENDING)
    reserved = await studio.reserve(other)
    await studio.record(image, f.Refused(1, halt))
    await studio.sql("UPDATE provider_state SET paused_until = now() - interval '1 day' RETURNING id")
    assert await dispatch_images(studio.database, 8, 64) == []
    with pytest.raises(Paused, match=str(halt)):
        await commit_intent(studio.database, await prepare_intent(studio.database, reserved), studio.rules)
    assert (await studio.load(other.id)).attempt == 0
    assert (await studio.load(image.id)).status is Status.PENDING
    assert await studio.charges() == 0


@pytest.mark.parametrize("halt", sorted(STOPS))
async def test_what_waits_through_a_stop_does_not_expire(studio: Studio, halt: f.Halt) -> None:
    await studio.record(await studio.bring(Status.SUBMITTING), f.Refused(1, halt))
    [waiting] = await studio.request()
    await studio.expire(waiting)
    assert (await end_overdue(studio.database, waiting.id, studio.rules)).status is Status.PENDING
    later = await studio.load(waiting.id)
    assert later.deadline_at is not None and later.deadline_at > await studio.database.time()


async def test_a_stop_is_not_missed_because_a_pause_was_on(studio: Studio) -> None:
    first, second = await studio.bring(Status.SUBMITTING), await studio.bring(Status.SUBMITTING)
    await studio.record(first, f.Refused(1, f.Halt.RATE_LIMITED))
    await studio.record(second, f.Refused(1, f.Halt.OUT_OF_CREDITS))
    pause = await pause_of(studio)
    assert (pause.reason, pause.stopped, pause.failures) == (f.Halt.OUT_OF_CREDITS, True, 1)


async def test_refusals_that_were_on_their_way_leave_a_stop_as_it_is(studio: Studio) -> None:
    images = [await studio.bring(Status.SUBMITTING) for _ in range(6)]
    await studio.record(images[0], f.Refused(1, f.Halt.BAD_KEY))
    before = await pause_of(studio)
    for image, halt in zip(images[1:], [f.Halt.BAD_KEY, f.Halt.UNREACHABLE, f.Halt.MAINTENANCE] * 2, strict=False):
        await studio.record(image, f.Refused(1, halt))
    assert await pause_of(studio) == before


async def test_the_pause_between_two_tries_without_credits_grows(studio: Studio) -> None:
    lengths = []
    for image in [await studio.bring(Status.SUBMITTING) for _ in range(5)]:
        await studio.record(image, f.Refused(1, f.Halt.OUT_OF_CREDITS))
        lengths.append(await length_of(studio))
        await studio.database.transact(lambda unit: unit.provider.go_ahead())
    policy = studio.rules.policy
    assert lengths == [min(policy.pause_cap, policy.slow_pause * 2**n) for n in range(5)]


async def test_everybody_who_watches_the_queue_hears_of_a_pause_and_of_its_end(studio: Studio) -> None:
    refused, accepted = await studio.bring(Status.SUBMITTING), await studio.bring(Status.SUBMITTING)
    studio.told.clear()
    await studio.record(refused, f.Refused(1, f.Halt.UNREACHABLE))
    assert studio.told.stirred == 1
    await studio.sql("UPDATE provider_state SET paused_until = now() RETURNING id")
    studio.told.clear()
    await studio.record(accepted, f.Accepted(1, TASK))
    assert studio.told.stirred == 1


# What the operator reads


@pytest.mark.parametrize(
    ("halt", "level"),
    [
        (f.Halt.BAD_KEY, logging.ERROR),
        (f.Halt.OUT_OF_CREDITS, logging.ERROR),
        (f.Halt.RATE_LIMITED, logging.WARNING),
        (f.Halt.MAINTENANCE, logging.WARNING),
        (f.Halt.UNREACHABLE, logging.WARNING),
    ],
)
async def test_the_operator_is_told_once_what_to_do(
    studio: Studio, caplog: pytest.LogCaptureFixture, halt: f.Halt, level: int
) -> None:
    images = [await studio.bring(Status.SUBMITTING) for _ in range(4)]
    caplog.clear()
    await asyncio.gather(*(studio.record(image, f.Refused(1, halt, reason="said so")) for image in images[:3]))
    await studio.database.transact(lambda unit: unit.provider.go_ahead())
    await studio.sql("UPDATE provider_state SET paused_until = now() RETURNING id")
    await studio.record(images[3], f.Refused(1, halt, reason="said so again"))
    told = [record for record in caplog.records if record.name.startswith("server.usecases")]
    assert [record.levelno for record in told] == [level]
    assert ADVICE[halt] in told[0].getMessage() and "said so" in told[0].getMessage()


async def test_what_was_mended_and_breaks_again_is_told_again(studio: Studio, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(2):
        refused, accepted = await studio.bring(Status.SUBMITTING), await studio.bring(Status.SUBMITTING)
        await studio.record(refused, f.Refused(1, f.Halt.OUT_OF_CREDITS))
        await studio.database.transact(lambda unit: unit.provider.go_ahead())
        await studio.record(accepted, f.Accepted(1, TASK))
    assert [record.levelno for record in caplog.records if "submits are paused" in record.message] == [
        logging.ERROR
    ] * 2
