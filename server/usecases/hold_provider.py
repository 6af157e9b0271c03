"""The operator's own pause, of every workspace at once: nothing goes to the provider until they lift it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from server.core.facts import Halt
from server.core.pause import ADVICE, Pause
from server.core.ports import Database, Unit
from server.core.stores import Wake


@dataclass(frozen=True, slots=True)
class Standing:
    """How submits stand, at the database's time `now`."""

    pause: Pause
    now: datetime

    @property
    def reason(self) -> Halt | None:
        """Why nothing is submitted; None where the provider takes work, as far as anybody knows."""
        return self.pause.told(self.now)[0]

    @property
    def sentence(self) -> str:
        """The same for the operator, with what to do and when it is tried again."""
        reason, until = self.pause.told(self.now)
        if reason is None:
            return "Submits go on."
        return ADVICE[reason] + (f" Next try at {until:%Y-%m-%d %H:%M:%S}Z." if until else "")


async def hold_provider(database: Database, held: bool) -> bool:
    """Hold all submits, or let them go on; what is at the provider already is seen through. False where it was so.

    Letting go also looks at once into what the provider refused for want of a key or of credits. Raises `Unavailable`.
    """

    async def work(unit: Unit) -> bool:
        changed = await unit.provider.hold(held)
        if not held:
            unit.wake(Wake("dispatch"))
        unit.stir_queue()
        return changed

    return await database.transact(work)


async def read_standing(database: Database) -> Standing:
    """How submits stand now. Raises `Unavailable`."""

    async def work(unit: Unit) -> Standing:
        return Standing(await unit.provider.read(), unit.now)

    return await database.transact(work)
