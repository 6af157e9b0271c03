"""Carry a request out once, however often it is sent under the same Idempotency-Key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from server.core.account import Viewer
from server.core.ports import Unit

Answer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OnceKey:
    """The client's key and a hash of everything the request asks for."""

    key: str
    request_hash: bytes


async def answer_once(
    unit: Unit, viewer: Viewer, once: OnceKey | None, carry_out: Callable[[], Awaitable[Answer]]
) -> Answer:
    """The answer, kept from the first time or made now, in the unit's transaction.

    Raises `Refusal(KEY_REUSED)` where the key came with another request.
    """
    if once is None:
        return await carry_out()
    earlier = await unit.idempotency.begin(viewer.account, once.key, once.request_hash)
    if earlier is not None:
        return earlier
    answer = await carry_out()
    await unit.idempotency.keep(viewer.account, once.key, answer)
    return answer
