"""One subscription to Redis for a whole server, and the rooms behind it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection
from typing import Generic, TypeVar

from redis.asyncio import Redis

T = TypeVar("T")


class Rooms(Generic[T]):
    """Sockets by channel. A channel is subscribed to for good when somebody first enters it."""

    def __init__(self, redis_url: str, send: Callable[[Collection[T], bytes], None]) -> None:
        self._pubsub = Redis.from_url(redis_url).pubsub()
        self._send = send
        self._sockets: defaultdict[str, set[T]] = defaultdict(set)

    async def enter(self, channel: str, socket: T) -> None:
        """Hears what is published from now on."""
        known = channel in self._sockets
        self._sockets[channel].add(socket)
        if not known:
            await self._pubsub.subscribe(channel)

    def leave(self, channel: str, socket: T) -> None:
        """Hears nothing any more."""
        self._sockets[channel].discard(socket)

    async def follow(self) -> None:
        """For ever."""
        # The library wants a channel before it listens.
        await self._pubsub.subscribe("peer")
        async for message in self._pubsub.listen():
            if message["type"] == "message":
                self._send(self._sockets[message["channel"].decode()], message["data"])
