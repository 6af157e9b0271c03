"""What a hidden tab is to tell: what is news, wanted, and told by no tab in front of the same person's."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import pytest

from server.core import facts as f
from server.core.account import Role, Viewer
from server.core.devices import Language
from server.core.errors import ErrorCode, Refusal
from server.core.image import Image, Status
from server.core.notices import Choices, NoticeKind, stop_key
from server.usecases.change_device import change_device
from server.usecases.change_image import cancel_image, trash_image
from server.usecases.choose_notices import save_choices
from server.usecases.mark_read import mark_read
from server.usecases.note_shown import note_shown
from server.usecases.read_untold import Asked, Untold, read_untold
from server.usecases.rescue_overdue import forget_old
from tests.server.usecases.studio import Studio, picture
from tests.server.usecases.test_plan_pushes import device

SECRET = b"s" * 32
NOTHING = Untold([], [], [])


def keys(*images: Image) -> list[str]:
    return [f"{image.id}:{image.attempt}" for image in images]


async def ask(studio: Studio, outcomes: list[str], viewer: Viewer | None = None, at: UUID | None = None) -> Untold:
    return await read_untold(studio.database, viewer or studio.viewer, Asked(outcomes, at, Language.EN), SECRET)


async def show(studio: Studio, outcomes: list[str], at: UUID | None = None) -> None:
    """A tab has shown these: one in front, or the hidden one of a device."""
    for _ in range(2):
        await note_shown(studio.database, studio.viewer, [], at, outcomes)


async def choose(studio: Studio, *kinds: NoticeKind, muted: frozenset[UUID] = frozenset()) -> None:
    await save_choices(studio.database, studio.viewer, Choices(frozenset(kinds), muted))


async def batch(studio: Studio, number: int, done: int) -> list[Image]:
    """A request of which so many pictures are there."""
    images = await studio.request(count=number, batch=uuid4())
    for image in images[:done]:
        await studio.record(await studio.generate(image, uuid4().hex), f.Stored(1, picture()))
    return [await studio.load(image.id) for image in images]


async def test_what_ended_is_to_be_told_until_a_tab_in_front_has_shown_it(studio: Studio) -> None:
    ready, failed = await studio.bring(Status.COMPLETED), await studio.bring(Status.FAILED)
    both = keys(failed, ready)
    assert await ask(studio, both) == Untold(both, [], [])
    await show(studio, keys(ready))
    assert await ask(studio, both) == Untold(keys(failed), keys(ready), [])
    assert await ask(studio, keys(ready)) == Untold([], keys(ready), [])


async def test_what_a_hidden_tab_has_told_is_told_in_other_browsers_still(studio: Studio) -> None:
    laptop = await device(studio, "laptop")
    image = await studio.bring(Status.COMPLETED)
    await show(studio, keys(image), laptop.id)
    assert await ask(studio, keys(image)) == Untold(keys(image), [], [])


async def test_images_are_shown_with_their_outcome_of_now(studio: Studio) -> None:
    """As pages of an earlier build say it."""
    image = await studio.bring(Status.COMPLETED)
    await note_shown(studio.database, studio.viewer, [image.id], None)
    assert await ask(studio, keys(image)) == Untold([], keys(image), [])


async def test_another_try_is_another_outcome(studio: Studio) -> None:
    image = await studio.bring(Status.FAILED)
    await show(studio, keys(image))
    await studio.sql("UPDATE image SET attempt = 2, finished_at = now() WHERE id = :id RETURNING id", id=image.id)
    again = await studio.load(image.id)
    assert await ask(studio, keys(image, again)) == Untold(keys(again), [], [])


async def test_what_was_read_is_told_no_more(studio: Studio) -> None:
    image = await studio.bring(Status.COMPLETED)
    assert image.finished_at is not None
    await mark_read(studio.database, studio.viewer, studio.project, image.finished_at)
    assert await ask(studio, keys(image)) == Untold([], keys(image), [])


async def test_what_is_no_outcome_is_passed_over(studio: Studio) -> None:
    trashed = await studio.bring(Status.COMPLETED)
    await trash_image(studio.database, studio.viewer, trashed.id, studio.rules)
    others = [await studio.bring(status) for status in (Status.PENDING, Status.PROCESSING, Status.CANCELED)]
    assert await ask(studio, [*keys(trashed, *others), f"{uuid4()}:1"]) == NOTHING


async def test_what_is_not_wanted_here_is_not_told(studio: Studio) -> None:
    ready, failed = await studio.bring(Status.COMPLETED), await studio.bring(Status.FAILED)
    laptop = await device(studio, "laptop")
    off = frozenset({NoticeKind.READY})
    await change_device(studio.database, studio.viewer, laptop.id, None, None, off)
    assert (await ask(studio, keys(ready, failed), at=laptop.id)).outcomes == keys(failed)
    await choose(studio, NoticeKind.READY)
    assert (await ask(studio, keys(ready, failed))).outcomes == keys(ready)
    await choose(studio, NoticeKind.READY, muted=frozenset({studio.project}))
    assert await ask(studio, keys(ready, failed)) == NOTHING


async def test_it_is_nobody_elses_business(studio: Studio, neighbour: Studio) -> None:
    image = await studio.bring(Status.COMPLETED)
    colleague = await studio.colleague("bob@example.org", Role.OWNER)
    for other in (neighbour.viewer, colleague):
        await note_shown(studio.database, other, [image.id], None, keys(image))
        assert await ask(studio, keys(image), other) == NOTHING
    assert await studio.sql("SELECT * FROM shown") == []
    assert await ask(studio, keys(image)) == Untold(keys(image), [], [])
    theirs = await device(studio, "bobs", colleague)
    with pytest.raises(Refusal) as refusal:
        await ask(studio, keys(image), at=theirs.id)
    assert refusal.value.code is ErrorCode.NOT_FOUND


async def test_two_tabs_in_front_that_say_so_at_once_do_not_wait_for_each_other(studio: Studio) -> None:
    images = [await studio.bring(Status.COMPLETED) for _ in range(5)]
    orders = [keys(*images), keys(*reversed(images))] * 4
    await asyncio.gather(*(note_shown(studio.database, studio.viewer, [], None, order) for order in orders))
    assert len(await studio.sql("SELECT * FROM shown")) == 5


async def test_what_was_shown_long_ago_is_forgotten(studio: Studio) -> None:
    old, new = await studio.bring(Status.COMPLETED), await studio.bring(Status.COMPLETED)
    await show(studio, keys(old, new))
    await studio.sql(
        "UPDATE shown SET at = now() - interval '31 days' WHERE outcome = :key RETURNING at", key=keys(old)[0]
    )
    await forget_old(studio.database, 30)
    assert [row["outcome"] for row in await studio.sql("SELECT * FROM shown")] == keys(new)


# Batches


async def test_a_batch_is_told_once_all_of_it_has_ended_whatever_the_tab_knows_of_it(studio: Studio) -> None:
    await choose(studio, NoticeKind.BATCH)
    first, second, third = await batch(studio, 3, done=2)
    assert await ask(studio, keys(second)) == NOTHING
    last = await studio.record(await studio.accept(third, uuid4().hex), f.GenerationFailed(1, ""))
    found = await ask(studio, keys(last))
    [message] = found.messages
    assert (found.outcomes, found.elsewhere) == ([], [])
    assert (message.kind, message.tag, message.url) == (NoticeKind.BATCH, str(studio.project), f"/p/{studio.project}")
    assert message.title == "All 3 pictures are done"
    assert message.outcomes == tuple(keys(last, second, first))
    assert message.thumb is not None and message.thumb.startswith("/api/thumbs/")


async def test_the_last_of_a_batch_may_be_canceled(studio: Studio) -> None:
    await choose(studio, NoticeKind.BATCH)
    first, second, third = await batch(studio, 3, done=2)
    await cancel_image(studio.database, studio.viewer, third.id, studio.rules)
    [message] = (await ask(studio, keys(third))).messages
    assert message.title == "All 2 pictures are done"
    assert message.outcomes == tuple(keys(second, first))


async def test_of_a_batch_is_told_nothing_where_its_last_picture_was_shown_or_it_is_not_wanted(studio: Studio) -> None:
    *_, last = await batch(studio, 2, done=2)
    assert (await ask(studio, keys(last))).messages == []
    await choose(studio, NoticeKind.BATCH, muted=frozenset({studio.project}))
    assert (await ask(studio, keys(last))).messages == []
    await choose(studio, NoticeKind.BATCH)
    assert len((await ask(studio, keys(last))).messages) == 1
    await show(studio, keys(last))
    assert await ask(studio, keys(last)) == Untold([], keys(last), [])


# Credits


async def stop(studio: Studio) -> str:
    """Credits run out while something waits; how this stop is known."""
    await studio.record(await studio.bring(Status.SUBMITTING), f.Refused(1, f.Halt.OUT_OF_CREDITS))
    pause = await studio.database.transact(lambda unit: unit.provider.read())
    assert pause.since is not None
    return stop_key(pause.since)


async def test_that_credits_ran_out_is_told_to_owners_who_wait_while_they_are_out(
    studio: Studio, neighbour: Studio
) -> None:
    key = await stop(studio)
    found = await ask(studio, [key])
    [message] = found.messages
    assert (message.kind, message.tag, message.outcomes) == (NoticeKind.CREDITS_LOW, "credits", (key,))
    editor = await studio.colleague("bob@example.org", Role.EDITOR)
    await studio.sql(
        "DELETE FROM membership WHERE account = :id AND role = 'owner' RETURNING account", id=editor.account
    )
    assert await ask(studio, [key], editor) == NOTHING
    assert await ask(neighbour, [key]) == NOTHING, "nothing of theirs waits"
    assert await ask(studio, ["credits:1"]) == NOTHING, "another stop"
    await choose(studio, NoticeKind.READY)
    assert await ask(studio, [key]) == NOTHING
    await choose(studio, NoticeKind.CREDITS_LOW)
    await studio.end_pause()
    assert await ask(studio, [key]) == NOTHING


async def test_a_tab_in_front_that_says_so_keeps_every_other_place_quiet_about_that_stop(studio: Studio) -> None:
    await device(studio)
    key = await stop(studio)
    assert [row["kind"] for row in await studio.sql("SELECT kind FROM push")] == ["credits_low"]
    await show(studio, [key, "credits:1"])
    assert await studio.sql("SELECT kind FROM push") == []
    assert [row["outcome"] for row in await studio.sql("SELECT outcome FROM shown")] == [key]
    assert await ask(studio, [key]) == NOTHING
    await studio.end_pause()
    after = await stop(studio)
    assert after != key
    assert len((await ask(studio, [after])).messages) == 1


async def test_refusals_of_one_stop_are_one_stop(studio: Studio) -> None:
    other = await studio.bring(Status.SUBMITTING)
    key = await stop(studio)
    # Somebody topped up, and it was not enough.
    await studio.database.transact(lambda unit: unit.provider.go_ahead())
    await studio.record(other, f.Refused(1, f.Halt.OUT_OF_CREDITS))
    assert len((await ask(studio, [key])).messages) == 1
