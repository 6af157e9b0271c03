"""News between processes through Redis: publish, and subscriptions that heal themselves."""

from __future__ import annotations

from redis.asyncio import Redis

from server.infra.redis_client import brief, connection_pool
from server.infra.redis_connection import RedisAddress
from server.infra.redis_subscription import RedisSubscription

HEARTBEAT = 5.0
PATIENCE = 2.0


class RedisBus:
    """The port `Bus`. A subscription asks for a sign of life after `heartbeat` silent seconds, for `patience` more."""

    def __init__(self, url: str, heartbeat: float = HEARTBEAT, patience: float = PATIENCE) -> None:
        self._url = url
        self._heartbeat = heartbeat
        self._patience = patience
        self._client = Redis(connection_pool=connection_pool(url))

    async def publish(self, channel: str, message: bytes) -> None:
        """Tell whoever listens now. Raises `Unavailable` within 2 s."""
        async with brief("publish"):
            await self._client.publish(channel, message)

    def subscribe(self) -> RedisSubscription:
        """A subscription to no channel yet; it connects when the first is added. Close it before the bus."""
        return RedisSubscription(RedisAddress(self._url), self._heartbeat, self._patience)

    async def aclose(self) -> None:
        """Close the publishing connections."""
        await self._client.connection_pool.disconnect()
