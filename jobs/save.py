"""Bring a picture's bytes home: an upload from the staging area, a result from the provider's host."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping

from jobs.nanobanana.download import Bad, Gone, Interrupted, TooSlow, Unsafe
from jobs.workshop import Workshop
from server.core import facts as f
from server.core.errors import Problem, ProblemCode
from server.core.image import Attempt, Image, Rendition, Status
from server.core.ports import Decoded, DecodedRendition, Missing, Overwhelming, Unavailable, Undecodable
from server.core.signing import extension
from server.usecases.claim_turn import Turn
from server.usecases.record_fact import record_fact
from server.usecases.upload_image import staging_key

LOG = logging.getLogger(__name__)
PATIENCE = 4
"""How often a picture that took too much memory or time is tried again, with growing pauses."""


async def ingest(shop: Workshop, held: Turn) -> Image | None:
    """Decode an upload, turn it upright, strip it, store its renditions, and forget the bytes that came."""
    image = held.image
    if image.status is Status.PENDING:
        # The row moves on, and with it the turn that can be kept: it is taken anew for the work itself.
        return await record_fact(shop.parts.database, image.id, f.IngestStarted(), shop.parts.rules)
    fact = await _ingest(shop, image)
    after = await record_fact(shop.parts.database, image.id, fact, shop.parts.rules)
    if after.finished:
        await shop.parts.blobs.delete(staging_key(image.id))
    return after


async def _ingest(shop: Workshop, image: Image) -> f.Fact:
    try:
        data = await shop.parts.blobs.get(staging_key(image.id))
        decoded = await shop.decoder.decode(data, keep_original=False)
        return f.Stored(renditions=await _store(shop, image, decoded), thumbhash=decoded.thumbhash)
    except Overwhelming as error:
        return _once_more(image, 0, Problem(ProblemCode.BAD_IMAGE, str(error)))
    except (Undecodable, Missing) as error:
        return f.ResultRejected(problem=Problem(ProblemCode.BAD_IMAGE, str(error)[:200]))
    except Unavailable as error:
        LOG.warning("upload %s waits: %s", image.id, error)
        return f.SaveFailed(reason=str(error))


async def save(shop: Workshop, held: Turn) -> Image | None:
    """Fetch a generated picture, decode it, store it."""
    assert held.attempt is not None
    fact = await _fetch_and_store(shop, held.image, held.attempt)
    return await record_fact(shop.parts.database, held.image.id, fact, shop.parts.rules)


async def _fetch_and_store(shop: Workshop, image: Image, attempt: Attempt) -> f.Fact:
    number = attempt.number
    try:
        url = await _address(shop, image, attempt)
        decoded = await shop.decoder.decode(await shop.fetcher.fetch(url), keep_original=True)
        return f.Stored(number, await _store(shop, image, decoded), decoded.flat, decoded.thumbhash)
    except Gone:
        return f.ResultMissing(number)
    except Unsafe as error:
        return f.ResultRejected(number, Problem(ProblemCode.UNSAFE_RESULT, str(error), charged=True))
    except (Overwhelming, TooSlow) as error:
        return _once_more(image, number, Problem(ProblemCode.BAD_RESULT, str(error), charged=True))
    except (Bad, Undecodable) as error:
        return f.ResultRejected(number, Problem(ProblemCode.BAD_RESULT, str(error)[:200], charged=True))
    except (Interrupted, Unavailable) as error:
        LOG.warning("result of image %s waits: %s", image.id, error)
        return f.SaveFailed(number, str(error))


def _once_more(image: Image, attempt: int, problem: Problem) -> f.Fact:
    """Memory or time that is wanting now may be there later: a paid picture is not given up at once."""
    if image.tries < PATIENCE:
        LOG.warning("image %s waits: %s", image.id, problem.detail)
        return f.SaveFailed(attempt, problem.detail or "")
    return f.ResultRejected(attempt, problem)


async def _address(shop: Workshop, image: Image, attempt: Attempt) -> str:
    """Where the result lies; asked for again where it was not there. Raises `Gone`, `Interrupted`."""
    if image.misses == 0 and attempt.result_url:
        return attempt.result_url
    if attempt.known_task is None:
        raise Gone("The result's task is not known.")
    record = await shop.client.ask(attempt.number, attempt.known_task)
    if isinstance(record.fact, f.Generated):
        return record.fact.url
    if isinstance(record.fact, f.PollFailed):
        raise Interrupted(record.fact.reason)
    raise Gone("The provider has no result (any more).")


async def _store(shop: Workshop, image: Image, decoded: Decoded) -> Mapping[str, Rendition]:
    """Write every rendition under a key made from its content: a second run writes the same files."""
    stored: dict[str, Rendition] = {}
    for name, rendition in decoded.renditions.items():
        stored[name] = _described(image, name, rendition)
        await shop.parts.blobs.put(stored[name].key, rendition.data, rendition.media_type)
    return stored


def _described(image: Image, name: str, rendition: DecodedRendition) -> Rendition:
    sha256 = hashlib.sha256(rendition.data).hexdigest()
    return Rendition(
        key=f"{image.workspace}/{image.id}/{name}-{sha256}.{extension(rendition.media_type)}",
        sha256=sha256,
        media_type=rendition.media_type,
        width=rendition.width,
        height=rendition.height,
        size=len(rendition.data),
    )
