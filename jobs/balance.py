"""Asks for the provider's balance, which is free: while it stops all submits, and now and then while money is spent.

Whose turn it is to ask stands in PostgreSQL, so of any number of processes one asks. A system that is idle and well
asks nothing.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from jobs.workshop import Workshop
from server.core.ports import Unavailable
from server.usecases.note_balance import claim_reading, expect_another_key, note_balance

LOG = logging.getLogger(__name__)


async def watch_balance(shop: Workshop, stop: asyncio.Event) -> None:
    """Look every `rescue_interval` seconds whether it is to be asked for, until told to stop; no error ends it."""
    with suppress(Unavailable):
        await expect_another_key(shop.parts.database)
    while not stop.is_set():
        try:
            await read_balance_once(shop)
        except Unavailable as error:
            LOG.warning("the balance waits: %s", error)
        except Exception:
            LOG.exception("reading the balance stumbled")
        with suppress(TimeoutError):
            async with asyncio.timeout(shop.parts.settings.rescue_interval):
                await stop.wait()


async def read_balance_once(shop: Workshop) -> bool:
    """Ask, if it is our turn; whether it was. Bounded by the client's own time-outs. Raises `Unavailable`."""
    parts = shop.parts
    if not (await parts.database.outlook()).reading:
        return False
    turn = await claim_reading(parts.database)
    if turn is None:
        return False
    balance = await shop.client.balance()
    if await note_balance(parts.database, turn, balance.credits, balance.retry_after, parts.rules):
        LOG.info("submits go on: the provider answers, %g credits", balance.credits)
    return True
