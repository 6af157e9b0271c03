"""Ends tasks for certain, also one that lost its cancellation."""

from __future__ import annotations

import asyncio
from typing import Any

AGAIN = 2.0
"""Seconds after which a task that has not ended is cancelled once more."""


async def end(*tasks: asyncio.Future[Any], again: float = AGAIN) -> None:
    """Cancel them and wait until all have ended, however they do.

    Cancelled again every `again` seconds: before Python 3.12 `asyncio.wait_for`, which libraries use, swallows a
    cancellation that comes just as it returns (https://github.com/python/cpython/issues/81839), and a task that
    works in rounds would then go on for ever.
    """
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=again)
