"""How every part of this process speaks to Redis: briefly. No call holds a request for longer than `COMMAND_LIMIT`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from redis.asyncio import BlockingConnectionPool, ConnectionPool
from redis.exceptions import RedisError

from server.core.ports import Unavailable

SOCKET_LIMIT = 1.0
COMMAND_LIMIT = 1.0
"""Seconds that a command may take, the wait for its connection included."""
LOST = (RedisError, OSError, TimeoutError)
_SOCKET: dict[str, Any] = {
    "socket_connect_timeout": SOCKET_LIMIT,
    # Saves two round trips on each new connection.
    "lib_name": None,
    "lib_version": None,
}


def connection_pool(url: str, size: int = 16) -> ConnectionPool:
    """Connections for short commands; past `size` at once they wait for each other. `redis`, `rediss`, `unix` URLs."""
    # No `socket_timeout`: redis-py 5 bounds its writing by `asyncio.wait_for`, which before Python 3.12 swallows a
    # cancellation that comes just then. `brief` bounds all of it.
    return BlockingConnectionPool.from_url(url, max_connections=size, timeout=SOCKET_LIMIT, **_SOCKET)


@asynccontextmanager
async def brief(doing: str) -> AsyncIterator[None]:
    """Bound what happens inside to `COMMAND_LIMIT` seconds; raises `Unavailable`, naming what was being done."""
    try:
        async with asyncio.timeout(COMMAND_LIMIT):
            yield
    except LOST as error:
        raise Unavailable(f"Redis did not {doing}: {reason(error)}") from error


def reason(error: BaseException) -> str:
    """What an error says, or its name where it says nothing."""
    return str(error) or type(error).__name__
