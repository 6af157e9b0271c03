"""Pause all workers together, because the provider refused one of them."""

from __future__ import annotations

from server.core import facts as f
from server.core.backoff import exponential
from server.core.pause import STOPS, Pause
from server.core.ports import Unit
from server.core.stores import Wake
from server.usecases.move_image import Rules
from server.usecases.plan_pushes import plan_credits_low

# Nobody can mend these by waiting a second: the operator or the provider must act, so ask rarely.
_SLOW = STOPS | {f.Halt.MAINTENANCE}


async def pause_provider(unit: Unit, fact: f.Refused, rules: Rules) -> bool:
    """Within a unit: nobody submits for a while. True where the reason is news to the operator."""
    pause = await unit.provider.read()
    if _known(pause, fact) and (pause.stopped or (pause.until is not None and pause.until > unit.now)):
        # Others were on their way when the first was refused: one outage is one failure.
        return False
    policy = rules.policy
    base = policy.slow_pause if fact.halt in _SLOW else policy.pause_base
    duration = exponential(pause.failures, base, policy.pause_cap, rules.rng)
    if fact.retry_after is not None:
        # The provider's word; yet one that says "at once" whatever it is sent must not be asked without a pause.
        duration = max(fact.retry_after, policy.pause_base)
    news = await unit.provider.pause(fact.halt, duration, fact.retry_after or 0.0)
    after = await unit.provider.read()
    if news and fact.halt is f.Halt.OUT_OF_CREDITS:
        await plan_credits_low(unit, after.since or unit.now, policy)
    unit.wake(Wake("dispatch", at=after.until))
    unit.stir_queue()
    return news


def _known(pause: Pause, fact: f.Refused) -> bool:
    """Whether a pause that is on has all that this refusal says."""
    if fact.halt in STOPS:
        return pause.stopped and pause.reason is fact.halt
    return fact.retry_after is None
