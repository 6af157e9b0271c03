"""Zulip's proof: for every action, the old snapshot of a client plus the events equals a fresh snapshot."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import pkgutil
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from copy import deepcopy
from dataclasses import replace

import pytest

from server import usecases
from server.core import facts as f
from server.core.errors import Refusal
from server.core.events import Event
from server.core.image import FINISHED, Image, Kind, Status
from server.core.image import Action as Deed
from server.core.lifecycle import TRANSITIONS
from server.core.limits import Policy
from server.infra.memory.blobs import MemoryBlobs
from server.usecases import change_image, change_many, change_project, mark_read, purge_images
from server.usecases.claim_turn import end_overdue
from server.usecases.dispatch_images import dispatch_images
from server.usecases.intend_submit import Abandoned, InputGone, Paused, commit_intent, prepare_intent
from server.usecases.read_events import read_events
from tests.server.core.reachable_images import facts_about
from tests.server.usecases import actions_of_jobs, actions_of_people
from tests.server.usecases.actions import ACTIONS, Action
from tests.server.usecases.client import Client, fetch, fetch_shelf, fetch_unread, plain
from tests.server.usecases.studio import Studio, picture

# Use cases that change nothing a person sees, and why no action can prove them.
EXCEPTIONS = {
    "add_device.add_device": "changes where a person is told, which is no part of the stream",
    "archive_images.make_archive": "writes down what a link names, which is no part of the stream",
    "archive_images.open_archive": "reads what a link names",
    "change_device.change_device": "changes where a person is told",
    "check_viewers.check_viewers": "reads who may look",
    "choose_notices.read_choices": "reads what a person wants to be told of",
    "choose_notices.save_choices": "changes what a person wants to be told of, which is no part of the stream",
    "claim_pushes.claim_pushes": "takes what is to be told beside the stream",
    "hold_provider.read_standing": "reads how submits stand",
    "intend_submit.prepare_intent": "reads what a submit needs",
    "note_balance.expect_another_key": "changes when the balance is asked for",
    "note_shown.note_shown": "keeps what was told beside the stream",
    "read_devices.read_devices": "reads where a person is told",
    "read_events.read_events": "is what the proof reads with",
    "read_events.read_stretches": "reads several streams as the other reads one",
    "read_events.read_tops": "reads the tops of streams",
    "read_images.list_images": "is what the proof reads with",
    "read_images.list_trash": "reads the trash",
    "read_images.list_projects": "is what the proof reads with",
    "read_images.load_input": "reads one image",
    "read_images.read_image": "reads one image",
    "read_images.read_project": "reads one project",
    "read_queue.read_queue": "reads the queue, which is told beside the stream",
    "read_queue.read_queues": "reads several queues",
    "read_ledger.read_ledger": "reads what was charged",
    "read_spending.read_reading": "reads the balance",
    "read_spending.read_spending": "reads what was spent",
    "read_notices.read_notices": "reads outcomes",
    "read_push_tally.read_push_tally": "reads how pushes stand, which is the operator's business",
    "read_untold.read_untold": "reads what is to be told beside the stream",
    "read_unread.read_unread": "is what the proof reads with",
    "remove_device.remove_device": "changes where a person is told",
    "settle_pushes.settle_pushes": "writes down what was told beside the stream",
    "sign_in.add_key": "changes keys, which are no part of the stream",
    "sign_in.close_session": "changes sessions, which are no part of the stream",
    "sign_in.first_account": "reads an address",
    "sign_in.identify": "reads who is asking",
    "sign_in.identify_all": "reads who are asking",
    "sign_in.list_keys": "reads keys",
    "sign_in.make_link": "changes links, which are no part of the stream",
    "sign_in.open_session": "changes sessions, which are no part of the stream",
    "sign_in.read_home": "reads a workspace",
    "sign_in.revoke_key": "changes keys, which are no part of the stream",
    "try_device.try_device": "has something told beside the stream",
}
# Modules without a use case of their own.
INNER = {
    "answer_once": "carries out what others hand it, in their unit",
    "find": "reads, in the unit of others",
    "move_image": "moves images in the unit of others",
    "pause_provider": "pauses submits in the unit of others",
    "plan_pushes": "writes down what is to be told, in the unit of others",
    "require_budget": "refuses, in the unit of others",
    "revive_project": "brings a project back, in the unit of others",
}


async def verify(studio: Studio, act: Callable[[], Awaitable[object]]) -> list[Event]:
    """Act, and compare what a client makes of the events with what it would fetch. The events it was told."""
    before = await fetch(studio)
    await act()
    events = await events_since(studio, before.seq)
    after, shelf, unread = await fetch(studio), await fetch_shelf(studio), await fetch_unread(studio)
    patched = deepcopy(before).apply(events)
    assert (patched.projects, patched.images, patched.seq) == (after.projects, after.images, after.seq)
    assert patched.marks == after.marks
    assert (patched.shelf, patched.unread) == (shelf, unread)
    assert_any_order(before, events, after)
    return events


async def events_since(studio: Studio, seq: int) -> list[Event]:
    """Numbered without gap or repeat."""
    stretch = await read_events(studio.database, studio.viewer.workspace, seq, 1_000)
    assert stretch is not None
    assert [event.seq for event in stretch.events] == list(range(seq + 1, stretch.top.seq + 1))
    assert {event.workspace for event in stretch.events} <= {studio.viewer.workspace}
    return list(stretch.events)


def assert_any_order(before: Client, events: list[Event], after: Client) -> None:
    """Doubled and shuffled they come to the same: each is a whole entity, and the higher version wins."""
    doubled = events * 2
    random.Random(len(events)).shuffle(doubled)
    for order in (doubled, events[::-1]):
        patched = deepcopy(before).apply(order)
        assert (patched.projects, patched.images, patched.marks) == (after.projects, after.images, after.marks)


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.act.__name__)
async def test_the_old_snapshot_and_the_events_are_the_new_snapshot(studio: Studio, action: Action) -> None:
    await studio.bring(Status.COMPLETED, Kind.UPLOAD)
    await studio.another_project()
    running = action.act(studio)
    await anext(running)
    studio.told.clear()
    events = await verify(studio, lambda: anext(running, None))
    assert len(events) == action.events
    announced = [event for event in studio.told.events if event.workspace == studio.viewer.workspace]
    assert [(event.seq, plain(event.data)) for event in announced] == [(event.seq, event.data) for event in events]


@pytest.mark.parametrize("status", Status)
async def test_every_fact_in_every_status_is_told(studio: Studio, status: Status) -> None:
    """A fact that changes what a person sees is one event of that image, and any other is none."""
    for fact in facts_about(1 if status is not Status.PENDING else 0):
        image = await studio.bring(status)
        fact = _fitting(fact, image)
        events = await verify(studio, lambda image=image, fact=fact: studio.record(image, fact))
        after = await studio.load(image.id)
        assert [event.data["id"] for event in events] == [str(image.id)] * (after.version - image.version)
        assert after.version - image.version in (0, 1)
        await studio.end_pause()


def _fitting(fact: f.Fact, image: Image) -> f.Fact:
    if isinstance(fact, f.SubmitIntended):
        return replace(fact, attempt=image.attempt + 1)
    return replace(fact, renditions=picture()) if isinstance(fact, f.Stored) else fact


@pytest.mark.parametrize("status", [Status.PENDING, Status.SAVING, *sorted(FINISHED)])
async def test_every_fact_of_an_upload_is_told(studio: Studio, status: Status) -> None:
    for fact in (
        f.IngestStarted(),
        f.Stored(renditions=picture()),
        f.SaveFailed(),
        f.ResultRejected(),
        f.CancelRequested(),
    ):
        image = await studio.bring(status, Kind.UPLOAD)
        await verify(studio, lambda image=image, fact=fact: studio.record(image, fact))


# Many actions at once and in a row


EASY = (Deed.TRASH, Deed.RESTORE, Deed.FAVOR, Deed.UNFAVOR)
# Whatever the provider may yet say.
AT_ONCE = Policy(unsettled_window=0.0)


async def _anything(studio: Studio, dice: random.Random) -> None:
    """One random thing that a person or the worker may do, refused or not."""
    images = await studio.all_images()
    image = dice.choice(images)
    # Never the first one: there is always something to choose from.
    some = [one.id for one in dice.sample(images[1:], min(3, len(images) - 1))]
    database, viewer, rules = studio.database, studio.viewer, studio.rules
    deeds: list[Callable[[], Awaitable[object]]] = [
        lambda: studio.request(count=dice.randint(1, 3)),
        lambda: studio.request(inputs=(image.id,)),
        lambda: studio.upload(dice.randint(1, 2)),
        lambda: change_image.cancel_image(database, viewer, image.id, rules),
        lambda: change_image.retry_image(database, viewer, image.id, rules),
        lambda: change_image.trash_image(database, viewer, image.id, rules),
        lambda: change_image.restore_image(database, viewer, image.id),
        lambda: change_image.edit_image(database, viewer, image.id, name=f"no. {dice.random()}"),
        lambda: change_many.change_many(database, viewer, some, dice.choice(EASY), None, rules),
        lambda: purge_images.purge_images(database, MemoryBlobs(), viewer, some, AT_ONCE),
        lambda: change_project.rename_project(database, viewer, image.project, f"no. {dice.random()}"),
        lambda: mark_read.mark_read(database, viewer, image.project, image.finished_at or image.created_at),
        lambda: end_overdue(database, image.id, rules),
        *[lambda: _step(studio, image, dice)] * 12,
    ]
    with suppress(Refusal, Abandoned, InputGone, Paused):
        await dice.choice(deeds)()


async def _step(studio: Studio, image: Image, dice: random.Random) -> None:
    """What the worker might learn of it next."""
    if image.status is Status.PENDING and image.kind is Kind.GENERATION:
        await dispatch_images(studio.database, 1_000, 1_000)
        intent = await prepare_intent(studio.database, await studio.load(image.id))
        await commit_intent(studio.database, intent, studio.rules)
    else:
        facts = [fact for fact in facts_about(image.attempt) if not isinstance(fact, f.Refused | f.SubmitIntended)]
        moving = [fact for fact in facts if (image.status, type(fact)) in TRANSITIONS]
        await studio.record(image, _fitting(dice.choice(moving or facts), image))


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_day_of_random_deeds_is_told(studio: Studio, seed: int) -> None:
    dice = random.Random(seed)
    await studio.upload(2)
    await studio.request(count=2)

    async def five() -> None:
        for _ in range(5):
            await _anything(studio, dice)

    told = [len(await verify(studio, five)) for _ in range(12)]
    assert sum(told) > 30, "hardly anything was carried out"


@pytest.mark.parametrize("seed", [4, 5])
async def test_deeds_at_the_same_moment_are_told_in_the_order_of_their_commits(studio: Studio, seed: int) -> None:
    dice = random.Random(seed)
    await studio.upload(2)
    await studio.request(count=3)

    async def together() -> None:
        await asyncio.gather(*(_anything(studio, dice) for _ in range(5)))

    told = [len(await verify(studio, together)) for _ in range(8)]
    assert sum(told) > 15, "hardly anything was carried out"


async def test_nothing_is_told_to_the_neighbours(studio: Studio, neighbour: Studio) -> None:
    before = await fetch(neighbour)
    image = await studio.bring(Status.COMPLETED)
    await change_image.trash_image(studio.database, studio.viewer, image.id, studio.rules)
    after = await fetch(neighbour)
    assert after == before
    assert {event.workspace for event in studio.told.events} == {studio.viewer.workspace}


# Nothing is left out


def use_cases() -> dict[str, Callable[..., object]]:
    """Every public function that opens units of its own: the first thing it takes is the database."""
    found: dict[str, Callable[..., object]] = {}
    for module in modules():
        for name, thing in vars(importlib.import_module(f"server.usecases.{module}")).items():
            own = inspect.isfunction(thing) and thing.__module__ == f"server.usecases.{module}"
            if own and not name.startswith("_") and "database" in inspect.signature(thing).parameters:
                found[f"{module}.{name}"] = thing
    return found


def modules() -> list[str]:
    return [module.name for module in pkgutil.iter_modules(usecases.__path__)]


def test_every_use_case_is_proved_or_excepted_with_a_reason() -> None:
    assert {action.act.__module__ for action in ACTIONS} == {actions_of_people.__name__, actions_of_jobs.__name__}
    covered = {function for action in ACTIONS for function in action.covers}
    unproved = {name for name, function in use_cases().items() if function not in covered}
    assert unproved == set(EXCEPTIONS)
    assert all(EXCEPTIONS.values())


def test_every_module_has_a_use_case_or_says_why_not() -> None:
    having = {name.split(".")[0] for name in use_cases()}
    assert set(modules()) - having == set(INNER)
    assert all(INNER.values())
