"""Hand one image to the provider, once: the intent is committed right before the first byte is written."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from jobs.nanobanana.protocol import Submission
from jobs.workshop import Workshop
from server.core import facts as f
from server.core.backoff import exponential
from server.core.image import Image
from server.core.ports import Unavailable
from server.core.signing import sign_input
from server.usecases.claim_turn import Turn
from server.usecases.dispatch_images import release_image
from server.usecases.intend_submit import Abandoned, InputGone, Intent, Paused, commit_intent, prepare_intent
from server.usecases.record_fact import keep_task, record_fact

LOG = logging.getLogger(__name__)
T = TypeVar("T")

# Longer than any deadline of what uses it.
INPUT_LIFE = timedelta(hours=2)
PERSISTENCE = 120.0


async def submit(shop: Workshop, held: Turn) -> Image | None:
    """Submit a reserved image; one that is not reserved waits for the dispatcher."""
    parts = shop.parts
    if held.image.dispatched_at is None:
        await release_image(parts.database, held.image.id)
        return None
    try:
        intent = await prepare_intent(parts.database, held.image)
        fact = await _send(shop, intent)
    except InputGone:
        return await record_fact(parts.database, held.image.id, f.InputFailed(), parts.rules)
    except Paused:
        await release_image(parts.database, held.image.id)
        return None
    except Abandoned as reason:
        LOG.info("image %s is not submitted: %s", held.image.id, reason)
        return None
    try:
        return await persist(lambda: _record(shop, intent, fact))
    except Unavailable:
        LOG.error("attempt %s was answered and it could not be written: %s", intent.attempt.id, fact)
        raise


async def _send(shop: Workshop, intent: Intent) -> f.Fact:
    committed = False

    async def commit() -> None:
        nonlocal committed
        await commit_intent(shop.parts.database, intent, shop.parts.rules)
        committed = True

    fact = await shop.client.submit(intent.attempt.number, await _submission(shop, intent), commit)
    if committed or not isinstance(fact, f.Refused):
        return fact
    # No connection was had, so there was no intent: what the image is told names no attempt of its own.
    return f.Refused(0, fact.halt, fact.retry_after, fact.reason)


async def _record(shop: Workshop, intent: Intent, fact: f.Fact) -> Image:
    """The task id first and by itself: it is written whatever has become of the image."""
    database, policy = shop.parts.database, shop.parts.rules.policy
    if isinstance(fact, f.Accepted) and not await keep_task(database, intent.attempt, fact.task_id, policy):
        LOG.error("attempt %s got a second task, %s: both may be charged", intent.attempt.id, fact.task_id)
    return await record_fact(database, intent.image.id, fact, shop.parts.rules)


async def persist(work: Callable[[], Awaitable[T]]) -> T:
    """Do what must not be lost again and again while PostgreSQL is away, for two minutes. Raises `Unavailable`."""
    tries = 0
    time = asyncio.get_running_loop().time
    # Looked at after a try only: a process that stood still for longer must try all the same.
    end = time() + PERSISTENCE
    while True:
        try:
            return await work()
        except Unavailable as error:
            if time() > end:
                raise
            LOG.warning("a paid answer waits to be written: %s", error)
            await asyncio.sleep(exponential(tries, 0.1, 5.0, random.random))
            tries += 1


async def _submission(shop: Workshop, intent: Intent) -> Submission:
    image = intent.image
    assert image.model is not None
    return Submission(
        model=image.model,
        prompt=image.prompt,
        input_urls=tuple([await _input_url(shop, input) for input in intent.inputs]),
        aspect_ratio=intent.aspect_ratio,
        resolution=image.options.resolution,
        callback_url=_callback_url(shop, intent.nonce),
    )


async def _input_url(shop: Workshop, input: Image) -> str:
    """Where the provider fetches an input: the bucket itself if there is one, else our own signed address."""
    original = input.renditions["original"]
    address = await shop.parts.blobs.address(original.key, INPUT_LIFE.total_seconds())
    if address is not None:
        return address
    token = sign_input(shop.parts.secret, input.id, shop.parts.clock.now() + INPUT_LIFE, original.media_type)
    return f"{shop.parts.settings.base_url}/api/inputs/{token}"


def _callback_url(shop: Workshop, nonce: str) -> str | None:
    settings = shop.parts.settings
    if not settings.called_back:
        return None
    return f"{settings.base_url}/api/callbacks/nanobanana/{nonce}"
