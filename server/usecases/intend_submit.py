"""Commit the intent to submit: the last act before the provider may charge."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, replace
from uuid import uuid4

from server.core import facts as f
from server.core.catalog import MODELS, nearest_ratio
from server.core.image import Attempt, Image, Status
from server.core.ports import Database, Unit
from server.usecases.move_image import Rules, move_image


class Abandoned(Exception):
    """The image is no longer to be submitted (canceled, or somebody else did): write nothing to the socket."""


class Paused(Exception):
    """The provider has been paused since the image was reserved: write nothing to the socket."""


class InputGone(Exception):
    """A picture this one was to be made from is not there (any more)."""


@dataclass(frozen=True, slots=True)
class Intent:
    """What is about to be asked, before it is committed. The nonce goes into the callback's path and is kept hashed."""

    image: Image
    attempt: Attempt
    nonce: str
    aspect_ratio: str
    inputs: tuple[Image, ...]


def hash_nonce(nonce: str) -> bytes:
    """How a callback's nonce is kept."""
    return hashlib.sha256(nonce.encode()).digest()


async def prepare_intent(database: Database, image: Image) -> Intent:
    """Gather what the submit needs; commits nothing. Raises `InputGone`, `Unavailable`."""
    assert image.model is not None
    found = await database.transact(lambda unit: unit.images.in_workspace(image.workspace, image.inputs))
    by_id = {input.id: input for input in found if input.status is Status.COMPLETED}
    if not all(input in by_id for input in image.inputs):
        raise InputGone(f"an input of image {image.id} is not there (any more)")
    inputs = tuple(by_id[input] for input in image.inputs)
    attempt = Attempt(
        id=uuid4(),
        image=image.id,
        workspace=image.workspace,
        number=image.attempt + 1,
        created_at=image.created_at,
        model=image.model,
        resolution=image.options.resolution,
    )
    return Intent(image, attempt, secrets.token_urlsafe(24), _ratio(image, inputs), inputs)


async def commit_intent(database: Database, intent: Intent, rules: Rules) -> Image:
    """Open the attempt and move the image to `submitting`. Raises `Abandoned`, `Paused`, `Unavailable`."""

    async def work(unit: Unit) -> Image:
        image = await unit.images.load(intent.image.id)
        if image is None or image.status is not Status.PENDING or image.dispatched_at is None:
            raise Abandoned("the image is no longer pending")
        pause = await unit.provider.read()
        if pause.bars(unit.now):
            reason, until = pause.told(unit.now)
            raise Paused(f"nothing is submitted ({reason}, until {until or 'somebody acts'})")
        if pause.failures:
            await unit.queue.hold()
            # Several may have been reserved before the refusal; the pause over, one of them goes ahead.
            if await unit.queue.unanswered() > 1:
                raise Paused("another image goes ahead")
        fact = f.SubmitIntended(intent.attempt.number, aspect_ratio=intent.aspect_ratio)
        after = await move_image(unit, image, fact, rules)
        if after.status is not Status.SUBMITTING or after.attempt != intent.attempt.number:
            raise Abandoned("another worker was first")
        if after.dispatched_at is None:
            raise Abandoned("its reservation was taken back at this moment")
        assert image.model is not None
        price = rules.prices.of(image.model, image.options.resolution)
        if not await unit.attempts.open(replace(intent.attempt, price_usd=price), hash_nonce(intent.nonce)):
            raise Abandoned("another worker opened this attempt")
        return after

    return await database.transact(work)


def _ratio(image: Image, inputs: tuple[Image, ...]) -> str:
    if image.options.aspect_ratio is not None:
        return image.options.aspect_ratio
    assert image.model is not None
    if not inputs:
        return "1:1"
    first = inputs[0]
    assert first.width and first.height
    return nearest_ratio(first.width, first.height, MODELS[image.model].ratios)
