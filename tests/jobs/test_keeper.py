"""Turns are kept for as long as the work lasts, however many, and no longer."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from jobs.keeper import Keeper
from server.core import facts as f
from server.core.image import Image, Status
from server.core.limits import Policy, seconds
from server.infra.database import PostgresDatabase
from server.usecases.claim_turn import claim_due
from tests.server.usecases.studio import RESULT, TASK, Studio, Told, open_studio
from tests.studio import eventually

QUICK = replace(Policy(), turn=0.6, renewal=0.1)


@pytest.fixture
async def studio(database: PostgresDatabase) -> Studio:
    return await open_studio(database, Told())


async def held(studio: Studio, number: int) -> list[Image]:
    for _ in range(number):
        await studio.let_pass(500, await studio.bring(Status.PROCESSING))
    return [turn.image for turn in await claim_due(studio.database, number, QUICK)]


async def test_many_turns_outlast_their_first_end(studio: Studio) -> None:
    images = await held(studio, 5)
    ends = max(image.wake_at for image in images if image.wake_at)
    keeper = Keeper(studio.database, QUICK)
    async with keeper.running():
        with keeper.keep(images[0]), keeper.keep(images[1]), keeper.keep(images[2]):
            await eventually(studio.database.time, lambda now: now > ends)
            let_go = {turn.image.id for turn in await claim_due(studio.database, 10, QUICK)}
            assert let_go == {images[3].id, images[4].id}
            assert keeper.latest(images[0]) == await studio.load(images[0].id)


async def test_a_round_that_breaks_down_is_not_the_last(studio: Studio, caplog: pytest.LogCaptureFixture) -> None:
    [image] = await held(studio, 1)
    unheard_of: Any = "what PostgreSQL takes for no id"
    keeper = Keeper(studio.database, QUICK)

    async def said() -> str:
        return caplog.text

    async with keeper.running():
        with keeper.keep(image):
            with keeper.keep(replace(image, id=unheard_of)):
                await eventually(said, lambda text: "prolonging turns stumbled" in text)
            broken = await studio.database.time()
            await eventually(
                lambda: studio.load(image.id), lambda row: row.wake_at > broken + seconds(QUICK.turn - QUICK.renewal)
            )


async def test_what_is_let_go_is_soon_anybodys(studio: Studio) -> None:
    [image] = await held(studio, 1)
    keeper = Keeper(studio.database, QUICK)
    async with keeper.running():
        with keeper.keep(image):
            pass
        await eventually(lambda: claim_due(studio.database, 1, QUICK), lambda turns: len(turns) == 1)
    assert keeper.latest(image) is image


async def test_an_image_that_has_moved_on_is_not_held_back(studio: Studio) -> None:
    [image] = await held(studio, 1)
    keeper = Keeper(studio.database, QUICK)
    async with keeper.running():
        with keeper.keep(image):
            saving = await studio.record(image, f.Generated(1, TASK, RESULT))
            await eventually(lambda: asyncio.sleep(0, keeper.held), lambda number: number == 0)
            assert (await studio.load(image.id)).wake_at == saving.wake_at
