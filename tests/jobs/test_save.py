"""Saving under trouble of our own: nothing paid is given up at once, and nothing broken is kept."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from jobs.nanobanana.download import ResultFetcher
from jobs.save import PATIENCE, save
from jobs.steps import run
from jobs.workshop import Workshop
from server.core.image import Image
from server.core.ports import Decoded, Overwhelming, Unavailable
from server.core.stores import Wake
from server.infra.decoder import ProcessDecoder
from server.usecases.claim_turn import Turn
from tests.studio import Studio, eventually, jpeg


class Overwhelmed(ProcessDecoder):
    """The real decoder, in a machine that is short of memory for its first `times` pictures."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    async def decode(self, data: bytes, keep_original: bool) -> Decoded:
        if self.times:
            self.times -= 1
            raise Overwhelming("The picture needs more memory or time to decode than it may have.")
        return await super().decode(data, keep_original)


async def _row(studio: Studio, id: str) -> Image:
    image = await studio.shop.parts.database.transact(lambda unit: unit.images.load(UUID(id)))
    assert image is not None
    return image


class Fetched(ResultFetcher):
    """The result has come, whatever the simulator does."""

    def __init__(self) -> None:
        super().__init__([])

    async def fetch(self, url: str) -> bytes:
        return jpeg()


async def _saving(studio: Studio) -> Image:
    """A paid image that the worker cannot download, so that the test's own hands save it."""
    [image] = await studio.generate("a boat [[result-500]]")
    await studio.tab.until(image["id"], lambda told: told["status"] == "saving")
    return await eventually(lambda: _row(studio, image["id"]), lambda row: row.tries > 0)


async def _save(studio: Studio, shop: Workshop, row: Image) -> Image:
    attempt = await shop.parts.database.transact(lambda unit: unit.attempts.of(row.id, row.attempt))
    await save(shop, Turn(row, attempt, row.phase_started_at))
    return await _row(studio, str(row.id))


async def test_a_paid_picture_survives_decoders_that_end_over_it(studio: Studio) -> None:
    row = replace(await _saving(studio), tries=PATIENCE - 1)
    decoder = Overwhelmed(1)
    await decoder.start()
    shop = replace(studio.shop, decoder=decoder, fetcher=Fetched())
    assert (await _save(studio, shop, row)).status == "saving"
    assert (await _save(studio, shop, row)).status == "completed"
    await decoder.aclose()


async def test_a_picture_that_overwhelms_every_decoder_fails_in_the_end(studio: Studio) -> None:
    row = replace(await _saving(studio), tries=PATIENCE)
    shop = replace(studio.shop, decoder=Overwhelmed(1), fetcher=Fetched())
    failed = await _save(studio, shop, row)
    assert failed.status == "failed"
    assert failed.error is not None
    assert (failed.error["code"], failed.error["charged"]) == ("bad_result", True)


async def test_a_full_disk_keeps_the_image_saving(studio: Studio) -> None:
    """F25: never an empty blob, and it goes on once there is room."""
    row = await _saving(studio)
    full = replace(studio.shop.parts, blobs=_Full(studio.shop.parts.blobs))
    await run(replace(studio.shop, parts=full), Wake("image", row.id, turn=row.wake_at))
    assert (await _row(studio, str(row.id))).status == "saving"
    assert await studio.shop.parts.blobs.keys("") == []


class _Full:
    """The real blobs on a disk without room."""

    def __init__(self, blobs: object) -> None:
        self._blobs = blobs

    def __getattr__(self, name: str) -> object:
        return getattr(self._blobs, name)

    async def put(self, key: str, data: bytes, media_type: str) -> None:
        raise Unavailable("No space left on device")
