"""Settle an attempt whose image ended without it: a late result becomes a picture of its own, in the trash, told."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

from server.core import facts as f
from server.core.image import Attempt, Image, Kind, Status
from server.core.limits import Policy, seconds
from server.core.ports import Database, Unit
from server.core.stores import Wake
from server.usecases.move_image import charge_attempt, note_provider_word, tell_image

_SPEAKS_LAST = (f.GenerationFailed,)


async def claim_attempt(database: Database, id: UUID, turn: datetime | None, policy: Policy) -> Attempt | None:
    """Take the attempt's turn; None where there is nothing to ask. Raises `Unavailable`."""
    return await database.transact(lambda unit: unit.attempts.claim(id, turn, policy.turn))


async def claim_attempts(database: Database, limit: int, policy: Policy) -> list[Wake]:
    """Move on up to `limit` attempts whose time has come; the wakes carry their turns. Raises `Unavailable`."""
    return await database.transact(lambda unit: unit.attempts.claim_overdue(0.0, policy.turn, limit))


async def settle_attempt(database: Database, attempt: Attempt, fact: f.Fact, policy: Policy) -> Image | None:
    """Record what the provider says of it now; the late picture, if that is what came. Twice is harmless.

    Raises `Unavailable`.
    """

    async def work(unit: Unit) -> Image | None:
        held = await unit.attempts.hold(attempt.id)
        if held is None or held.settled_at is not None or held.image != attempt.image:
            # Somebody who asked at the same time was first.
            return None
        image = await unit.images.load(attempt.image)
        if image is not None and image.lives_by(attempt.number):
            # The image lives: its own turns settle this attempt.
            await unit.attempts.note(attempt.id, wake_at=None)
            return None
        if isinstance(fact, f.Generated) and image is not None:
            return await _keep_late(unit, attempt, image, fact, policy)
        if isinstance(fact, _SPEAKS_LAST) or unit.now - attempt.created_at > seconds(policy.unsettled_window):
            outcome = "failed" if isinstance(fact, _SPEAKS_LAST) else "lost"
            await unit.attempts.note(attempt.id, settled_at=unit.now, wake_at=None, outcome=outcome)
        else:
            await unit.attempts.note(attempt.id, wake_at=unit.now + seconds(policy.unsettled_poll))
        return None

    return await database.transact(work)


async def _keep_late(unit: Unit, attempt: Attempt, image: Image, fact: f.Generated, policy: Policy) -> Image:
    """A new picture takes the attempt over, so that it is saved by the same steps as any other."""
    await note_provider_word(unit, attempt, fact)
    await charge_attempt(unit, attempt)
    late = replace(
        image,
        id=uuid4(),
        kind=Kind.GENERATION,
        status=Status.SAVING,
        version=1,
        batch=None,
        attempt=attempt.number,
        phase_started_at=unit.now,
        finished_at=None,
        wake_at=unit.now,
        deadline_at=unit.now + seconds(policy.saving_deadline),
        dispatched_at=None,
        tries=0,
        misses=0,
        error=None,
        cancel_requested_at=None,
        renditions={},
        width=None,
        height=None,
        sha256=None,
        thumbhash=None,
        favorite=False,
        trashed_at=unit.now,
        metadata={**fact.details, "nanobanana_task_id": fact.task_id, "late_of": str(image.id)},
    )
    await unit.images.add([late])
    await unit.attempts.move(attempt.id, late.id)
    tell_image(unit, late)
    unit.wake(Wake("image", late.id))
    return late
