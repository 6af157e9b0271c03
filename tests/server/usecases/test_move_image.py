"""What a move leaves behind for those to come: how long a generation took."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from server.core import facts as f
from server.core.image import Estimate, Image, Status
from server.core.poll_times import guess_duration
from server.usecases.note_callback import note_callback
from server.usecases.record_fact import keep_task
from tests.server.usecases.studio import RESULT, TASK, Studio

GENERATED = f.Generated(1, TASK, RESULT)
USUAL = Estimate(p50=25.0, p90=50.0)


async def processing_for(studio: Studio, seconds: float, estimate: Estimate = USUAL) -> tuple[Image, str]:
    """A picture that the provider took so many seconds ago, and its callback's nonce."""
    intent = await studio.submit((await studio.request())[0])
    await keep_task(studio.database, intent.attempt, TASK, studio.rules.policy)
    await studio.record(intent.image, f.Accepted(1, TASK))
    await studio.sql(
        "UPDATE image SET estimate = CAST(:estimate AS jsonb), "
        "phase_started_at = now() - make_interval(secs => :ago) WHERE id = :id RETURNING id",
        estimate=f'{{"p50": {estimate.p50}, "p90": {estimate.p90}}}',
        ago=seconds,
        id=intent.image.id,
    )
    await studio.sql(
        "UPDATE attempt SET submitted_at = now() - make_interval(secs => :ago) WHERE image = :id RETURNING id",
        ago=seconds + 1,
        id=intent.image.id,
    )
    return await studio.load(intent.image.id), intent.nonce


async def took(studio: Studio, id: UUID) -> float | None:
    [row] = await studio.sql("SELECT took FROM attempt WHERE image = :id", id=id)
    seconds: float | None = row["took"]
    return seconds


async def test_what_a_poll_found_took_a_little_less_than_until_then(studio: Studio) -> None:
    image, _ = await processing_for(studio, 40.0)
    await studio.record(image, GENERATED)
    seconds = await took(studio, image.id)
    assert seconds == pytest.approx(guess_duration(USUAL, 40.0, 60.0), abs=1.0)
    assert seconds is not None
    assert seconds < 40.0


async def test_what_a_callback_told_of_took_exactly_until_then(studio: Studio) -> None:
    """However much later the provider could be asked."""
    image, nonce = await processing_for(studio, 40.0)
    await note_callback(studio.database, nonce, TASK, studio.rules)
    called = (await studio.attempt(image)).called_back_at
    await studio.sql(
        "UPDATE image SET phase_started_at = phase_started_at - interval '1 minute' WHERE id = :id RETURNING id",
        id=image.id,
    )
    image = await studio.load(image.id)
    await studio.record(image, GENERATED)
    assert called is not None
    assert await took(studio, image.id) == pytest.approx((called - image.phase_started_at).total_seconds())


async def test_what_nobody_saw_begin_teaches_nothing(studio: Studio) -> None:
    """A lost answer: the task may have run for minutes before it was known."""
    unknown = await studio.bring(Status.UNKNOWN)
    await studio.record(unknown, GENERATED)
    assert await took(studio, unknown.id) is None
    image, _ = await processing_for(studio, 5.0)
    await studio.sql(
        "UPDATE attempt SET submitted_at = submitted_at - interval '5 minutes' WHERE image = :id RETURNING id",
        id=image.id,
    )
    await studio.record(image, GENERATED)
    assert await took(studio, image.id) is None


async def test_what_failed_teaches_nothing(studio: Studio) -> None:
    image, _ = await processing_for(studio, 40.0)
    await studio.record(image, f.GenerationFailed(1, TASK))
    assert await took(studio, image.id) is None


async def test_the_next_look_is_chosen_by_the_estimate_of_the_row(studio: Studio) -> None:
    """From the database's time, and from what was learned when the picture was asked for."""
    slow, _ = await processing_for(studio, 30.0, replace(USUAL, p50=250.0, p90=500.0))
    usual, _ = await processing_for(studio, 30.0)
    waits = []
    for image in (slow, usual):
        after = await studio.record(image, f.Generating(1, TASK))
        assert after.wake_at is not None
        waits.append((after.wake_at - await studio.database.time()).total_seconds())
    assert 25 < waits[0] < 125
    assert 0 < waits[1] < 5
