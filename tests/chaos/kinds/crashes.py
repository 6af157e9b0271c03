"""Processes that die at a named point."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from tests.chaos.house import WORKERS
from tests.chaos.kinds.registry import kind
from tests.chaos.people import Asking
from tests.chaos.stage import Stage, expect


async def _die_at(stage: Stage, point: str, *behaviours: str) -> Asking:
    """Ask for a picture and have the process die that comes to `point` with it."""
    victim = stage.quiet.prepare(*behaviours)
    with stage.house.order(point, victim.prompt) as order:
        await victim.send()
        await stage.house.gone(await order.taken())
    return victim


@kind("F1")
async def kill_before_intent(stage: Stage) -> AsyncIterator[None]:
    """A worker dies before the commit of intent: another one submits, one charge."""
    victim = await _die_at(stage, "before the intent")
    yield
    await stage.completes(victim)


@kind("F1")
async def kill_after_intent(stage: Stage) -> AsyncIterator[None]:
    """A worker dies between the commit of intent and the POST: never sent, and honestly in doubt."""
    victim = await _die_at(stage, "after the intent")
    yield
    await stage.fails(victim, "may_have_been_charged", charges=0)


@kind("F2")
async def kill_after_post(stage: Stage) -> AsyncIterator[None]:
    """A worker dies with the provider's answer in hand: the callback brings the task, one charge."""
    victim = await _die_at(stage, "after the POST", "duration:1")
    yield
    await stage.completes(victim)


@kind("F3")
async def kill_after_post_no_callback(stage: Stage) -> AsyncIterator[None]:
    """The same, and no callback ever: said to be possibly charged; a retry is a second attempt."""
    victim = await _die_at(stage, "after the POST", "duration:1", "no-callback")
    yield
    await stage.fails(victim, "may_have_been_charged")
    await stage.quiet.act({"id": str(victim.ids[0]), "prompt": victim.prompt}, "retry")
    await stage.completes(victim, charges=2)


@kind("F2")
async def kill_after_task_id(stage: Stage) -> AsyncIterator[None]:
    """A worker dies between the task id's own commit and the image's move."""
    victim = await _die_at(stage, "after the task id", "duration:1", "no-callback")
    yield
    await stage.completes(victim)


@kind("F4")
async def kill_polling(stage: Stage) -> AsyncIterator[None]:
    """A worker dies while polling: another takes over with the same task, no new POST."""
    victim = await _die_at(stage, "before a poll", "duration:1.5", "no-callback")
    yield
    await stage.completes(victim)


@kind("F5")
async def kill_before_download(stage: Stage) -> AsyncIterator[None]:
    """A worker dies before the download."""
    victim = await _die_at(stage, "before the download")
    yield
    await stage.completes(victim)


@kind("F5")
async def kill_after_download(stage: Stage) -> AsyncIterator[None]:
    """A worker dies with the picture in memory only."""
    victim = await _die_at(stage, "after the download")
    yield
    await stage.completes(victim)


@kind("F5")
async def kill_after_a_blob(stage: Stage) -> AsyncIterator[None]:
    """A worker dies after the first file, before the others: the rerun writes the same keys."""
    victim = await _die_at(stage, "after a blob")
    yield
    await stage.completes(victim)
    await _files_of(stage, victim)


@kind("F5")
async def kill_before_final_commit(stage: Stage) -> AsyncIterator[None]:
    """A worker dies with every file stored and nothing committed."""
    victim = await _die_at(stage, "before the final commit")
    yield
    await stage.completes(victim)
    await _files_of(stage, victim)


async def _files_of(stage: Stage, victim: Asking) -> None:
    """Exactly the files that the row names: the second run wrote over those of the first."""
    rows = await stage.rows(victim.ids)
    folder = stage.house.atelier.data / "blobs" / stage.quiet.workspace
    for id, row in rows.items():
        stored = {file.name for file in (folder / str(id)).iterdir()}
        named = {rendition["key"].rpartition("/")[2] for rendition in row.renditions.values()}
        expect(stored == named, f"beside {named} there lie {stored - named}")


@kind("F6")
async def kill_before_publish(stage: Stage) -> AsyncIterator[None]:
    """A worker dies between the commit and the publish: the tab has it within one check of the watermark."""
    person, tab = stage.people["still"], stage.tabs["still"]
    victim = person.prepare()
    with stage.house.order("before the publish", victim.prompt, "'status': 'completed'") as order:
        await victim.send()
        await stage.house.gone(await order.taken())
    clock = asyncio.get_running_loop().time
    began = clock()
    yield
    await stage.completes(victim)
    limit = stage.house.times.live_check + 5
    id = str(victim.ids[0])
    while tab.images.get(id, {}).get("status") != "completed":
        expect(clock() - began < limit, f"the tab was not told within {limit:g} s")
        await asyncio.sleep(0.05)


@kind("F1")
async def kill_after_reservation(stage: Stage) -> AsyncIterator[None]:
    """A worker dies after it has reserved images, before it wakes anybody for them."""
    victim = stage.quiet.prepare()
    with stage.house.order("after a reservation") as order:
        await victim.send()
        await stage.house.gone(await order.taken())
    yield
    await stage.completes(victim)


@kind("F9")
async def kill_rescue(stage: Stage) -> AsyncIterator[None]:
    """The rescuer dies with what it has just claimed in its hands, while no worker moves."""
    before = stage.house.pid("rescue")
    with stage.house.order("after a rescue's claim") as order, stage.house.standing_still(*WORKERS):
        victim = await stage.quiet.ask("duration:0.3")
        pid = await order.taken(30)
        await stage.house.gone(pid)
        await stage.house.back("rescue", before)
    yield
    expect(pid == before, "it was not the rescuer that claimed")
    await stage.completes(victim)


@kind("F12")
async def kill_web_after_commit(stage: Stage) -> AsyncIterator[None]:
    """The web process dies between a request's commit and its answer: sent again, it is the same request."""
    victim = stage.quiet.prepare("duration:0.5", count=2)
    before = stage.house.pid("web")
    with stage.house.order("after a request's commit", victim.prompt) as order:
        sending = asyncio.create_task(victim.send())
        await stage.house.gone(await order.taken())
        await stage.house.back("web", before)
        await sending
    yield
    await stage.completes(victim)
    rows = await stage.house.fetch("SELECT id FROM image WHERE prompt = $1", victim.prompt)
    expect({row["id"] for row in rows} == set(victim.ids), f"{len(rows)} rows for {len(victim.ids)} that were answered")


@kind("F12")
async def kill_web_after_upload(stage: Stage) -> AsyncIterator[None]:
    """The web process dies between an upload's commit and its answer: sent again, there is one picture."""
    before = stage.house.pid("web")
    uploads = "SELECT id FROM image WHERE kind = 'upload' AND workspace = $1::text::uuid"
    earlier = await stage.house.fetch(uploads, stage.quiet.workspace)
    with stage.house.order("after an upload's commit", stage.quiet.project) as order:
        sending = asyncio.create_task(stage.quiet.upload())
        await stage.house.gone(await order.taken())
        await stage.house.back("web", before)
        images = await sending
    yield
    there = len(await stage.house.fetch(uploads, stage.quiet.workspace)) - len(earlier)
    expect(len(images) == there == 1, f"the upload was answered with {len(images)} pictures, and {there} are there")


@kind("F2")
async def kill_web_at_callback(stage: Stage) -> AsyncIterator[None]:
    """The web process dies between a callback's commit and its answer: the provider calls again, one picture."""
    before = stage.house.pid("web")
    # Nothing but the callback tells which task it is.
    victim = await stage.quiet.ask("no-answer", "duration:1.5")
    nonce = (await stage.charge(victim))["callback_url"].rpartition("/")[2]
    with stage.house.order("after a callback's commit", nonce) as order:
        await stage.house.gone(await order.taken())
    await stage.house.back("web", before)
    yield
    await stage.completes(victim)


async def _die_with_a_push(stage: Stage, point: str) -> Asking:
    """Ask for a picture and have whoever tells its author's device of it die at `point`."""
    victim = await stage.quiet.ask("duration:0.5")
    with stage.house.order(point, str(victim.ids[0]), stage.house.post.service.endpoint("quiet")) as order:
        await stage.house.gone(await order.taken())
    return victim


@kind("F6")
async def kill_before_push(stage: Stage) -> AsyncIterator[None]:
    """A process dies with a push in its hands: another sends it when that turn is over."""
    victim = await _die_with_a_push(stage, "before a push")
    yield
    await stage.told(victim)


@kind("F6")
async def kill_after_push(stage: Stage) -> AsyncIterator[None]:
    """A process dies between a push service's answer and the row that says so: the same is sent again, in its place."""
    victim = await _die_with_a_push(stage, "after a push")
    yield
    await stage.told(victim, times=2)
