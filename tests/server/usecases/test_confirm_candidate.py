"""A task that only a callback named proves itself by the callback address in its record."""

from __future__ import annotations

import pytest

from server.core.image import Status
from server.usecases.confirm_candidate import confirm_candidate
from server.usecases.note_callback import note_callback
from tests.server.usecases.studio import TASK, Studio


@pytest.mark.parametrize(
    ("address", "ours"),
    [
        (None, True),
        ("https://us.example/api/callbacks/nanobanana/{nonce}", True),
        ("http://elsewhere.example/{nonce}", True),
        ("https://us.example/api/callbacks/nanobanana/{nonce}x", False),
        ("https://us.example/api/callbacks/nanobanana/", False),
        ("", False),
    ],
)
async def test_the_record_must_name_our_nonce(studio: Studio, address: str | None, ours: bool) -> None:
    """Who else asked for that task does not know it; a record without an address cannot contradict."""
    intent = await studio.submit(await studio.bring(Status.PENDING))
    await note_callback(studio.database, intent.nonce, TASK, studio.rules)
    attempt = await studio.attempt(intent.image)
    named = address and address.format(nonce=intent.nonce)
    assert await confirm_candidate(studio.database, attempt, named) is ours
    assert (await studio.attempt(intent.image)).candidate_task_id == (TASK if ours else None)


async def test_another_attempts_nonce_is_not_ours(studio: Studio) -> None:
    mine = await studio.submit(await studio.bring(Status.PENDING))
    other = await studio.submit(await studio.bring(Status.PENDING))
    await note_callback(studio.database, mine.nonce, TASK, studio.rules)
    assert not await confirm_candidate(studio.database, await studio.attempt(mine.image), f"https://x/{other.nonce}")
