"""The operator's own pause: of everybody, and for as long as they wish."""

from __future__ import annotations

import pytest

from server.core import facts as f
from server.core.image import Status
from server.core.stores import Wake
from server.usecases.claim_turn import end_overdue
from server.usecases.dispatch_images import dispatch_images
from server.usecases.hold_provider import hold_provider, read_standing
from server.usecases.intend_submit import Paused, commit_intent, prepare_intent
from server.usecases.note_balance import claim_reading, note_balance
from tests.server.usecases.studio import Studio


async def test_nothing_is_reserved_or_submitted_while_it_lasts(studio: Studio, neighbour: Studio) -> None:
    reserved = await studio.reserve(await studio.bring(Status.PENDING))
    assert await hold_provider(studio.database, True)
    await neighbour.request()
    assert await dispatch_images(studio.database, 8, 64) == []
    with pytest.raises(Paused, match="held"):
        await commit_intent(studio.database, await prepare_intent(studio.database, reserved), studio.rules)
    assert await hold_provider(studio.database, False)
    assert len(await dispatch_images(studio.database, 8, 64)) == 1


async def test_what_waits_meanwhile_does_not_expire(studio: Studio) -> None:
    [waiting] = await studio.request()
    await hold_provider(studio.database, True)
    await studio.expire(waiting)
    assert (await end_overdue(studio.database, waiting.id, studio.rules)).status is Status.PENDING
    await hold_provider(studio.database, False)
    await studio.expire(waiting)
    assert (await end_overdue(studio.database, waiting.id, studio.rules)).status is Status.FAILED


async def test_everybody_hears_of_it_and_of_its_end(studio: Studio) -> None:
    await hold_provider(studio.database, True)
    assert studio.told.stirred == 1
    assert Wake("dispatch") not in studio.told.wakes
    studio.told.clear()
    await hold_provider(studio.database, False)
    assert studio.told.stirred == 1
    assert Wake("dispatch") in studio.told.wakes


async def test_twice_is_harmless_and_said(studio: Studio) -> None:
    assert [await hold_provider(studio.database, held) for held in (False, True, True, False)] == [
        False,
        True,
        False,
        True,
    ]


async def test_letting_go_asks_at_once_whether_there_are_credits_again(studio: Studio) -> None:
    await studio.record(await studio.bring(Status.SUBMITTING), f.Refused(1, f.Halt.OUT_OF_CREDITS))
    turn = await claim_reading(studio.database)
    assert turn is not None
    assert not await note_balance(studio.database, turn, 3.0, None, studio.rules)
    assert await claim_reading(studio.database) is None
    assert not await hold_provider(studio.database, False)
    turn = await claim_reading(studio.database)
    assert turn is not None
    # The same three credits: whoever asks for another try gets one.
    assert await note_balance(studio.database, turn, 3.0, None, studio.rules)


async def test_letting_go_does_not_shorten_what_the_provider_asked_for(studio: Studio) -> None:
    await studio.record(await studio.bring(Status.SUBMITTING), f.Refused(1, f.Halt.RATE_LIMITED, retry_after=30.0))
    await hold_provider(studio.database, False)
    assert await dispatch_images(studio.database, 8, 64) == []


async def test_the_operator_reads_how_it_stands(studio: Studio) -> None:
    assert (await read_standing(studio.database)).sentence == "Submits go on."
    await studio.record(await studio.bring(Status.SUBMITTING), f.Refused(1, f.Halt.MAINTENANCE))
    passing = await read_standing(studio.database)
    assert passing.reason is f.Halt.MAINTENANCE
    assert "maintenance" in passing.sentence and "Next try at 2" in passing.sentence
    await hold_provider(studio.database, True)
    held = await read_standing(studio.database)
    assert held.reason is f.Halt.HELD
    assert "atelier queue resume" in held.sentence and "Next try" not in held.sentence
