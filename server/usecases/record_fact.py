"""Record what was learned about an image."""

from __future__ import annotations

from uuid import UUID

from server.core import facts as f
from server.core.backoff import exponential
from server.core.image import Image
from server.core.ports import Database, Unit
from server.core.stores import Wake
from server.usecases.move_image import Rules, move_image

_TASK_LIVES = (f.Accepted, f.Generating, f.Generated)
# Nobody can mend these by waiting a second: the operator or the provider must act, so ask rarely.
_SLOW = frozenset({f.Halt.BAD_KEY, f.Halt.OUT_OF_CREDITS, f.Halt.MAINTENANCE})


async def record_fact(database: Database, id: UUID, fact: f.Fact, rules: Rules) -> Image:
    """The image as it stands afterwards. A refused submit pauses all workers together. Recording twice is harmless.

    Raises `Unavailable`.
    """

    async def work(unit: Unit) -> Image:
        image = await unit.images.load(id)
        assert image is not None, f"no image {id}"
        if isinstance(fact, f.Refused):
            await _pause(unit, fact, rules)
        elif isinstance(fact, f.Accepted | f.Rejected) and await unit.provider.clear():
            unit.wake(Wake("dispatch"))
        after = await move_image(unit, image, fact, rules)
        if isinstance(fact, _TASK_LIVES) and not after.lives_by(fact.attempt):
            await _settle_apart(unit, id, fact)
        return after

    return await database.transact(work)


async def _settle_apart(unit: Unit, id: UUID, fact: f.Fact) -> None:
    """The image has gone on without this attempt: its task is asked for by itself, its result is a late one."""
    attempt = await unit.attempts.of(id, fact.attempt)
    if attempt is not None and attempt.settled_at is None:
        await unit.attempts.note(attempt.id, wake_at=unit.now)
        unit.wake(Wake("attempt", attempt.id))


async def keep_task(database: Database, attempt: UUID, task_id: str) -> bool:
    """Write the submit's own task id on its attempt, whatever has become of the image.

    False where the attempt holds another one already: two tasks were made for one try, an alarm. Raises `Unavailable`.
    """
    return await database.transact(lambda unit: unit.attempts.keep_task(attempt, task_id))


async def _pause(unit: Unit, fact: f.Refused, rules: Rules) -> None:
    pause = await unit.provider.read()
    if fact.retry_after is None and pause.until is not None and pause.until > unit.now:
        # Others were on their way when the first was refused: one outage is one failure.
        return
    base = rules.policy.slow_pause if fact.halt in _SLOW else rules.policy.pause_base
    backoff = exponential(pause.failures, base, rules.policy.pause_cap, rules.rng)
    duration = fact.retry_after if fact.retry_after is not None else backoff
    await unit.provider.pause(fact.halt, duration)
    after = await unit.provider.read()
    unit.wake(Wake("dispatch", at=after.until))
