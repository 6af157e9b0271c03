"""What is broken on purpose at the provider, and exactly what must happen: one charge at most, nothing stuck.

Numbers in names are those of the project's table of faults. What each answer of the provider comes to by itself is
`test_faces.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx

from server.core.image import Image
from tests.jobs.conftest import OpenStudio
from tests.studio import UNFINISHED, Entity, Studio, eventually, free_port


async def failed(studio: Studio, prompt: str, patience: float = 20.0) -> Entity:
    """The one image of that prompt, which must fail; its error."""
    [image] = await studio.generate(prompt)
    done = await studio.tab.finished(image["id"], patience)
    assert done["status"] == "failed", done
    error: Entity = done["error"]
    return error


async def completed(studio: Studio, prompt: str, patience: float = 20.0) -> Entity:
    """The one image of that prompt, which must be completed."""
    [image] = await studio.generate(prompt)
    done = await studio.tab.finished(image["id"], patience)
    assert done["status"] == "completed", done
    return done


async def all_completed(studio: Studio, hows: Sequence[str]) -> list[Entity]:
    """An image for each behaviour, at once; all must be completed, each paid for once."""
    asked = [(await studio.generate(f"a boat [[{how}]]"))[0] for how in hows]
    done = [await studio.tab.finished(image["id"], 40.0) for image in asked]
    assert [image["status"] for image in done] == ["completed"] * len(hows)
    charged = [charge["prompt"] for charge in await studio.charges()]
    assert sorted(charged) == sorted(image["prompt"] for image in done)
    return done


async def never_paid_twice(studio: Studio, at_most: int = 1) -> None:
    """No task beyond what was asked for."""
    assert len(await studio.charges()) <= at_most


async def test_f15_ambiguous_submits_are_found_by_their_callbacks_and_never_repeated(studio: Studio) -> None:
    hows = ("html-502", "empty-200", "cut-json", "no-task-id", "cut", "code-500")
    for done in await all_completed(studio, hows):
        assert "unknown" in studio.tab.phases(done["id"])
        assert len(await studio.submits(done["prompt"])) == 1
        assert "submit_answer" in done["metadata"]


async def test_f3_an_ambiguous_submit_without_callback_ends_as_maybe_charged(studio_with: OpenStudio) -> None:
    async with studio_with(unknown_deadline=15.0) as studio:
        error = await failed(studio, "a boat [[cut]] [[no-callback]]")
        assert (error["code"], error["charged"]) == ("may_have_been_charged", True)
        await never_paid_twice(studio)


async def test_f3_its_retry_is_a_second_attempt(studio_with: OpenStudio) -> None:
    async with studio_with(unknown_deadline=10.0) as studio:
        [image] = await studio.generate("a boat [[html-502]] [[no-callback]]")
        await studio.tab.finished(image["id"])
        await studio.simulator.post("/simulator/settings", json={"behaviours": []})
        retried = await studio.http.post(f"/api/images/{image['id']}/retry")
        assert retried.json()["status"] == "pending"
        again = await studio.tab.until(image["id"], lambda i: i["attempt"] == 2 and i["status"] not in UNFINISHED)
        assert again["status"] == "failed"
        await never_paid_twice(studio, at_most=2)


async def test_f17_a_submit_that_is_never_answered_goes_the_same_road(studio_with: OpenStudio) -> None:
    async with studio_with(submit_timeout=5.0) as studio:
        done = await completed(studio, "a boat [[no-answer]]")
        assert len(await studio.submits(done["prompt"])) == 1
        await never_paid_twice(studio)


async def test_f16_a_429_pauses_every_submit_for_as_long_as_it_says(studio_with: OpenStudio) -> None:
    async with studio_with(workspace_concurrency=1) as studio:
        [first] = await studio.generate("first [[code-429:1:2]]")
        await studio.tab.until(first["id"], lambda image: image["status"] == "submitting")
        [second] = await studio.generate("second [[ok]]")
        await studio.tab.finished(first["id"])
        await studio.tab.finished(second["id"])
        seen = (await studio.simulator.get("/simulator/requests")).json()["requests"]
        submits = [request["at"] for request in seen if request["method"] == "POST"]
        assert len(submits) == 3
        assert submits[1] - submits[0] >= 1_950
        await never_paid_twice(studio, at_most=2)


async def test_f16_holds_although_redis_is_flushed(studio: Studio, redis_url: str) -> None:
    from redis.asyncio import Redis

    [image] = await studio.generate("first [[code-429:1:2]]")
    await studio.tab.until(image["id"], lambda told: told["status"] == "submitting")
    await studio.tab.until(image["id"], lambda told: told["status"] == "pending")
    async with Redis.from_url(redis_url) as redis:
        await redis.flushall()
    assert (await studio.tab.finished(image["id"]))["status"] == "completed"
    first, second = (request["at"] for request in await studio.submits("first [[code-429:1:2]]"))
    assert second - first >= 1_950


async def test_f18_a_late_success_becomes_a_picture_of_its_own_in_the_trash(studio_with: OpenStudio) -> None:
    async with studio_with(processing_deadline=5.0, time_factor=0.1) as studio:
        [image] = await studio.generate("a boat [[never]]")
        error = (await studio.tab.finished(image["id"]))["error"]
        assert (error["code"], error["charged"]) == ("timed_out", True)
        await studio.simulator.post("/simulator/release", json={})
        late = await _told(studio, lambda told: told["metadata"].get("late_of") == image["id"])
        late = await studio.tab.finished(late["id"])
        assert late["status"] == "completed"
        assert late["trashed_at"] is not None
        await never_paid_twice(studio)


async def test_f19_f20_callbacks_in_any_number_and_order_make_one_transition(studio: Studio) -> None:
    hows = ("callback-twice", "callback-times:10", "callback-first", "shape-a", "shape-b")
    for done in await all_completed(studio, hows):
        phases = studio.tab.phases(done["id"])
        assert phases.count("completed") == 1
        assert len(phases) == len(set(phases))


async def test_f21_a_forged_task_on_the_right_nonce_has_no_effect(studio: Studio) -> None:
    [victim] = await studio.generate("a boat [[cut]] [[never]]")
    await studio.tab.until(victim["id"], lambda told: told["status"] == "unknown")
    other = await completed(studio, "another boat [[ok]]")
    charge = next(charge for charge in await studio.charges() if charge["prompt"].startswith("a boat"))
    forged = {"data": {"taskId": other["metadata"]["nanobanana_task_id"], "info": {"resultImageUrl": "file:///etc"}}}
    async with httpx.AsyncClient() as stranger:
        assert (await stranger.post(charge["callback_url"], json=forged)).status_code == 200
        await studio.simulator.post("/simulator/release", json={"task_id": charge["task_id"]})
    done = await studio.tab.finished(victim["id"])
    assert done["metadata"]["nanobanana_task_id"] == charge["task_id"]


async def test_f24_an_endless_result_is_stopped_at_the_cap_and_leaves_no_file(studio_with: OpenStudio) -> None:
    async with studio_with(result_max_bytes=1 << 20) as studio:
        for how in ("result-endless", "result-huge"):
            assert (await failed(studio, f"a boat [[{how}]]"))["code"] == "bad_result"
        assert await studio.shop.parts.blobs.keys("") == []


async def test_the_bytes_say_what_a_result_is(studio: Studio) -> None:
    for done in await all_completed(
        studio, ("result-wrong-type", "result-wrong-extension", "result-webp", "result-png")
    ):
        file = await studio.http.get(f"/api/images/{done['id']}/file/original")
        assert file.headers["x-content-type-options"] == "nosniff"
        assert file.headers["content-type"].startswith("image/")


async def test_cancelling_while_it_waits_is_free(studio_with: OpenStudio) -> None:
    async with studio_with(workspace_concurrency=1) as studio:
        await studio.generate("first [[never]]")
        [second] = await studio.generate("second [[ok]]")
        canceled = (await studio.http.post(f"/api/images/{second['id']}/cancel")).json()
        assert canceled["status"] == "canceled"
        assert await studio.submits("second [[ok]]") == []


async def test_cancelling_later_is_a_wish_and_the_paid_picture_is_kept_in_the_trash(studio: Studio) -> None:
    [image] = await studio.generate("a boat [[never]]")
    await studio.tab.until(image["id"], lambda told: told["status"] == "processing")
    wished = (await studio.http.post(f"/api/images/{image['id']}/cancel")).json()
    assert (wished["status"], wished["cancel_requested"]) == ("processing", True)
    await studio.simulator.post("/simulator/release", json={})
    done = await studio.tab.finished(image["id"])
    assert done["status"] == "canceled"
    assert done["trashed_at"] is not None
    assert "original" in done["renditions"]


async def test_f14_refused_connections_spend_no_attempt_and_pass(studio_with: OpenStudio, simulator_url: str) -> None:
    """While the provider's port is closed rows stay pending; once it is open, they go on."""
    port = free_port()
    async with studio_with(nanobanana_simulator_url=f"http://127.0.0.1:{port}") as studio:
        [image] = await studio.generate("a boat [[ok]]")
        state = studio.shop.parts.database.transact
        await eventually(lambda: state(lambda unit: unit.provider.read()), lambda pause: pause.failures > 0)
        row = await _row(studio, UUID(image["id"]))
        assert (row.status, row.attempt) == ("pending", 0)
        async with forwarder(port, simulator_url):
            assert (await studio.tab.finished(image["id"]))["status"] == "completed"


@asynccontextmanager
async def forwarder(port: int, target: str) -> AsyncIterator[None]:
    """Opens the port, and passes every connection on to `target`."""
    url = httpx.URL(target)

    async def pipe(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65_536):
            sink.write(data)
        sink.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(url.host, url.port)
        await asyncio.gather(pipe(reader, far_writer), pipe(far_reader, writer), return_exceptions=True)

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    try:
        yield
    finally:
        server.close()


async def _row(studio: Studio, id: UUID) -> Image:
    image = await studio.shop.parts.database.transact(lambda unit: unit.images.load(id))
    assert image is not None
    return image


async def _told(studio: Studio, met: Any) -> Entity:
    """The first image the tab is told of that `met` holds of."""
    async with asyncio.timeout(20), studio.tab.changed:
        await studio.tab.changed.wait_for(lambda: any(met(image) for image in studio.tab.images.values()))
    return next(image for image in studio.tab.images.values() if met(image))
