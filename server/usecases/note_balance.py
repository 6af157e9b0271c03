"""Whether the provider's balance is to be asked for, and what follows from the answer."""

from __future__ import annotations

from datetime import datetime

from server.core.backoff import exponential
from server.core.pause import Pause
from server.core.ports import Database, Unit
from server.core.stores import Wake
from server.usecases.move_image import Rules

LEASE = 60.0
"""Seconds for which one process is the only one to ask: longer than any answer takes."""


async def expect_another_key(database: Database) -> None:
    """A process has started, perhaps with another key: where the old one is refused, ask at once.

    Raises `Unavailable`.
    """
    await database.transact(lambda unit: unit.provider.expect_another_key())


async def claim_reading(database: Database) -> datetime | None:
    """Take the turn to ask; None where nobody is to ask now, as on every system that is idle and well.

    Raises `Unavailable`.
    """
    return await database.transact(lambda unit: unit.provider.claim_reading(LEASE))


async def note_balance(
    database: Database, turn: datetime, credits: float | None, retry_after: float | None, rules: Rules
) -> bool:
    """Keep the answer (`credits` is None where there was none); True where it ends a stop, so that dispatch goes on.

    An answer whose turn was lost is dropped: somebody else asks. `retry_after` is in seconds. Raises `Unavailable`.
    """

    async def work(unit: Unit) -> bool:
        pause = await unit.provider.at_turn(turn)
        if pause is None:
            return False
        if credits is not None:
            await unit.ledger.add_reading(credits)
        mended = pause.stopped and pause.mended_by(credits, unit.now)
        wait = rules.policy.balance_interval if mended else _wait(pause, credits, unit.now, rules)
        await unit.provider.note_answer(credits, max(wait, retry_after or 0.0))
        if credits is not None and credits != pause.credits:
            unit.stir_queue()
        if mended:
            await unit.provider.go_ahead()
            unit.wake(Wake("dispatch"))
            unit.stir_queue()
        return mended

    return await database.transact(work)


def _wait(pause: Pause, credits: float | None, now: datetime, rules: Rules) -> float:
    """Seconds until the balance is to be asked for again."""
    policy = rules.policy
    if not pause.stopped:
        return policy.balance_interval
    wait = exponential(pause.asks, policy.slow_pause, policy.pause_cap, rules.rng)
    if pause.until is not None and pause.mended_by(credits, pause.until):
        # There are credits, as there were when the submit was refused: only the pause is to be waited for.
        return min(wait, (pause.until - now).total_seconds())
    return wait
