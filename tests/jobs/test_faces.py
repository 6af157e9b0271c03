"""Every face of the provider, walked to its end by the real worker: the status, the problem, and who paid for what."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import pytest

from jobs.balance import watch_balance
from jobs.nanobanana.faces import FACES, Face, Side
from jobs.steps import run
from server.core.errors import ProblemCode
from server.core.facts import Halt
from server.core.image import Image, Status
from tests.jobs.conftest import OpenStudio
from tests.jobs.nanobanana.test_faces import of, prompt
from tests.jobs.quiet import Quiet, open_quiet
from tests.studio import Entity, Studio, eventually, studio_settings

AT_ITS_DEADLINE = frozenset({ProblemCode.TIMED_OUT, ProblemCode.MAY_HAVE_BEEN_CHARGED})
# Many at once on a busy machine, and no refusal of our own among those of the provider.
WIDE = {
    "workspace_concurrency": 100,
    "total_concurrency": 100,
    "generation_rate": 1000,
    "result_max_bytes": 1 << 20,
    "result_timeout": 1.5,
    "submit_timeout": 80.0,
}
PATIENCE = 90.0

End = tuple[str, str | None, bool, int]


def foreseen(faces: Iterable[Face]) -> dict[str, End]:
    """What the table says each ends in: status, problem, whether it is told as maybe paid, tasks at the provider."""
    return {
        face.name: (str(face.status), face.problem and str(face.problem), face.charged, face.tasks) for face in faces
    }


async def asked(studio: Studio, face: Face) -> str:
    """The id of an image that meets the face."""
    [image] = await studio.generate(prompt(face), model="nano-banana-2")
    return str(image["id"])


async def ended(studio: Studio, faces: Sequence[Face]) -> dict[str, End]:
    """All of them at once, and what they have come to."""
    ids = [await asked(studio, face) for face in faces]
    images = await asyncio.gather(*(studio.tab.finished(id, PATIENCE) for id in ids))
    charges = await studio.charges()
    return {
        face.name: _end(image, sum(charge["prompt"] == prompt(face) for charge in charges))
        for face, image in zip(faces, images, strict=True)
    }


def _end(image: Entity, tasks: int) -> End:
    error = image["error"] or {"code": None, "charged": False}
    return image["status"], error["code"], error["charged"], tasks


@pytest.mark.parametrize("side", Side)
async def test_every_face_comes_to_what_the_table_says(studio_with: OpenStudio, side: Side) -> None:
    faces = [face for face in of(side) if face.halt is None and face.problem not in AT_ITS_DEADLINE]
    async with studio_with(**WIDE) as studio:
        assert await ended(studio, faces) == foreseen(faces)


async def test_what_only_time_ends_comes_to_what_the_table_says(studio_with: OpenStudio) -> None:
    faces = [face for face in of(*Side) if face.problem in AT_ITS_DEADLINE]
    assert {face.side for face in faces} == {Side.SUBMIT, Side.RECORD}
    async with studio_with(**WIDE, processing_deadline=40.0, unknown_deadline=40.0) as studio:
        assert await ended(studio, faces) == foreseen(faces)


@pytest.mark.parametrize("face", [face for face in of(Side.SUBMIT) if face.halt], ids=lambda face: str(face.name))
async def test_what_all_wait_for_is_told_and_then_goes_on(studio_with: OpenStudio, face: Face) -> None:
    """Refused once: nothing is paid, the image stays pending, the reason is known. Then it is made, and paid for."""
    async with studio_with(time_factor=0.05) as studio, asking_for_the_balance(studio):
        id = await asked(studio, face)
        await studio.tab.until(id, lambda image: image["status"] == "submitting")
        waiting = await studio.tab.until(id, lambda image: image["status"] != "submitting")
        assert (waiting["status"], waiting["error"]) == (str(face.status), None)
        assert await studio.charges() == []
        assert await _reason(studio) is face.halt
        assert (await studio.tab.finished(id, PATIENCE))["status"] == "completed"
        assert [charge["prompt"] for charge in await studio.charges()] == [prompt(face)]
        assert len(await studio.submits(prompt(face))) == 2


@asynccontextmanager
async def asking_for_the_balance(studio: Studio) -> AsyncIterator[None]:
    """What ends a stop that no waiting mends."""
    stop = asyncio.Event()
    watching = asyncio.create_task(watch_balance(studio.shop, stop))
    try:
        yield
    finally:
        stop.set()
        await watching


async def _reason(studio: Studio) -> Halt | None:
    pause = await studio.shop.parts.database.transact(lambda unit: unit.provider.read())
    return pause.reason


async def test_a_black_picture_is_kept_and_flagged_and_no_other_is(studio_with: OpenStudio) -> None:
    faces = [face for face in FACES if face.name in ("black", "JPEG")]
    async with studio_with(**WIDE) as studio:
        ids = {face.name: await asked(studio, face) for face in faces}
        images = {name: await studio.tab.finished(id, PATIENCE) for name, id in ids.items()}
    assert {name: image["metadata"].get("flat", False) for name, image in images.items()} == {
        "black": True,
        "JPEG": False,
    }


# What a result is taken for


async def test_a_result_is_taken_for_what_the_table_says(
    database_url: str, redis_url: str, simulator_url: str, tmp_path: Path
) -> None:
    """After its first download a row shows which fact was recorded: no two of them leave it alike."""
    options = {"callbacks": False, "result_max_bytes": 1 << 20, "result_timeout": 1.0}
    faces = of(Side.RESULT)
    async with open_quiet(studio_settings(database_url, redis_url, simulator_url, tmp_path, **options)) as quiet:
        seen = {face.name: _fact_behind(await _fetched_once(quiet, face)) for face in faces}
    assert seen == {face.name: face.fact.__name__ for face in faces}


async def _fetched_once(quiet: Quiet, face: Face) -> Image:
    wake = await quiet.reserved(prompt(face))
    assert wake.id is not None
    await run(quiet.shop, wake)

    async def look(id: UUID = wake.id) -> Image:
        image = await quiet.row(id)
        return await quiet.do_what_is_due(id) if image.status is Status.PROCESSING else image

    return await eventually(look, lambda image: image.status is not Status.PROCESSING)


def _fact_behind(image: Image) -> str:
    if image.status is Status.SAVING:
        return {(1, 0): "SaveFailed", (0, 1): "ResultMissing"}[image.tries, image.misses]
    return {Status.COMPLETED: "Stored", Status.FAILED: "ResultRejected"}[image.status]
