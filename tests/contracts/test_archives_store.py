"""The port `Archives`, on its one adapter."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from tests.contracts.rows import Home


async def test_an_archive_keeps_its_pictures_in_their_order(home: Home) -> None:
    ids = [uuid4() for _ in range(500)]
    archive = await home.do(lambda unit: unit.archives.add(home.workspace, ids, 600.0))
    assert (archive.workspace, archive.images) == (home.workspace, tuple(ids))
    left = archive.expires_at - await home.database.time()
    assert timedelta(seconds=590) < left <= timedelta(seconds=600)
    assert await home.do(lambda unit: unit.archives.load(archive.id)) == archive
    assert await home.do(lambda unit: unit.archives.load(uuid4())) is None


async def test_what_is_over_cannot_be_loaded_and_is_forgotten(home: Home) -> None:
    over = await home.do(lambda unit: unit.archives.add(home.workspace, [uuid4()], -1.0))
    good = await home.do(lambda unit: unit.archives.add(home.workspace, [uuid4()], 600.0))
    assert await home.do(lambda unit: unit.archives.load(over.id)) is None
    assert await home.do(lambda unit: unit.archives.prune()) == 1
    assert await home.do(lambda unit: unit.archives.prune()) == 0
    assert await home.do(lambda unit: unit.archives.load(good.id)) == good
