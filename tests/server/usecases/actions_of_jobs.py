"""What the worker, rescue, callbacks and the operator do, one example each."""

from __future__ import annotations

from collections.abc import AsyncIterator

from server.core import facts as f
from server.core.image import Kind, Status
from server.infra.memory.blobs import MemoryBlobs
from server.usecases import (
    change_image,
    claim_turn,
    confirm_candidate,
    dispatch_images,
    hold_provider,
    intend_submit,
    note_balance,
    note_callback,
    purge_images,
    record_fact,
    renew_streams,
    repair_stuck,
    reschedule_polls,
    rescue_overdue,
    settle_attempt,
    sweep_blobs,
)
from tests.server.usecases.actions import action
from tests.server.usecases.studio import RESULT, TASK, Studio, picture


@action(intend_submit.commit_intent, events=1)
async def intend_to_submit(studio: Studio) -> AsyncIterator[None]:
    image = await studio.reserve(await studio.bring(Status.PENDING))
    intent = await intend_submit.prepare_intent(studio.database, image)
    yield
    await intend_submit.commit_intent(studio.database, intent, studio.rules)


@action(record_fact.record_fact, record_fact.keep_task, events=3)
async def go_from_accepted_to_stored(studio: Studio) -> AsyncIterator[None]:
    image = await studio.bring(Status.SUBMITTING)
    yield
    await record_fact.keep_task(studio.database, await studio.attempt(image), TASK, studio.rules.policy)
    await studio.record(
        image,
        f.Accepted(1, TASK),
        f.Generating(1, TASK),
        f.PollFailed(1),
        f.Generated(1, TASK, RESULT, {"operationType": "x"}),
        f.SaveFailed(1),
        f.Stored(1, picture()),
    )


@action(record_fact.record_fact, events=2)
async def an_upload_fails_and_so_does_what_waits_for_it(studio: Studio) -> AsyncIterator[None]:
    upload = await studio.bring(Status.SAVING, Kind.UPLOAD)
    await studio.request(inputs=(upload.id,))
    yield
    await studio.record(upload, f.ResultRejected())


@action(note_callback.note_callback, events=0)
async def a_callback_comes(studio: Studio) -> AsyncIterator[None]:
    intent = await studio.submit(await studio.bring(Status.PENDING))
    yield
    assert await note_callback.note_callback(studio.database, intent.nonce, TASK, studio.rules)


@action(confirm_candidate.confirm_candidate, events=0)
async def a_callback_was_wrong(studio: Studio) -> AsyncIterator[None]:
    intent = await studio.submit(await studio.bring(Status.PENDING))
    await note_callback.note_callback(studio.database, intent.nonce, "foreign", studio.rules)
    yield
    attempt = await studio.attempt(intent.image)
    assert not await confirm_candidate.confirm_candidate(studio.database, attempt, "https://x.example/other")


@action(settle_attempt.claim_attempt, settle_attempt.claim_attempts, settle_attempt.settle_attempt, events=1)
async def a_late_picture_comes(studio: Studio) -> AsyncIterator[None]:
    image = await studio.expire(await studio.bring(Status.PROCESSING))
    await claim_turn.end_overdue(studio.database, image.id, studio.rules)
    yield
    attempt = await studio.attempt(image)
    claimed = await settle_attempt.claim_attempt(studio.database, attempt.id, attempt.wake_at, studio.rules.policy)
    assert claimed is not None
    fact = f.Generated(1, TASK, RESULT)
    assert await settle_attempt.settle_attempt(studio.database, claimed, fact, studio.rules.policy)


@action(settle_attempt.settle_attempt, events=0)
async def a_lost_attempt_has_failed(studio: Studio) -> AsyncIterator[None]:
    image = await studio.expire(await studio.bring(Status.PROCESSING))
    await claim_turn.end_overdue(studio.database, image.id, studio.rules)
    yield
    attempt = await studio.attempt(image)
    await settle_attempt.settle_attempt(studio.database, attempt, f.GenerationFailed(1, TASK), studio.rules.policy)


@action(claim_turn.end_overdue, events=2)
async def deadlines_pass(studio: Studio) -> AsyncIterator[None]:
    image = await studio.expire(await studio.bring(Status.SUBMITTING))
    yield
    await claim_turn.end_overdue(studio.database, image.id, studio.rules)
    await studio.expire(image)
    await claim_turn.end_overdue(studio.database, image.id, studio.rules)


@action(claim_turn.claim_due, claim_turn.give_back, reschedule_polls.reschedule_polls, events=0)
async def ask_all_that_are_due(studio: Studio) -> AsyncIterator[None]:
    image = await studio.bring(Status.PROCESSING)
    await studio.let_pass(500, image)
    yield
    [turn] = await claim_turn.claim_due(studio.database, 10, studio.rules.policy)
    await claim_turn.give_back(studio.database, turn.image)
    [turn] = await claim_turn.claim_due(studio.database, 10, studio.rules.policy)
    polls = [(turn.image, f.Generating(turn.image.attempt, TASK))]
    assert await reschedule_polls.reschedule_polls(studio.database, polls, studio.rules) == {image.id}


@action(claim_turn.claim_turn, claim_turn.renew_turns, events=0)
async def take_and_keep_a_turn(studio: Studio) -> AsyncIterator[None]:
    image = await studio.bring(Status.SAVING)
    yield
    turn = await claim_turn.claim_turn(studio.database, image.id, None, studio.rules.policy)
    assert turn is not None
    assert await claim_turn.renew_turns(studio.database, [turn.image], studio.rules.policy)


@action(dispatch_images.dispatch_images, dispatch_images.release_image, events=0)
async def reserve_and_release(studio: Studio) -> AsyncIterator[None]:
    image = await studio.bring(Status.PENDING)
    yield
    [wake] = await dispatch_images.dispatch_images(studio.database, 8, 64)
    assert wake.id == image.id
    await dispatch_images.release_image(studio.database, image.id)


@action(rescue_overdue.rescue_overdue, events=0)
async def rescue(studio: Studio) -> AsyncIterator[None]:
    image = await studio.bring(Status.PROCESSING)
    await studio.let_pass(500, image)
    yield
    assert await rescue_overdue.rescue_overdue(studio.database, 0.5, studio.rules.policy, 10)


@action(repair_stuck.repair_stuck, repair_stuck.find_stuck, events=1)
async def repair(studio: Studio) -> AsyncIterator[None]:
    ending, waiting = await studio.bring(Status.PROCESSING), await studio.bring(Status.PROCESSING)
    await studio.let_pass(100_000, ending)
    await studio.let_pass(500, waiting)
    yield
    stuck = await repair_stuck.find_stuck(studio.database)
    assert await repair_stuck.repair_stuck(studio.database, stuck, studio.rules) == 2


@action(renew_streams.renew_streams, renew_streams.count_streams, events=0)
async def the_streams_begin_another_history(studio: Studio) -> AsyncIterator[None]:
    await studio.request()
    yield
    assert await renew_streams.renew_streams(studio.database) == await renew_streams.count_streams(studio.database)


@action(rescue_overdue.forget_old, events=0)
async def forget(studio: Studio) -> AsyncIterator[None]:
    yield
    await rescue_overdue.forget_old(studio.database, 7)


@action(note_balance.claim_reading, note_balance.note_balance, events=0)
async def credits_run_out_and_come_back(studio: Studio) -> AsyncIterator[None]:
    """What all workspaces share is no part of any stream; the queue's passing news tell of it."""
    image = await studio.bring(Status.SUBMITTING)
    await studio.record(image, f.Refused(1, f.Halt.OUT_OF_CREDITS))
    await studio.database.transact(lambda unit: unit.provider.note_answer(0.0, 0.0))
    yield
    turn = await note_balance.claim_reading(studio.database)
    assert turn is not None
    assert await note_balance.note_balance(studio.database, turn, 500.0, None, studio.rules)


@action(hold_provider.hold_provider, events=0)
async def the_operator_holds_everybody_and_lets_go(studio: Studio) -> AsyncIterator[None]:
    await studio.request()
    yield
    assert await hold_provider.hold_provider(studio.database, True)
    assert await hold_provider.hold_provider(studio.database, False)


@action(purge_images.empty_trash, events=2)
async def the_trash_is_emptied(studio: Studio) -> AsyncIterator[None]:
    """Of an upload and of a generated picture; what was trashed today stays."""
    for kind in (Kind.UPLOAD, Kind.GENERATION):
        image = await studio.bring(Status.COMPLETED, kind)
        await change_image.trash_image(studio.database, studio.viewer, image.id, studio.rules)
    await studio.sql("UPDATE image SET trashed_at = trashed_at - interval '31 days' RETURNING id")
    today = await studio.bring(Status.FAILED)
    await change_image.trash_image(studio.database, studio.viewer, today.id, studio.rules)
    yield
    assert await purge_images.empty_trash(studio.database, MemoryBlobs(), 30, 10, studio.rules.policy) == 2


@action(sweep_blobs.sweep_blobs, events=0)
async def sweep(studio: Studio) -> AsyncIterator[None]:
    blobs = MemoryBlobs()
    await blobs.put(f"incoming/{studio.project}", b"bytes", "image/jpeg")
    yield
    assert await sweep_blobs.sweep_blobs(studio.database, blobs, -1.0) == 1
