"""Finds wake-ups that got lost and ends what is overdue: a process of its own, without arq.

PostgreSQL holds the work, so Redis may be flushed or gone, and every worker dead or deaf: then rescue does the steps
itself, slower, and nothing is lost. Run as `python -m jobs.rescue`.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID

from jobs.dispatch import dispatch
from jobs.steps import run
from jobs.workshop import Workshop, open_workshop
from server.core.ports import Unavailable
from server.core.stores import Wake
from server.logs import configure_logs
from server.settings import Settings
from server.usecases.rescue_overdue import forget_old, rescue_overdue

LOG = logging.getLogger(__name__)
# An ordinary wake-up is on its way for a few milliseconds; this much later it counts as lost.
GRACE = 0.5
AT_ONCE = 16
HOUSEKEEPING = 600.0
# How many turns long a row is remembered that went to the queue: one for a worker to come, the rest for our own rounds.
MEMORY = 3


@dataclass
class Hands:
    """What does the steps that no worker does. `given`: which rows went to the queue, and when (the loop's time)."""

    free: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    given: dict[UUID | None, float] = field(default_factory=dict)

    def unserved(self, wake: Wake, turn: float) -> bool:
        """Whether the queue took this row's last turn, and nobody came for it: no worker lives, or none hears."""
        now = asyncio.get_running_loop().time()
        self.given = {id: then for id, then in self.given.items() if now - then < MEMORY * turn}
        return self.given.pop(wake.id, None) is not None


async def rescue_once(shop: Workshop, hands: Hands) -> int:
    """Look for overdue work once; how much there was. Raises `Unavailable`."""
    parts = shop.parts
    overdue = await rescue_overdue(parts.database, GRACE, parts.rules.policy)
    left = await _give(shop, overdue, hands)
    reserved = await dispatch(parts)
    # The wakes of a reservation went the same way as ours: lost, where ours were not taken.
    for wake in left.wakes + (reserved if left.queue_is_away else []):
        await _do_it_here(shop, wake, hands)
    return len(overdue)


@dataclass
class Left:
    """What the queue is no help with."""

    wakes: list[Wake] = field(default_factory=list)
    queue_is_away: bool = False


async def _give(shop: Workshop, wakes: list[Wake], hands: Hands) -> Left:
    """Hand the wakes to the queue; what is left is to be done here."""
    left = Left()
    for wake in wakes:
        if left.queue_is_away or hands.unserved(wake, shop.parts.rules.policy.turn):
            left.wakes.append(wake)
            continue
        try:
            await shop.parts.queue.enqueue(wake)
            hands.given[wake.id] = asyncio.get_running_loop().time()
        except Unavailable:
            # Each vain call may take 2 s: it is asked once a round.
            left.queue_is_away = True
            left.wakes.append(wake)
    return left


_DOING: set[asyncio.Task[None]] = set()


async def _do_it_here(shop: Workshop, wake: Wake, hands: Hands) -> None:
    """Do the step in this process, a bounded number at once."""
    await hands.free.acquire()

    async def step() -> None:
        try:
            await run(shop, wake)
        except Unavailable as error:
            LOG.warning("%s %s waits: %s", wake.what, wake.id, error)
        except Exception:
            LOG.exception("%s %s failed", wake.what, wake.id)
        finally:
            hands.free.release()

    task = asyncio.create_task(step())
    _DOING.add(task)
    task.add_done_callback(_DOING.discard)


async def watch(shop: Workshop, stop: asyncio.Event) -> None:
    """Rescue every `rescue_interval` seconds until told to stop; no error ends it."""
    hands = Hands()
    loop = asyncio.get_running_loop()
    tidied = loop.time()
    while not stop.is_set():
        try:
            found = await _unless(stop, rescue_once(shop, hands))
            if found:
                LOG.info("rescued %d", found)
            if loop.time() - tidied > HOUSEKEEPING:
                tidied = loop.time()
                await forget_old(shop.parts.database, shop.parts.settings.event_days)
        except Unavailable as error:
            LOG.warning("rescue waits: %s", error)
        except Exception:
            LOG.exception("rescue stumbled")
        with suppress(TimeoutError):
            async with asyncio.timeout(shop.parts.settings.rescue_interval):
                await stop.wait()


async def _unless(stop: asyncio.Event, round: Coroutine[None, None, int]) -> int:
    """A round, left off when it is time to stop: it may be waiting for hands that are full for minutes."""
    looking, stopping = asyncio.create_task(round), asyncio.create_task(stop.wait())
    await asyncio.wait({looking, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not looking.done():
        looking.cancel()
        await asyncio.wait({looking})
    return 0 if looking.cancelled() else looking.result()


async def _main(settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with open_workshop(settings) as shop:
        await watch(shop, stop)
        if _DOING:
            await asyncio.wait(_DOING, timeout=15)


def main() -> None:
    """Rescue until told to stop."""
    settings = Settings()
    configure_logs(settings.log_json)
    asyncio.run(_main(settings))


if __name__ == "__main__":
    main()
