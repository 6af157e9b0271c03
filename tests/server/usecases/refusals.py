"""Asserts that something was refused, and returns how."""

from __future__ import annotations

from collections.abc import Awaitable

import pytest

from server.core.errors import ErrorCode, Refusal


async def refused(attempted: Awaitable[object], code: ErrorCode) -> Refusal:
    """The refusal, which must carry this code."""
    with pytest.raises(Refusal) as caught:
        await attempted
    assert caught.value.code is code
    return caught.value
