"""Ending tasks: whoever loses a cancellation ends at the next."""

from __future__ import annotations

import asyncio

import pytest

from server.ending import end


async def endless() -> None:
    await asyncio.Event().wait()


async def deaf_to(cancellations: int, began: asyncio.Event) -> None:
    """Swallows so many of them."""
    for _ in range(cancellations):
        try:
            began.set()
            await endless()
        except asyncio.CancelledError:
            pass
    await endless()


@pytest.mark.parametrize("lost", [0, 1, 3])
async def test_it_asks_until_a_task_has_ended(lost: int) -> None:
    began = asyncio.Event()
    task = asyncio.create_task(deaf_to(lost, began))
    if lost:
        await began.wait()
    async with asyncio.timeout(5):
        await end(task, again=0.01)
    assert task.cancelled()


async def test_it_ends_several_and_none_of_them_raises() -> None:
    async def stumbles() -> None:
        try:
            await endless()
        finally:
            raise RuntimeError("stumbled while it ended")

    tasks = [asyncio.create_task(endless()), asyncio.create_task(stumbles())]
    # A turn of the loop, in which they begin.
    await asyncio.sleep(0)
    await end(*tasks)
    assert tasks[0].cancelled()
    assert isinstance(tasks[1].exception(), RuntimeError)


async def test_of_nothing_there_is_nothing_to_wait_for() -> None:
    """`asyncio.wait` takes no empty set; a hub that was never started has no tasks."""
    await end()
