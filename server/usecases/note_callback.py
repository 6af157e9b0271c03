"""Take a callback as the hint that it is: keep the task id it brings, and ask the provider now."""

from __future__ import annotations

from server.core import facts as f
from server.core.image import Attempt, Status
from server.core.ports import Database, Unit
from server.core.stores import Wake
from server.usecases.intend_submit import hash_nonce
from server.usecases.move_image import Rules, move_image


async def note_callback(database: Database, nonce: str, task_id: str | None, rules: Rules) -> bool:
    """Whether the nonce is one of ours. Nothing of the callback but the task id is believed. Raises `Unavailable`."""

    async def work(unit: Unit) -> bool:
        attempt = await unit.attempts.by_nonce(hash_nonce(nonce))
        if attempt is None:
            return False
        if attempt.settled_at is None:
            await _note(unit, attempt, task_id, rules)
        if attempt.called_back_at is None and attempt.known_task in (None, task_id):
            # When the generation ended, to the moment, and that callbacks arrive: both are learned from.
            await unit.attempts.note(attempt.id, called_back_at=unit.now)
        return True

    return await database.transact(work)


async def _note(unit: Unit, attempt: Attempt, task_id: str | None, rules: Rules) -> None:
    news = task_id if attempt.task_id is None and task_id != attempt.candidate_task_id else None
    if not news and attempt.known_task is None:
        return
    # The image before its attempt: locks are taken in the order in which the workers take them.
    image = await unit.images.load(attempt.image)
    if image is not None and image.lives_by(attempt.number) and image.status is not Status.SAVING:
        # Where the picture is on its way home already, a second worker would only fetch it twice.
        image = await move_image(unit, image, f.RefreshRequested(attempt.number), rules)
    if news:
        await unit.attempts.keep_candidate(attempt.id, news)
    if image is None or not image.lives_by(attempt.number):
        await unit.attempts.note(attempt.id, wake_at=unit.now)
        unit.wake(Wake("attempt", attempt.id))
