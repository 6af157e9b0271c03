"""Record what became of a letter: sent, no longer wanted there, refused, or to be tried again."""

from __future__ import annotations

from server.core.devices import Trouble
from server.core.limits import seconds
from server.core.ports import Database, Delivery, Outcome, Unit
from server.core.push_message import retry_wait
from server.core.pushes import Fate
from server.core.stores import Wake
from server.usecases.claim_pushes import Letter
from server.usecases.move_image import Rules


async def settle_pushes(database: Database, letter: Letter, delivery: Delivery, rules: Rules) -> None:
    """Twice is harmless. Raises `Unavailable`: the turn ends by itself then, and another sends it again."""

    async def work(unit: Unit) -> None:
        device = letter.device
        # The device's row before its pushes', as whoever claims takes them: nobody waits for each other.
        if delivery.outcome is Outcome.SENT:
            await unit.devices.note_sent(device.id)
            await unit.pushes.note_sent(letter.pushes)
        elif delivery.outcome is Outcome.GONE:
            await unit.devices.forget(device)
            unit.pushes.count(Fate.GONE, 1)
        elif delivery.outcome is Outcome.REFUSED:
            await unit.devices.note_trouble(device.id, Trouble.REFUSED)
            await unit.pushes.drop(letter.pushes, Fate.REFUSED)
        else:
            await _try_again(unit, letter, delivery.retry_after, rules)

    await database.transact(work)


async def _try_again(unit: Unit, letter: Letter, retry_after: float | None, rules: Rules) -> None:
    until = unit.now + seconds(retry_wait(letter.tries, retry_after, rules.policy, rules.rng))
    await unit.devices.note_trouble(letter.device.id, Trouble.UNREACHABLE, until)
    await unit.pushes.postpone(letter.pushes, letter.turn, until)
    unit.wake(Wake("push", at=until))
