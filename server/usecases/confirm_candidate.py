"""Check that a task which only a callback named is really the attempt's own."""

from __future__ import annotations

from server.core.image import Attempt
from server.core.ports import Database, Unit
from server.usecases.intend_submit import hash_nonce


async def confirm_candidate(database: Database, attempt: Attempt, callback_url: str | None) -> bool:
    """Whether the provider's record of the task names this attempt's callback address; if not, it is forgotten.

    A record that names no address at all cannot contradict. Raises `Unavailable`.
    """
    if callback_url is None:
        return True
    nonce = callback_url.rsplit("/", 1)[-1]

    async def work(unit: Unit) -> bool:
        if await unit.attempts.has_nonce(attempt.id, hash_nonce(nonce)):
            return True
        held = await unit.attempts.hold(attempt.id)
        if held is not None and held.candidate_task_id == attempt.candidate_task_id:
            # Another one that was called back meanwhile has yet to be asked about.
            await unit.attempts.keep_candidate(attempt.id, None)
        return False

    return await database.transact(work)
