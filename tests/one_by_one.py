"""What a subscription brings, message by message."""

from __future__ import annotations

from collections.abc import AsyncIterator

from server.core.ports import News


async def one_by_one(messages: AsyncIterator[News]) -> AsyncIterator[tuple[str, bytes] | None]:
    """Each message of each list, and each None."""
    async for news in messages:
        if news is None:
            yield None
            continue
        assert news, "nothing is no news"
        for heard in news:
            yield heard
