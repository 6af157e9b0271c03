"""Record what was learned about an image."""

from __future__ import annotations

import logging
from dataclasses import replace
from uuid import UUID

from server.core import facts as f
from server.core.errors import Problem, ProblemCode
from server.core.image import Attempt, Image, Status
from server.core.limits import Policy, seconds
from server.core.pause import ADVICE, STOPS
from server.core.ports import Database, Unit
from server.core.stores import Wake
from server.usecases.move_image import Rules, move_image
from server.usecases.pause_provider import pause_provider

LOG = logging.getLogger(__name__)
_TASK_LIVES = (f.Accepted, f.Generating, f.Generated)


async def record_fact(database: Database, id: UUID, fact: f.Fact, rules: Rules) -> Image:
    """The image as it stands afterwards. A refused submit pauses all workers together. Recording twice is harmless.

    Raises `Unavailable`.
    """

    async def work(unit: Unit) -> tuple[Image, bool]:
        image = await unit.images.load(id)
        assert image is not None, f"no image {id}"
        learned = await _blame_request(unit, id, fact)
        news = False
        if isinstance(learned, f.Refused):
            news = await pause_provider(unit, learned, rules)
        elif isinstance(learned, f.Accepted | f.Rejected) and await unit.provider.clear():
            unit.wake(Wake("dispatch"))
            unit.stir_queue()
        after = await move_image(unit, image, learned, rules)
        if isinstance(learned, _TASK_LIVES) and not after.lives_by(learned.attempt):
            await _settle_apart(unit, id, learned)
        return after, news

    after, news = await database.transact(work)
    if news and isinstance(fact, f.Refused):
        _tell_operator(fact)
    return after


async def _blame_request(unit: Unit, id: UUID, fact: f.Fact) -> f.Fact:
    """The key is not to blame where it was good for others since this image was refused for it.

    A firewall that dislikes a prompt answers 403 too, and would stop everybody each time the image's turn comes.
    """
    if isinstance(fact, f.Refused) and fact.halt is f.Halt.BAD_KEY and await unit.attempts.key_proved_since(id):
        return f.Rejected(fact.attempt, Problem(ProblemCode.REQUEST_REJECTED, fact.reason or None))
    return fact


def _tell_operator(fact: f.Refused) -> None:
    level = logging.ERROR if fact.halt in STOPS else logging.WARNING
    LOG.log(level, "submits are paused: %s (%s)", ADVICE[fact.halt], fact.reason)


async def _settle_apart(unit: Unit, id: UUID, fact: f.Fact) -> None:
    """The image has gone on without this attempt: its task is asked for by itself, its result is a late one."""
    attempt = await unit.attempts.of(id, fact.attempt)
    if attempt is not None and attempt.settled_at is None:
        await unit.attempts.note(attempt.id, wake_at=unit.now)
        unit.wake(Wake("attempt", attempt.id))


async def keep_task(database: Database, attempt: Attempt, task_id: str, policy: Policy) -> bool:
    """Write the submit's own task id on its attempt, whatever has become of the image.

    Should the fact itself get lost after this, the task is asked for within a turn all the same. False where the
    attempt holds another one already: two tasks were made for one try, an alarm. Raises `Unavailable`.
    """

    async def work(unit: Unit) -> bool:
        if not await unit.attempts.keep_task(attempt.id, task_id):
            return False
        image = await unit.images.load(attempt.image)
        if image is not None and not image.lives_by(attempt.number):
            await unit.attempts.note(attempt.id, wake_at=unit.now)
        elif image is not None and image.status is Status.SUBMITTING:
            await unit.images.postpone(image, replace(image, wake_at=unit.now + seconds(policy.turn)))
        return True

    return await database.transact(work)
