"""The port `Idempotency`, on its one adapter."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from server.core.errors import ErrorCode, Refusal
from server.core.ports import Unit
from tests.contracts.rows import Home

ANSWER = {"images": [{"id": "x", "name": "é 🦊", "estimate": None}]}


async def answer(home: Home, key: str = "key", request: bytes = b"request") -> tuple[Mapping[str, Any], bool]:
    """The answer to a request that makes one thing, and whether it was made now."""

    async def work(unit: Unit) -> tuple[Mapping[str, Any], bool]:
        earlier = await unit.idempotency.begin(home.account, key, request)
        if earlier is not None:
            return earlier, False
        await unit.idempotency.keep(home.account, key, ANSWER)
        return ANSWER, True

    return await home.do(work)


async def test_the_first_answer_is_kept_whole(home: Home) -> None:
    assert await answer(home) == (ANSWER, True)
    assert await answer(home) == (ANSWER, False)


async def test_twenty_at_once_carry_it_out_once(home: Home) -> None:
    answers = await asyncio.gather(*(answer(home) for _ in range(20)))
    assert [made for _, made in answers].count(True) == 1
    assert all(given == ANSWER for given, _ in answers)


async def test_another_request_under_the_key_is_refused_and_harms_nothing(home: Home) -> None:
    await answer(home)
    with pytest.raises(Refusal) as caught:
        await answer(home, request=b"another")
    assert caught.value.code is ErrorCode.KEY_REUSED
    assert await answer(home) == (ANSWER, False)


async def test_keys_and_accounts_are_apart(home: Home, other: Home) -> None:
    assert [made for _, made in [await answer(home), await answer(home, "second"), await answer(other)]] == [True] * 3


async def test_a_key_whose_unit_failed_is_free(home: Home) -> None:
    async def fail(unit: Unit) -> None:
        await unit.idempotency.begin(home.account, "key", b"request")
        raise LookupError

    with pytest.raises(LookupError):
        await home.do(fail)
    assert await answer(home, request=b"another") == (ANSWER, True)


async def test_who_waits_for_a_rival_that_fails_carries_it_out(home: Home) -> None:
    begun, done = asyncio.Event(), asyncio.Event()

    async def begin_and_fail(unit: Unit) -> None:
        await unit.idempotency.begin(home.account, "key", b"request")
        begun.set()
        async with asyncio.timeout(5):
            await done.wait()
        raise LookupError

    failing = asyncio.create_task(home.do(begin_and_fail))
    await begun.wait()
    waiting = asyncio.create_task(answer(home))
    # The rival has reached the lock once PostgreSQL says that somebody waits for it.
    async with asyncio.timeout(5):
        while not await home.sql("SELECT 1 FROM pg_locks WHERE NOT granted"):
            pass
    done.set()
    with pytest.raises(LookupError):
        await failing
    assert await waiting == (ANSWER, True)


async def test_old_keys_are_forgotten(home: Home) -> None:
    await answer(home, "old")
    await home.sql("UPDATE idempotency SET at = at - interval '25 hours' RETURNING key")
    await answer(home, "young")
    assert await home.do(lambda unit: unit.idempotency.prune(86_400.0)) == 1
    assert [made for _, made in [await answer(home, "old"), await answer(home, "young")]] == [True, False]
