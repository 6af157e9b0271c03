"""Tells devices what is due to them: a bounded number at once, each message by whoever holds its turn."""

from __future__ import annotations

import asyncio
import logging
from itertools import groupby

from jobs.workshop import Workshop
from server.core.ports import Envelope, Outcome, Unavailable
from server.core.push_message import topic, urgency
from server.core.stores import Wake
from server.usecases.claim_pushes import Letter, claim_pushes
from server.usecases.settle_pushes import settle_pushes

LOG = logging.getLogger(__name__)

ROUNDS = 20
"""After so many rounds another wake goes on: no job lasts for ever, however slow push services are."""


async def send_due(shop: Workshop) -> None:
    """Tell whatever is due, some devices at a time, as far as hands are free; others come back for the rest.

    Raises `Unavailable`: rescue will come back to it.
    """
    for _ in range(ROUNDS):
        letters = await _claim(shop)
        if letters is None:
            return
        await asyncio.gather(*(_deliver(shop, list(own)) for _, own in groupby(letters, lambda one: one.device.id)))
    await shop.parts.queue.enqueue(Wake("push"))


async def _claim(shop: Workshop) -> list[Letter] | None:
    wanted = shop.postmen.free
    if wanted <= 0 or shop.parts.leaving.is_set():
        return None
    # Taken before anything is awaited, and given back by `_deliver`, one a device.
    shop.postmen.free -= wanted
    devices = 0
    try:
        letters = await claim_pushes(shop.parts.database, wanted, shop.parts.secret, shop.parts.rules)
        devices = len({letter.device.id for letter in letters or ()})
    finally:
        shop.postmen.free += wanted - devices
    return letters


async def _deliver(shop: Workshop, letters: list[Letter]) -> None:
    """One device's, one after the other; its trouble is not the others'."""
    until = asyncio.get_running_loop().time() + _held(shop)
    try:
        for letter in letters:
            # Who stood still has lost the turn: another has sent it since, or is about to.
            if asyncio.get_running_loop().time() > until:
                return
            await _send(shop, letter)
    except Unavailable as error:
        LOG.warning("device %s waits: %s", letters[0].device.id, error)
    except Exception:
        LOG.exception("telling device %s stumbled; it is tried again", letters[0].device.id)
    finally:
        shop.postmen.free += 1


def _held(shop: Workshop) -> float:
    """Seconds after a claim within which a message can be begun so that it ends within the turn."""
    policy = shop.parts.rules.policy
    return policy.push_turn - policy.push_timeout


async def _send(shop: Workshop, letter: Letter) -> None:
    device, message = letter.device, letter.message
    delivery = await shop.post.send(
        Envelope(
            device.endpoint,
            device.p256dh,
            device.auth,
            message.encode(),
            letter.ttl,
            urgency(message.kind),
            topic(device.id, message.tag),
        )
    )
    if delivery.outcome is not Outcome.SENT:
        LOG.info("device %s was not told: %s", device.id, delivery.reason)
    await settle_pushes(shop.parts.database, letter, delivery, shop.parts.rules)
