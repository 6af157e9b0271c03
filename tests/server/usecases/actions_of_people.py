"""What people do that others see, one example each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

from server.core import facts as f
from server.core.account import Role
from server.core.errors import ErrorCode
from server.core.image import Action, Kind, Scope, Status
from server.infra.memory.blobs import MemoryBlobs
from server.usecases import (
    cancel_many,
    change_image,
    change_many,
    change_project,
    mark_read,
    order_queue,
    pause_workspace,
    purge_images,
    read_images,
    record_fact,
    request_images,
    restore_project,
    retry_many,
    set_daily_cap,
    sign_in,
    upload_image,
)
from server.usecases.answer_once import OnceKey
from tests.server.usecases.actions import action
from tests.server.usecases.refusals import refused
from tests.server.usecases.studio import Studio, picture

# What people do with pictures


@action(upload_image.upload_images, events=3)
async def upload_three(studio: Studio) -> AsyncIterator[None]:
    yield
    await studio.upload(3)


@action(request_images.request_images, events=4)
async def request_four(studio: Studio) -> AsyncIterator[None]:
    [source] = await studio.upload()
    yield
    await studio.request(count=4, inputs=(source.id,))


@action(request_images.request_images, events=0)
async def request_again_under_the_same_key(studio: Studio) -> AsyncIterator[None]:
    once = OnceKey("key", b"hash")
    await studio.request(once, count=2)
    yield
    await studio.request(once, count=2)


@action(request_images.request_images, events=0)
async def request_with_a_foreign_input(studio: Studio) -> AsyncIterator[None]:
    yield
    await refused(studio.request(inputs=(uuid4(),)), ErrorCode.NOT_FOUND)


@action(change_image.edit_image, events=2)
async def rename_and_favour(studio: Studio) -> AsyncIterator[None]:
    image = await studio.bring(Status.COMPLETED)
    yield
    await change_image.edit_image(studio.database, studio.viewer, image.id, name="Fox")
    await change_image.edit_image(studio.database, studio.viewer, image.id, favorite=True)


@action(change_image.cancel_image, events=1)
async def cancel_while_it_waits(studio: Studio) -> AsyncIterator[None]:
    image = await studio.bring(Status.PENDING)
    yield
    await change_image.cancel_image(studio.database, studio.viewer, image.id, studio.rules)


@action(change_image.cancel_image, events=1)
async def cancel_while_it_is_generated_twice(studio: Studio) -> AsyncIterator[None]:
    image = await studio.bring(Status.PROCESSING)
    yield
    for _ in range(2):
        await change_image.cancel_image(studio.database, studio.viewer, image.id, studio.rules)


@action(change_image.cancel_image, events=3)
async def cancel_what_others_are_made_from(studio: Studio) -> AsyncIterator[None]:
    first = await studio.bring(Status.PENDING)
    [second] = await studio.request(inputs=(first.id,))
    await studio.request(inputs=(second.id,))
    yield
    await change_image.cancel_image(studio.database, studio.viewer, first.id, studio.rules)


@action(change_image.retry_image, events=1)
async def try_again(studio: Studio) -> AsyncIterator[None]:
    image = await studio.bring(Status.FAILED)
    yield
    await change_image.retry_image(studio.database, studio.viewer, image.id, studio.rules)


@action(change_image.retry_image, events=1)
async def try_again_from_the_trash(studio: Studio) -> AsyncIterator[None]:
    image = await studio.bring(Status.FAILED)
    await change_image.trash_image(studio.database, studio.viewer, image.id, studio.rules)
    yield
    await change_image.retry_image(studio.database, studio.viewer, image.id, studio.rules)


@action(change_image.trash_image, events=1)
async def trash_a_finished_picture_twice(studio: Studio) -> AsyncIterator[None]:
    image = await studio.bring(Status.COMPLETED)
    yield
    for _ in range(2):
        await change_image.trash_image(studio.database, studio.viewer, image.id, studio.rules)


@action(change_image.trash_image, events=2)
async def trash_a_waiting_picture(studio: Studio) -> AsyncIterator[None]:
    image = await studio.bring(Status.PENDING)
    yield
    await change_image.trash_image(studio.database, studio.viewer, image.id, studio.rules)


@action(change_image.restore_image, events=1)
async def restore(studio: Studio) -> AsyncIterator[None]:
    image = await studio.bring(Status.COMPLETED, Kind.UPLOAD)
    await change_image.trash_image(studio.database, studio.viewer, image.id, studio.rules)
    yield
    await change_image.restore_image(studio.database, studio.viewer, image.id)


@action(change_image.restore_image, events=2)
async def restore_what_lay_in_a_deleted_project(studio: Studio) -> AsyncIterator[None]:
    """The project comes back with that one picture; the other stays in the trash."""
    image = await studio.bring(Status.COMPLETED)
    await studio.bring(Status.FAILED)
    await change_project.delete_project(studio.database, studio.viewer, studio.project, studio.rules)
    yield
    for _ in range(2):
        await change_image.restore_image(studio.database, studio.viewer, image.id)


@action(change_image.refresh_image, events=0)
async def ask_the_provider_now(studio: Studio) -> AsyncIterator[None]:
    image = await studio.bring(Status.PROCESSING)
    yield
    await change_image.refresh_image(studio.database, studio.viewer, image.id, studio.rules)


# What people do with many at once


@action(change_many.change_many, events=5)
async def trash_many_twice(studio: Studio) -> AsyncIterator[None]:
    """Two events each for what waits and what waits for that, one for what failed, none for what is there already."""
    first = await studio.bring(Status.PENDING)
    [second] = await studio.request(inputs=(first.id,))
    images = [first, second, await studio.bring(Status.FAILED)]
    gone = await studio.bring(Status.COMPLETED)
    await change_image.trash_image(studio.database, studio.viewer, gone.id, studio.rules)
    ids = [image.id for image in [*images, gone]]
    yield
    for _ in range(2):
        await change_many.change_many(studio.database, studio.viewer, ids, Action.TRASH, None, studio.rules)


@action(change_many.change_many, events=3)
async def restore_many_of_a_deleted_project(studio: Studio) -> AsyncIterator[None]:
    """The project once, and both pictures; not what is yet to be canceled."""
    images = [await studio.bring(status) for status in (Status.COMPLETED, Status.FAILED, Status.PROCESSING)]
    await change_project.delete_project(studio.database, studio.viewer, studio.project, studio.rules)
    ids = [image.id for image in images]
    yield
    for _ in range(2):
        await change_many.change_many(studio.database, studio.viewer, ids, Action.RESTORE, None, studio.rules)


@action(change_many.change_many, events=4)
async def favour_many_and_no_more(studio: Studio) -> AsyncIterator[None]:
    ids = [(await studio.bring(status)).id for status in (Status.COMPLETED, Status.PENDING)]
    yield
    for deed in (Action.FAVOR, Action.FAVOR, Action.UNFAVOR):
        await change_many.change_many(studio.database, studio.viewer, ids, deed, None, studio.rules)


@action(change_many.change_many, events=2)
async def move_many(studio: Studio) -> AsyncIterator[None]:
    """Twice, and with one in the trash that stays where it was."""
    another = await studio.another_project("Trip")
    images = [await studio.bring(status) for status in (Status.COMPLETED, Status.PROCESSING, Status.FAILED)]
    await change_image.trash_image(studio.database, studio.viewer, images[2].id, studio.rules)
    ids = [image.id for image in images]
    yield
    for _ in range(2):
        await change_many.change_many(studio.database, studio.viewer, ids, Action.MOVE, another, studio.rules)


@action(purge_images.purge_images, events=1)
async def remove_for_ever_twice(studio: Studio) -> AsyncIterator[None]:
    image, shown = await studio.bring(Status.COMPLETED), await studio.bring(Status.COMPLETED)
    await change_image.trash_image(studio.database, studio.viewer, image.id, studio.rules)
    ids, policy = [image.id, shown.id], studio.rules.policy
    yield
    for expected in ([image.id], []):
        removed = await purge_images.purge_images(studio.database, MemoryBlobs(), studio.viewer, ids, policy)
        assert removed == expected


# What people have seen


@action(mark_read.mark_read, events=2)
async def look_at_what_came_and_at_what_came_then(studio: Studio) -> AsyncIterator[None]:
    """One event for each that is newer, however often it is seen; what is older changes nothing."""
    first, last = await studio.bring(Status.COMPLETED), await studio.bring(Status.FAILED)
    assert first.finished_at and last.finished_at
    yield
    for seen_at in (first.finished_at, first.finished_at, last.finished_at, first.finished_at):
        await mark_read.mark_read(studio.database, studio.viewer, studio.project, seen_at)


@action(mark_read.mark_read, events=1)
async def somebody_else_of_the_workspace_looks(studio: Studio) -> AsyncIterator[None]:
    """All are told, and pass over it: everybody has marks of their own."""
    await studio.bring(Status.COMPLETED)
    colleague = await studio.colleague("eve@example.org", Role.VIEWER)
    yield
    await mark_read.mark_read(studio.database, colleague, studio.project, await studio.database.time())


@action(mark_read.mark_read, events=0)
async def see_nothing_since_the_project_was_made(studio: Studio) -> AsyncIterator[None]:
    project = await read_images.read_project(studio.database, studio.viewer, studio.project)
    yield
    await mark_read.mark_read(studio.database, studio.viewer, studio.project, project.created_at)


# What people do with the queue


@action(pause_workspace.pause_workspace, events=0)
async def pause_and_resume(studio: Studio) -> AsyncIterator[None]:
    """Nobody's picture changes: the queue is told beside the stream."""
    await studio.reserve(await studio.bring(Status.PENDING))
    yield
    for paused in (True, False):
        await pause_workspace.pause_workspace(studio.database, studio.viewer, paused)


@action(order_queue.order_queue, events=0)
async def move_to_the_front(studio: Studio) -> AsyncIterator[None]:
    images = await studio.request(count=3)
    yield
    await order_queue.order_queue(studio.database, studio.viewer, [images[2].id])


@action(cancel_many.cancel_many, events=4)
async def cancel_all_of_mine_twice(studio: Studio) -> AsyncIterator[None]:
    """What waits, what waits for that, what is generated; and no upload."""
    [first] = await studio.request()
    await studio.request(inputs=(first.id,))
    await studio.bring(Status.PROCESSING)
    await studio.bring(Status.SUBMITTING)
    await studio.upload()
    yield
    for _ in range(2):
        await cancel_many.cancel_many(studio.database, studio.viewer, Scope(), studio.rules)


@action(retry_many.retry_many, events=2)
async def try_all_again_twice_under_one_key(studio: Studio) -> AsyncIterator[None]:
    for _ in range(2):
        await studio.record(await studio.bring(Status.SUBMITTING), f.Rejected(1))
    yield
    for _ in range(2):
        once = OnceKey("again", b"hash")
        await retry_many.retry_many(studio.database, studio.viewer, Scope(), True, studio.rules, once)


# What people do with projects


@action(change_project.create_project, events=1)
async def create_a_project_twice_under_one_key(studio: Studio) -> AsyncIterator[None]:
    yield
    for _ in range(2):
        await change_project.create_project(studio.database, studio.viewer, "Trip", OnceKey("trip", b"hash"))


@action(change_project.rename_project, events=1)
async def rename_a_project(studio: Studio) -> AsyncIterator[None]:
    yield
    await change_project.rename_project(studio.database, studio.viewer, studio.project, "Foxes")


@action(change_project.delete_project, events=8)
async def delete_a_project(studio: Studio) -> AsyncIterator[None]:
    """Two events each for what waits and for what is generated, one each for what is finished (an upload too)."""
    await studio.bring(Status.COMPLETED)
    await studio.bring(Status.FAILED)
    await studio.bring(Status.PROCESSING)
    await studio.bring(Status.PENDING)
    yield
    await change_project.delete_project(studio.database, studio.viewer, studio.project, studio.rules)


@action(restore_project.restore_project, events=4)
async def take_the_deletion_of_a_project_back_twice(studio: Studio) -> AsyncIterator[None]:
    """The project, two finished pictures and an upload; not what is yet to be canceled, nor what was trashed before."""
    for status in (Status.COMPLETED, Status.FAILED, Status.PROCESSING):
        await studio.bring(status)
    before = await studio.bring(Status.COMPLETED)
    await change_image.trash_image(studio.database, studio.viewer, before.id, studio.rules)
    await change_project.delete_project(studio.database, studio.viewer, studio.project, studio.rules)
    yield
    for _ in range(2):
        await restore_project.restore_project(studio.database, studio.viewer, studio.project)


@action(change_project.delete_project, record_fact.record_fact, events=1)
async def a_picture_arrives_after_its_project_was_deleted(studio: Studio) -> AsyncIterator[None]:
    image = await studio.bring(Status.SAVING)
    await change_project.delete_project(studio.database, studio.viewer, studio.project, studio.rules)
    yield
    await studio.record(image, f.Stored(1, picture()))


# What people do with money


@action(set_daily_cap.set_daily_cap, events=0)
async def set_a_cap_and_take_it_away(studio: Studio) -> AsyncIterator[None]:
    yield
    for cap in (5.0, None):
        await set_daily_cap.set_daily_cap(studio.database, studio.viewer, cap)


@action(request_images.request_images, change_image.retry_image, events=0)
async def ask_for_more_than_may_be_spent(studio: Studio) -> AsyncIterator[None]:
    failed = await studio.bring(Status.FAILED)
    await set_daily_cap.set_daily_cap(studio.database, studio.viewer, 0.05)
    yield
    await refused(studio.request(), ErrorCode.DAILY_CAP_REACHED)
    again = change_image.retry_image(studio.database, studio.viewer, failed.id, studio.rules)
    await refused(again, ErrorCode.DAILY_CAP_REACHED)


# What people do with themselves


@action(sign_in.add_account, events=0)
async def somebody_else_comes(studio: Studio) -> AsyncIterator[None]:
    """Their first project is told to their own workspace alone."""
    yield
    await sign_in.add_account(studio.database, "bob@example.org")
