"""The trash is emptied by rescue, of pictures that a worker stored."""

from __future__ import annotations

import base64
from pathlib import Path

from jobs.rescue import Chores
from server.core.image import Image, Status
from server.usecases.change_image import trash_image
from tests.jobs.quiet import Quiet, open_quiet
from tests.studio import jpeg, studio_settings

AT_ONCE = float("-inf")


async def _trashed(quiet: Quiet, days: int) -> Image:
    """An upload, stored by the real steps and put into the trash so many days ago."""
    person = quiet.person
    image = await quiet.upload(jpeg())
    for _ in range(2):
        image = await quiet.do_what_is_due(image.id)
    assert image.status is Status.COMPLETED
    await trash_image(person.database, person.viewer, image.id, person.rules)
    await person.sql(
        "UPDATE image SET trashed_at = now() - make_interval(days => :days) WHERE id = :id RETURNING id",
        days=days,
        id=image.id,
    )
    return await quiet.row(image.id)


async def test_what_lay_there_for_long_goes_with_its_files(
    database_url: str, redis_url: str, simulator_url: str, tmp_path: Path
) -> None:
    settings = studio_settings(database_url, redis_url, simulator_url, tmp_path, trash_days=3)
    async with open_quiet(settings) as quiet:
        old, young = await _trashed(quiet, 4), await _trashed(quiet, 2)
        await Chores(AT_ONCE).do(quiet.shop)
        assert await quiet.person.all_images() == [young]
        keys = await quiet.shop.parts.blobs.keys(str(young.workspace))
        assert set(keys) == {rendition.key for rendition in young.renditions.values()}
        assert not set(keys) & {rendition.key for rendition in old.renditions.values()}


async def test_a_stored_picture_has_a_likeness(
    database_url: str, redis_url: str, simulator_url: str, tmp_path: Path
) -> None:
    settings = studio_settings(database_url, redis_url, simulator_url, tmp_path)
    async with open_quiet(settings) as quiet:
        image = await _trashed(quiet, 0)
        assert image.thumbhash is not None
        assert 5 < len(base64.b64decode(image.thumbhash, validate=True)) <= 28
