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

from jobs.balance import watch_balance
from jobs.dispatch import dispatch
from jobs.steps import run
from jobs.workshop import Workshop, open_workshop
from server.core.ports import Unavailable
from server.core.stores import Wake
from server.ending import end
from server.logs import configure_logs
from server.settings import Settings
from server.usecases.purge_images import empty_trash
from server.usecases.rescue_overdue import forget_old, rescue_overdue
from server.usecases.sweep_blobs import sweep_blobs
from server.wiring import Dependencies

LOG = logging.getLogger(__name__)
BATCH = 100
# An ordinary wake-up is on its way for a few milliseconds; this much later it counts as lost.
GRACE = 0.5
AT_ONCE = 16
HOUSEKEEPING = 600.0
# Pictures removed from the trash in one such round.
REMOVED_AT_ONCE = 200
SWEEPING = 6 * 3_600.0


@dataclass
class Hands:
    """What does the steps that no worker does."""

    free: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))


async def rescue_once(shop: Workshop, hands: Hands) -> int:
    """Look for overdue work once; how many rows were served here, because no worker did. Raises `Unavailable`."""
    parts = shop.parts
    outlook = await parts.database.outlook()
    await _tell(shop, outlook.pushes_late, hands)
    reserved = await dispatch(parts) if outlook.waiting else []
    if outlook.late < GRACE and not reserved:
        return 0
    deaf = not await _nudge(parts, Wake("due"))
    # After a nudge a worker has a whole turn to come; only what is later than that has nobody.
    grace = GRACE if deaf else GRACE + parts.rules.policy.turn
    left = await rescue_overdue(parts.database, grace, parts.rules.policy, BATCH) if outlook.late > grace else []
    # The wakes of a reservation went the way of the nudge: lost, where that was not taken.
    for wake in left + (reserved if deaf else []):
        await _do_it_here(shop, wake, hands)
    return len(left)


async def _tell(shop: Workshop, late: float, hands: Hands) -> None:
    """Have devices told what is due to them; here, where no worker does it within a turn."""
    if late < GRACE:
        return
    deaf = not await _nudge(shop.parts, Wake("push"))
    if deaf or late > GRACE + shop.parts.rules.policy.push_turn:
        await _do_it_here(shop, Wake("push"), hands)


async def _nudge(parts: Dependencies, wake: Wake) -> bool:
    """Have a worker look after whatever is due; False where the queue is away."""
    try:
        await parts.queue.enqueue(wake)
    except Unavailable:
        return False
    return True


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
    chores = Chores(asyncio.get_running_loop().time())
    while not stop.is_set():
        try:
            found = await _unless(stop, rescue_once(shop, hands))
            if found:
                LOG.info("rescued %d", found)
            await chores.do(shop)
        except Unavailable as error:
            LOG.warning("rescue waits: %s", error)
        except Exception:
            LOG.exception("rescue stumbled")
        with suppress(TimeoutError):
            async with asyncio.timeout(shop.parts.settings.rescue_interval):
                await stop.wait()


@dataclass
class Chores:
    """What has to be done now and then; the loop's times at which it was done last.

    `behind`: more was old than is forgotten at once, so the next round goes on.
    """

    tidied: float
    swept: float = float("-inf")
    behind: bool = False

    async def do(self, shop: Workshop) -> None:
        """Forget what is old, and remove what lay in the trash for long and files without an owner, where it is time.

        Raises `Unavailable`.
        """
        now = asyncio.get_running_loop().time()
        due = now - self.tidied >= HOUSEKEEPING
        if due:
            self.tidied = now
        if due or self.behind:
            self.behind = await forget_old(shop.parts.database, shop.parts.settings.event_days)
        if not due:
            return
        await _empty_trash(shop.parts)
        if now - self.swept >= SWEEPING:
            self.swept = now
            swept = await sweep_blobs(shop.parts.database, shop.parts.blobs)
            if swept:
                LOG.info("deleted %d files that no picture owned", swept)


async def _empty_trash(parts: Dependencies) -> None:
    days, policy = parts.settings.trash_days, parts.rules.policy
    removed = await empty_trash(parts.database, parts.blobs, days, REMOVED_AT_ONCE, policy)
    if removed:
        LOG.info("removed %d pictures and projects that lay in the trash for %d days", removed, days)


async def _unless(stop: asyncio.Event, round: Coroutine[None, None, int]) -> int:
    """A round, left off when it is time to stop: it may be waiting for hands that are full for minutes."""
    looking, stopping = asyncio.create_task(round), asyncio.create_task(stop.wait())
    await asyncio.wait({looking, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not looking.done():
        await end(looking)
    return 0 if looking.cancelled() else looking.result()


async def _main(settings: Settings) -> None:
    async with open_workshop(settings) as shop:
        # The steps' own event: a poll that is open here is given back, too.
        stop = shop.parts.leaving
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await asyncio.gather(watch(shop, stop), watch_balance(shop, stop))
        if _DOING:
            await asyncio.wait(_DOING, timeout=15)


def main() -> None:
    """Rescue until told to stop."""
    settings = Settings()
    configure_logs(settings.log_json)
    asyncio.run(_main(settings))


if __name__ == "__main__":
    main()
