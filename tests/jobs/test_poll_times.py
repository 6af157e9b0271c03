"""How often the provider is asked, by its own count: with callbacks, without, and where they get lost."""

from __future__ import annotations

from uuid import UUID

from server.core.image import Estimate
from server.core.ports import Unit
from tests.jobs.conftest import OpenStudio
from tests.studio import Entity, Studio, eventually

# So fast that a picture is expected after a quarter of a second.
FAST = 100.0


async def completed(studio: Studio, prompt: str, count: int = 1) -> list[Entity]:
    images = await studio.generate(prompt, count=count)
    done = [await studio.tab.finished(image["id"]) for image in images]
    assert {image["status"] for image in done} == {"completed"}
    return done


async def polls(studio: Studio, prompt: str) -> list[int]:
    """How often each task of that prompt was asked for."""
    tasks = (await studio.simulator.get("/simulator/tasks")).json()["tasks"]
    return [task["polls"] for task in tasks if task["prompt"] == prompt]


async def estimate(studio: Studio, image: Entity) -> Estimate:
    async def read(unit: Unit) -> Estimate:
        row = await unit.images.load(UUID(image["id"]))
        assert row is not None
        assert row.estimate is not None
        return row.estimate

    return await studio.shop.parts.database.transact(read)


async def test_a_callback_costs_one_confirmation(studio: Studio) -> None:
    prompt = "a boat [[ok]] [[duration:0.5]]"
    await completed(studio, prompt, count=4)
    assert await polls(studio, prompt) == [1, 1, 1, 1]


async def test_what_a_callback_told_is_learned(studio_with: OpenStudio) -> None:
    async with studio_with(nanobanana_simulator_speed=1.0) as studio:
        [first] = await completed(studio, "a boat [[ok]] [[small]] [[duration:0.5]]")
        [second] = await studio.generate("a ship [[ok]] [[small]]")
        before, after = await estimate(studio, first), await estimate(studio, second)
        assert after.called_back
        # The published figure counts for four pictures, so a fifth root was taken of what this one took.
        took = (after.p50 / before.p50) ** 5 * before.p50
        assert 0.4 < took < before.p50 / 2


async def test_lost_callbacks_are_found_by_looking_and_then_not_counted_on(studio_with: OpenStudio) -> None:
    async with studio_with(nanobanana_simulator_speed=FAST) as studio:
        prompt = "a boat [[no-callback]] [[ok]] [[small]]"
        for count in (1, 2):
            [image] = await completed(studio, prompt)
            assert (await estimate(studio, image)).called_back is (count == 1)
        assert max(await polls(studio, prompt)) <= 12


async def test_without_callbacks_it_is_found_all_the_same(studio_with: OpenStudio) -> None:
    async with studio_with(nanobanana_simulator_speed=FAST, callbacks=False) as studio:
        prompt = "a boat [[ok]] [[small]] [[duration:1.0]]"
        [image] = await completed(studio, prompt)
        assert not (await estimate(studio, image)).called_back
        [asked] = await eventually(lambda: polls(studio, prompt), bool)
        assert 2 <= asked <= 12
