"""Telling devices, at a push service of the test's own: once, to whom it concerns, late rather than never."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from jobs.rescue import watch
from jobs.steps import run
from server.core import facts as f
from server.core.account import Role
from server.core.devices import Trouble
from server.core.errors import Problem, ProblemCode
from server.core.image import Status
from server.core.notices import NoticeKind
from server.core.pushes import Fate
from server.core.stores import Wake
from server.infra.program import Program, start
from server.usecases.change_device import change_device
from server.usecases.change_image import cancel_image, trash_image
from server.usecases.claim_pushes import claim_pushes
from server.usecases.mark_read import mark_read
from server.usecases.note_shown import note_shown
from server.usecases.read_push_tally import read_push_tally
from server.usecases.sign_in import close_session
from server.usecases.try_device import try_device
from tests.jobs.conftest import OpenStudio
from tests.jobs.told import Scene, open_scene
from tests.push_endpoint import PushService, push_service
from tests.server.usecases.studio import TASK, picture
from tests.studio import Studio, eventually

ROOT = Path(__file__).parents[2]
DOWN = ("503 Service Unavailable", "")


@pytest.fixture
async def scene(database_url: str, redis_url: str, simulator_url: str, tmp_path: Path) -> AsyncIterator[Scene]:
    """Ada, and a push service that her installation may send to."""
    async with open_scene(database_url, redis_url, simulator_url, tmp_path) as opened:
        yield opened


@asynccontextmanager
async def whole(studio_with: OpenStudio, **others: Any) -> AsyncIterator[tuple[Studio, PushService]]:
    """Web, worker, rescue and the simulator, beside a push service."""
    async with push_service() as service, studio_with(push_private_origin=service.url, **others) as studio:
        yield studio, service


async def subscribe(studio: Studio, service: PushService, **how: Any) -> dict[str, Any]:
    answer = await studio.http.post("/api/devices", json=service.subscription(**how))
    assert answer.status_code == 201, answer.text
    device: dict[str, Any] = answer.json()
    return device


async def devices(studio: Studio) -> dict[str, Any]:
    answer: dict[str, Any] = (await studio.http.get("/api/devices")).json()
    return answer


# The whole road


async def test_a_picture_that_is_ready_is_told_with_its_thumb(studio_with: OpenStudio) -> None:
    async with whole(studio_with) as (studio, service):
        await subscribe(studio, service)
        [image] = await studio.generate("a lighthouse [[ok]]")
        await studio.tab.finished(image["id"])
        [message] = await service.took(1)
        payload = message.payload
        thumb = await studio.http.get(payload.pop("thumb"))
        assert (thumb.status_code, thumb.headers["content-type"]) == (200, "image/jpeg")
        assert payload == {
            "v": 1,
            "kind": "ready",
            "tag": studio.project,
            "title": "Your picture is ready",
            "body": "“a lighthouse [[ok]]”",
            "url": f"/p/{studio.project}/i/{image['id']}",
            "outcomes": [f"{image['id']}:1"],
            "unread": 1,
        }
        assert message.path == "/send/ada"
        assert message.headers["urgency"] == "normal"
        assert 8_000 < int(message.headers["ttl"]) <= 8_640
        assert len(message.headers["topic"]) == 32
        told = await eventually(lambda: devices(studio), lambda known: known["items"][0]["pushed_at"] is not None)
        assert message.key == told["key"]
        assert told["items"][0]["trouble"] is None


async def test_a_picture_that_failed_is_told_in_the_language_of_the_device(studio_with: OpenStudio) -> None:
    async with whole(studio_with) as (studio, service):
        await subscribe(studio, service, language="fr")
        [image] = await studio.generate("a lighthouse [[refuse]]")
        await studio.tab.finished(image["id"])
        [message] = await service.took(1)
        assert message.payload["kind"] == "failed"
        assert message.payload["title"] == "Une image a échoué"
        assert message.payload["body"].startswith("NanoBanana n’a pas accepté cette")
        assert message.payload["body"].endswith("« a lighthouse [[refuse]] »")
        assert message.payload["thumb"] is None


async def test_a_push_service_that_is_down_for_long_hears_of_it_once_and_late(studio_with: OpenStudio) -> None:
    async with whole(studio_with) as (studio, service):
        service.always = DOWN
        await subscribe(studio, service)
        [image] = await studio.generate("a lighthouse [[ok]]")
        await studio.tab.finished(image["id"])
        await service.refusals(3)
        troubled = await eventually(lambda: devices(studio), lambda known: known["items"][0]["trouble"] is not None)
        assert troubled["items"][0]["trouble"] == "unreachable"
        service.always = None
        [message] = await service.took(1)
        assert message.payload["outcomes"] == [f"{image['id']}:1"]
        well = await eventually(lambda: devices(studio), lambda known: known["items"][0]["trouble"] is None)
        assert well["items"][0]["pushed_at"] is not None
        assert len(service.received) == 1


async def test_a_device_can_be_tried_at_once(studio_with: OpenStudio) -> None:
    async with whole(studio_with) as (studio, service):
        device = await subscribe(studio, service, language="fr")
        assert (await studio.http.post(f"/api/devices/{device['id']}/test")).status_code == 204
        [message] = await service.took(1)
        assert (message.payload["kind"], message.payload["tag"]) == ("test", "test")
        assert message.payload["title"] == "Tout fonctionne"
        assert (message.headers["urgency"], message.headers["ttl"]) == ("high", "120")


# Several at once


async def test_what_is_due_together_is_one_message_and_the_next_one_speaks_of_all_that_is_unread(scene: Scene) -> None:
    await scene.device()
    first = await scene.pictures(Status.COMPLETED, 3)
    [message] = await scene.tell()
    assert message.payload["title"] == "3 pictures are ready"
    assert message.payload["url"] == f"/p/{scene.person.project}"
    assert message.payload["outcomes"] == [f"{image.id}:1" for image in reversed(first)]
    [failed] = await scene.pictures(Status.FAILED)
    _, again = await scene.tell()
    assert again.payload["title"] == "3 pictures are ready, 1 failed"
    assert again.payload["outcomes"] == [f"{failed.id}:1", *message.payload["outcomes"]]
    assert again.payload["unread"] == 4
    assert again.headers["topic"] == message.headers["topic"]
    await scene.tell()
    assert len(scene.service.received) == 2


async def test_each_project_has_a_message_of_its_own(scene: Scene) -> None:
    await scene.device()
    await scene.pictures(Status.COMPLETED)
    scene.person.project = await scene.person.another_project("Trip")
    await scene.pictures(Status.COMPLETED)
    messages = await scene.tell()
    assert len({message.payload["tag"] for message in messages}) == len(messages) == 2
    assert len({message.headers["topic"] for message in messages}) == 2


async def test_each_device_is_told_once(scene: Scene) -> None:
    for name in ("laptop", "phone"):
        await scene.device(name)
    await scene.pictures(Status.COMPLETED)
    messages = await scene.tell()
    assert sorted(message.path for message in messages) == ["/send/laptop", "/send/phone"]


async def test_a_message_is_never_too_large(scene: Scene) -> None:
    await scene.device()
    await scene.person.sql("UPDATE project SET name = :name RETURNING id", name="🖼" * 120)
    images = [await scene.person.accept((await scene.person.request(prompt="漢" * 500))[0], f"t{n}") for n in range(60)]
    for image in images:
        await scene.person.record(image, f.GenerationFailed(1, TASK))
    [message] = await scene.tell()
    assert message.payload["title"] == "60 pictures failed"
    assert 40 <= len(message.payload["outcomes"]) <= 50
    assert message.size < 3_200


async def test_two_workers_send_one_row_once(scene: Scene) -> None:
    for name in ("laptop", "phone", "tablet"):
        await scene.device(name)
    await scene.pictures(Status.COMPLETED, 2)
    await scene.let_due()
    parts = scene.quiet.shop.parts
    claims = await asyncio.gather(
        *(claim_pushes(parts.database, 2, parts.secret, parts.rules) for _ in range(8)),
    )
    told = [letter.device.name for letters in claims if letters for letter in letters]
    assert sorted(told) == ["laptop", "phone", "tablet"]


# What the push service says


@pytest.mark.parametrize("status", ["404 Not Found", "410 Gone"])
async def test_a_subscription_that_has_expired_is_forgotten(scene: Scene, status: str) -> None:
    await scene.device("old")
    scene.service.answers = [(status, "")]
    await scene.pictures(Status.COMPLETED)
    assert await scene.tell() == []
    assert list(await scene.devices()) == []
    assert await scene.rows() == []


@pytest.mark.parametrize("status", ["400 Bad Request", "403 Forbidden", "413 Payload Too Large", "302 Found"])
async def test_what_is_refused_is_not_sent_again_and_the_device_says_so(scene: Scene, status: str) -> None:
    await scene.device()
    scene.service.answers = [(status, "Location: https://push.example/elsewhere\r\n")]
    await scene.pictures(Status.COMPLETED)
    await scene.tell()
    await scene.tell()
    assert (scene.service.received, scene.service.refused) == ([], [status])
    assert [device.trouble for device in await scene.devices()] == [Trouble.REFUSED]
    await scene.pictures(Status.COMPLETED)
    [message] = await scene.tell()
    assert message.payload["title"] == "Your picture is ready"
    assert [device.trouble for device in await scene.devices()] == [None]


async def test_a_service_that_asks_for_patience_has_it_from_every_row(scene: Scene) -> None:
    await scene.device()
    scene.service.answers = [("429 Too Many Requests", "Retry-After: 600\r\n")]
    await scene.pictures(Status.COMPLETED)
    await scene.tell()
    await scene.pictures(Status.COMPLETED)
    waits = await scene.person.sql("SELECT extract(epoch FROM wake_at - now()) AS wait FROM push")
    assert [590 < row["wait"] <= 600 for row in waits] == [True, True]
    [message] = await scene.tell()
    assert message.payload["title"] == "2 pictures are ready"


async def test_a_slow_service_is_left_and_tried_again(scene: Scene) -> None:
    await scene.device()
    scene.service.silent = asyncio.Event()
    await scene.pictures(Status.COMPLETED)
    async with asyncio.timeout(10):
        await scene.tell()
    assert [device.trouble for device in await scene.devices()] == [Trouble.UNREACHABLE]
    scene.service.silent.set()
    scene.service.silent = None
    assert len(await scene.tell()) == 1


async def test_a_service_that_is_down_for_ten_minutes_is_told_once_when_it_is_back(scene: Scene) -> None:
    """By the waits that were written down, each of which is then said to be over."""
    await scene.device()
    [image] = await scene.pictures(Status.COMPLETED)
    scene.service.always = DOWN
    down, factor = 0.0, scene.quiet.shop.parts.settings.time_factor
    while down < 600:
        assert await scene.tell() == []
        [row] = await scene.person.sql("SELECT extract(epoch FROM wake_at - now()) AS wait, sent_at FROM push")
        assert row["sent_at"] is None
        assert len(scene.service.refused) < 30, "the waits grow"
        down += max(0.0, float(row["wait"])) / factor
    scene.service.always = None
    [message] = await scene.tell()
    assert message.payload["outcomes"] == [f"{image.id}:1"]
    await scene.tell()
    assert len(scene.service.received) == 1


async def test_what_cannot_be_told_within_a_day_is_given_up(scene: Scene) -> None:
    await scene.device()
    scene.service.always = DOWN
    await scene.pictures(Status.COMPLETED)
    await scene.tell()
    [row] = await scene.rows()
    assert (row["tries"], row["sent_at"]) == (1, None)
    await scene.person.sql("UPDATE push SET deadline_at = now() + interval '1 millisecond' RETURNING id")
    await scene.tell()
    assert await scene.rows() == []
    assert [device.trouble for device in await scene.devices()] == [Trouble.UNREACHABLE]


async def test_an_address_inside_is_sent_nothing(
    database_url: str, redis_url: str, simulator_url: str, tmp_path: Path
) -> None:
    """The name looks harmless; where it leads is seen only when something is to be sent."""
    parts = (database_url, redis_url, simulator_url, tmp_path)
    async with open_scene(*parts, push_private_origin=None) as scene:
        port = scene.service.url.rpartition(":")[2]
        scene.service.url = f"https://localhost:{port}"
        await scene.device()
        await scene.pictures(Status.COMPLETED)
        assert await scene.tell() == []
        assert [device.trouble for device in await scene.devices()] == [Trouble.REFUSED]
        assert (scene.service.refused, await scene.rows()) == ([], [])


async def test_what_pushes_came_to_is_counted(scene: Scene) -> None:
    await scene.device("laptop")
    await scene.pictures(Status.COMPLETED, 2)
    scene.service.answers = [DOWN]
    await scene.tell()
    await scene.tell()
    await scene.pictures(Status.COMPLETED)
    scene.service.answers = [("400 Bad Request", "")]
    await scene.tell()
    [trashed] = await scene.pictures(Status.COMPLETED)
    await trash_image(scene.person.database, scene.person.viewer, trashed.id, scene.person.rules)
    await scene.tell()
    await scene.pictures(Status.COMPLETED)
    await scene.person.sql("UPDATE push SET deadline_at = now() WHERE sent_at IS NULL RETURNING id")
    await scene.tell()
    await scene.pictures(Status.COMPLETED)
    scene.service.answers = [("410 Gone", "")]
    await scene.tell()
    assert (await read_push_tally(scene.person.database)).fates == {
        Fate.SENT: 2,
        Fate.UNREACHABLE: 2,
        Fate.REFUSED: 1,
        Fate.HELD_BACK: 1,
        Fate.GIVEN_UP: 1,
        Fate.GONE: 1,
    }


# Killed in the middle


@asynccontextmanager
async def working(scene: Scene, **otherwise: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker's process on the same parts."""
    settings = scene.quiet.shop.parts.settings
    environment = {
        **os.environ,
        "DATABASE_URL": str(settings.database_url),
        "REDIS_URL": str(settings.redis_url),
        "NANOBANANA_SIMULATOR_URL": settings.provider_url,
        "ATELIER_DATA": str(settings.atelier_data),
        "TIME_FACTOR": str(settings.time_factor),
        "PUSH_PRIVATE_ORIGIN": scene.service.url,
        **otherwise,
    }
    program = Program("worker", (sys.executable, "-m", "jobs.worker"), environment, ROOT)
    process = await start(program, asyncio.subprocess.DEVNULL)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def rescuing(scene: Scene) -> AsyncIterator[None]:
    """Rescue at its rounds, and no worker."""
    stop = asyncio.Event()
    watching = asyncio.create_task(watch(scene.quiet.shop, stop))
    try:
        yield
    finally:
        stop.set()
        async with asyncio.timeout(10):
            await watching


async def test_killed_between_the_outcome_and_the_push_it_is_told_by_another_once(scene: Scene) -> None:
    """Nobody was woken, for the process that committed the outcome died with it."""
    await scene.device()
    [image] = await scene.pictures(Status.COMPLETED)
    await scene.let_due()
    async with rescuing(scene):
        [message] = await scene.service.took(1)
        await eventually(scene.rows, lambda rows: rows[0]["sent_at"] is not None)
    assert message.payload["outcomes"] == [f"{image.id}:1"]
    await scene.tell()
    assert len(scene.service.received) == 1


async def test_killed_while_it_tells_its_turn_ends_and_another_does(scene: Scene) -> None:
    await scene.device()
    scene.service.silent = asyncio.Event()
    await scene.pictures(Status.COMPLETED)
    async with working(scene) as process:
        await scene.let_due()
        await scene.quiet.shop.parts.queue.enqueue(Wake("push"))
        await scene.service.refusals(1)
        process.kill()
        await process.wait()
    scene.service.silent.set()
    scene.service.silent = None
    async with rescuing(scene):
        await scene.service.took(1)
        await eventually(scene.rows, lambda rows: rows[0]["sent_at"] is not None)
    await scene.tell()
    assert len(scene.service.received) == 1


@asynccontextmanager
async def nobody_settles(scene: Scene) -> AsyncIterator[asyncpg.Connection]:
    """The devices' rows are locked, so that whoever was answered by a push service waits before it is written down."""
    witness = await asyncpg.connect(str(scene.quiet.shop.parts.settings.database_url))
    try:
        async with witness.transaction():
            await witness.fetch("SELECT FROM push_subscription FOR UPDATE")
            yield witness
    finally:
        await witness.close()


# By whom they are stopped: the text of a statement is not always that of the one under way.
STOPPED_BY_THE_WITNESS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pg_backend_pid() = ANY (pg_blocking_pids(pid))
"""


async def test_killed_between_the_answer_and_the_row_the_same_is_sent_once_more_in_its_place(scene: Scene) -> None:
    """The one gap in which a message goes out twice: under one topic, of the same outcomes, so that it is seen once."""
    await scene.device()
    images = await scene.pictures(Status.COMPLETED, 2)
    scene.service.held = asyncio.Event()
    # In true time: it must not give the answer up before the row is locked.
    async with working(scene, TIME_FACTOR="1") as process:
        await scene.let_due()
        await scene.quiet.shop.parts.queue.enqueue(Wake("push"))
        await scene.service.took(1)
        async with nobody_settles(scene) as witness:
            scene.service.held.set()
            await eventually(lambda: witness.fetchval(STOPPED_BY_THE_WITNESS), lambda waiting: waiting == 1)
            process.kill()
            await process.wait()
    assert [row["sent_at"] for row in await scene.rows()] == [None, None]
    await scene.let_due()
    async with rescuing(scene):
        first, second = await scene.service.took(2)
        await eventually(scene.rows, lambda rows: all(row["sent_at"] is not None for row in rows))
    assert first.payload["outcomes"] == [f"{image.id}:1" for image in reversed(images)]
    assert first.headers["topic"] == second.headers["topic"]
    # But for the thumb's address, which is signed anew.
    assert {**first.payload, "thumb": None} == {**second.payload, "thumb": None}
    await scene.tell()
    assert len(scene.service.received) == 2


# Dropped


async def test_a_tab_in_front_takes_it_from_every_device_and_a_hidden_one_from_its_own(scene: Scene) -> None:
    laptop, _ = await scene.device("laptop"), await scene.device("phone")
    seen, hidden = await scene.pictures(Status.COMPLETED, 2)
    viewer = scene.person.viewer
    await note_shown(scene.person.database, viewer, [seen.id], None)
    await note_shown(scene.person.database, viewer, [hidden.id], laptop.id)
    [message] = await scene.tell()
    assert (message.path, message.payload["outcomes"]) == ("/send/phone", [f"{hidden.id}:1"])


async def test_what_was_read_anywhere_is_told_nowhere(scene: Scene) -> None:
    await scene.device()
    first, second = await scene.pictures(Status.COMPLETED, 2)
    assert first.finished_at is not None
    await mark_read(scene.person.database, scene.person.viewer, scene.person.project, first.finished_at)
    [message] = await scene.tell()
    assert message.payload["outcomes"] == [f"{second.id}:1"]
    assert message.payload["unread"] == 1


async def test_what_was_read_since_it_was_told_is_not_spoken_of_again(scene: Scene) -> None:
    await scene.device()
    [first] = await scene.pictures(Status.COMPLETED)
    await scene.tell()
    assert first.finished_at is not None
    await mark_read(scene.person.database, scene.person.viewer, scene.person.project, first.finished_at)
    [second] = await scene.pictures(Status.COMPLETED)
    messages = await scene.tell()
    assert messages[-1].payload["outcomes"] == [f"{second.id}:1"]


async def test_what_is_in_the_trash_or_was_tried_again_is_no_news(scene: Scene) -> None:
    await scene.device()
    [gone] = await scene.pictures(Status.COMPLETED)
    [again] = await scene.pictures(Status.FAILED)
    await trash_image(scene.person.database, scene.person.viewer, gone.id, scene.person.rules)
    await scene.person.record(again, f.RetryRequested())
    assert await scene.tell() == []
    assert await scene.rows() == []


async def test_signing_out_ends_it(scene: Scene) -> None:
    signed_in = await scene.session()
    await scene.device(viewer=signed_in)
    await scene.pictures(Status.COMPLETED)
    await close_session(scene.person.database, signed_in)
    assert await scene.tell() == []
    assert (list(await scene.devices()), await scene.rows()) == ([], [])


async def test_a_session_that_ran_out_or_a_lost_membership_ends_it_too(scene: Scene) -> None:
    signed_in = await scene.session()
    await scene.device(viewer=signed_in)
    await scene.pictures(Status.COMPLETED)
    await scene.person.sql("UPDATE session SET expires_at = now() RETURNING id")
    await scene.pictures(Status.COMPLETED)
    assert await scene.tell() == []
    await scene.device("by-key")
    [image] = await scene.pictures(Status.COMPLETED)
    await scene.person.sql("DELETE FROM membership RETURNING account")
    assert image.status is Status.COMPLETED
    assert await scene.tell() == []


async def test_a_device_that_another_person_takes_over_is_told_nothing_of_the_first(scene: Scene) -> None:
    await scene.device()
    await scene.pictures(Status.COMPLETED)
    bob = await scene.person.colleague("bob@example.org", Role.VIEWER)
    await scene.device(viewer=bob)
    assert await scene.tell() == []
    assert list(await scene.devices()) == []


# Choices


async def test_only_who_asked_is_told(scene: Scene) -> None:
    bob = await scene.person.colleague("bob@example.org", Role.EDITOR)
    await scene.device("bobs", viewer=bob)
    await scene.pictures(Status.COMPLETED)
    assert await scene.tell() == []


async def test_kinds_devices_and_projects_can_be_silent(scene: Scene) -> None:
    await scene.device("laptop")
    phone = await scene.device("phone")
    await scene.choose(NoticeKind.READY)
    off = frozenset({NoticeKind.READY})
    await change_device(scene.person.database, scene.person.viewer, phone.id, off=off)
    await scene.pictures(Status.FAILED)
    await scene.pictures(Status.COMPLETED)
    [message] = await scene.tell()
    assert (message.path, message.payload["kind"]) == ("/send/laptop", "ready")
    await scene.pictures(Status.COMPLETED)
    await scene.choose(NoticeKind.READY, muted=frozenset({scene.person.project}))
    await scene.pictures(Status.COMPLETED)
    assert len(await scene.tell()) == 1


async def test_a_batch_is_told_when_its_last_picture_has_ended(scene: Scene) -> None:
    await scene.device()
    await scene.choose(NoticeKind.BATCH)
    first, second, third = await scene.batch(3)
    await end(scene, first.id)
    assert await scene.tell() == []
    [row] = await scene.rows()
    assert (row["wake_at"], row["sent_at"]) == (None, None)
    # Both look at the other and see it unfinished.
    await asyncio.gather(end(scene, second.id), end(scene, third.id, failed=True))
    [message] = await scene.tell()
    assert message.payload["kind"] == "batch"
    assert message.payload["title"] == "All 3 pictures are done"
    assert message.payload["body"] == "2 pictures are ready, 1 failed. “a fox”"
    assert sorted(message.payload["outcomes"]) == sorted(f"{image.id}:1" for image in (first, second, third))
    await scene.person.record(third.id, f.RetryRequested())
    await end(scene, (await scene.person.accept(await scene.person.load(third.id), "t9")).id, attempt=2)
    assert len(await scene.tell()) == 1, "once sent, never again"


async def end(scene: Scene, id: Any, failed: bool = False, attempt: int = 1) -> None:
    bad = f.GenerationFailed(attempt, TASK, Problem(ProblemCode.GENERATION_FAILED))
    good = (f.Generated(attempt, TASK, "https://files.example/r.png"), f.Stored(attempt, picture()))
    await scene.person.record(id, *((bad,) if failed else good))


async def test_a_batch_whose_last_picture_is_canceled_has_ended_too(scene: Scene) -> None:
    await scene.device()
    await scene.choose(NoticeKind.BATCH)
    images = await scene.batch(2)
    waiting, *_ = await scene.person.request(count=1, batch=images[0].batch)
    for image in images:
        await end(scene, image.id)
    assert await scene.tell() == []
    await cancel_image(scene.person.database, scene.person.viewer, waiting.id, scene.person.rules)
    [message] = await scene.tell()
    assert message.payload["title"] == "All 2 pictures are done"


async def test_one_picture_is_no_batch_and_a_seen_one_is_not_told(scene: Scene) -> None:
    await scene.device()
    await scene.choose(NoticeKind.BATCH)
    [alone] = await scene.batch(1)
    await end(scene, alone.id)
    assert await scene.tell() == []
    assert await scene.rows() == []
    images = await scene.batch(2)
    for image in images:
        await end(scene, image.id)
    await note_shown(scene.person.database, scene.person.viewer, [images[-1].id], None)
    assert await scene.tell() == []


async def test_credits_that_are_out_are_told_to_owners_once_a_stop(scene: Scene) -> None:
    await scene.device()
    editor = await scene.person.colleague("bob@example.org", Role.EDITOR)
    await scene.person.sql(
        "DELETE FROM membership WHERE account = :id AND role = 'owner' RETURNING account", id=editor.account
    )
    await scene.device("editors", viewer=editor)
    images = [await scene.person.bring(Status.SUBMITTING) for _ in range(3)]
    out = f.Refused(1, f.Halt.OUT_OF_CREDITS)
    await asyncio.gather(*(scene.person.record(image, out) for image in images))
    [message] = await scene.tell()
    assert (message.path, message.payload["kind"], message.payload["tag"]) == ("/send/ada", "credits_low", "credits")
    assert message.headers["urgency"] == "high"
    # A stop that is over is told no more, the next one is.
    await scene.person.end_pause()
    await scene.person.record((await scene.pictures(Status.SUBMITTING))[0], out)
    await scene.person.end_pause()
    assert len(await scene.tell()) == 1
    await scene.person.record((await scene.pictures(Status.SUBMITTING))[0], out)
    assert len(await scene.tell()) == 2


async def test_a_test_pressed_twice_is_one_message(scene: Scene) -> None:
    device = await scene.device()
    for _ in range(2):
        await try_device(scene.person.database, scene.person.viewer, device.id, scene.person.rules.policy)
    await run(scene.quiet.shop, Wake("push"))
    assert [message.payload["kind"] for message in scene.service.received] == ["test"]
    assert await scene.rows() == []
