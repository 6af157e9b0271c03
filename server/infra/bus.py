"""News between processes through Redis: publish, and one connection a process that listens and heals itself.

redis-py's own pub/sub does not notice a half-open connection and reconnects behind our back, so the listening
connection is driven here: every loss is noticed, and told as a gap once all channels are confirmed again.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from server.core.backoff import exponential
from server.core.ports import Unavailable
from server.infra.backlog import Backlog, News
from server.infra.redis_client import LIMIT, LOST, SOCKET_LIMIT, brief, connection_pool, lone_connection, reason

HEARTBEAT = 5.0
PATIENCE = 2.0
FIRST_WAIT, LONGEST_WAIT = 0.05, 2.0
STEADY = 5.0
"""Seconds after which a connection counts as good, so that its loss is followed by a quick return."""

log = logging.getLogger(__name__)


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
        return RedisSubscription(self._url, self._heartbeat, self._patience)

    async def aclose(self) -> None:
        """Close the publishing connections."""
        await self._client.connection_pool.disconnect()


class RedisSubscription:
    """The port `Subscription`, for one reader. Redis gone, it goes on trying until it is closed."""

    def __init__(self, url: str, heartbeat: float, patience: float) -> None:
        self._url = url
        self._heartbeat = heartbeat
        self._patience = patience
        self._backlog = Backlog()
        self._wanted: set[str] = set()
        self._confirmed: set[str] = set()
        self._waiting: dict[str, set[asyncio.Future[None]]] = {}
        self._unanswered: Counter[str] = Counter()
        self._sending = asyncio.Lock()
        self._connection: Any = None
        self._resuming: set[str] | None = None
        self._failure: str | None = None
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    async def add(self, channel: str) -> None:
        """Listen to a channel; returns when Redis has confirmed it.

        Raises `Unavailable` within 2 s, at once where Redis is known to be away. The channel stays wanted even then,
        until it is removed: it is joined when Redis is back, and the gap is told.
        """
        if self._closed:
            raise Unavailable("the subscription is closed")
        self._task = self._task or asyncio.create_task(self._keep(), name="bus subscription")
        try:
            async with asyncio.timeout(LIMIT):
                await self._ask("SUBSCRIBE", channel)
                await self._confirmation(channel)
        except LOST as error:
            raise Unavailable(f"Redis did not confirm a subscription: {reason(error)}") from error

    async def remove(self, channel: str) -> None:
        """Stop listening; harmless twice, and while Redis is away."""
        with suppress(*LOST):
            async with asyncio.timeout(LIMIT):
                await self._ask("UNSUBSCRIBE", channel)

    def messages(self) -> AsyncIterator[News]:
        """Channel and message until `aclose`; None where news may have been missed.

        After a loss, None comes when every channel is confirmed again: what is read from elsewhere after it is whole.
        """
        return self._backlog.read()

    async def aclose(self) -> None:
        """End the subscription, and its messages."""
        self._closed = True
        self._fail("the subscription is closed")
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._backlog.close()

    async def _ask(self, command: str, channel: str) -> None:
        """Send a wish, if it is news. Under one lock, so that Redis hears wishes in the order they were made."""
        async with self._sending:
            wanted = command == "SUBSCRIBE"
            if wanted == (channel in self._wanted):
                return
            (self._wanted.add if wanted else self._wanted.discard)(channel)
            self._confirmed.discard(channel)
            # A connection that broke under another wish is about to be replaced, with all wishes.
            if self._connection is not None and self._connection.is_connected:
                self._unanswered[channel] += 1
                await self._connection.send_command(command, channel, check_health=False)

    async def _confirmation(self, channel: str) -> None:
        if channel in self._confirmed:
            return
        if self._failure is not None:
            raise RedisConnectionError(self._failure)
        confirmed = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault(channel, set())
        waiting.add(confirmed)
        try:
            await confirmed
        finally:
            waiting.discard(confirmed)
            if not waiting:
                self._waiting.pop(channel, None)

    async def _keep(self) -> None:
        """Connect, listen, and start again after every loss."""
        loop = asyncio.get_running_loop()
        losses, missed = 0, False
        while True:
            connection = lone_connection(self._url)
            since = loop.time()
            try:
                await self._connect(connection, missed)
                await self._listen(connection)
            except LOST as error:
                losses = 0 if loop.time() - since > STEADY else losses + 1
                self._lose(reason(error))
            finally:
                missed = True
                self._connection = None
                self._confirmed.clear()
                await _drop(connection)
            await asyncio.sleep(exponential(losses, FIRST_WAIT, LONGEST_WAIT, random.random))

    async def _connect(self, connection: Any, missed: bool) -> None:
        async with asyncio.timeout(LIMIT):
            await connection.connect()
            # A frozen Redis takes connections, too: only an answer shows that it is there.
            await _ping(connection, SOCKET_LIMIT)
        async with self._sending:
            self._failure = None
            self._unanswered = Counter(self._wanted)
            self._resuming = set(self._wanted) if missed else None
            if self._wanted:
                await connection.send_command("SUBSCRIBE", *self._wanted, check_health=False)
            self._connection = connection
        self._resumed()

    def _lose(self, why: str) -> None:
        """Say so once; where there was not even a connection, nobody need wait for a confirmation."""
        if self._connection is not None:
            log.warning("The subscription to Redis is lost: %s", why)
            return
        if self._failure is None:
            log.warning("Redis is away: %s", why)
        self._fail(why)

    async def _listen(self, connection: Any) -> None:
        """Read until the connection is lost; a silent one is asked for a sign of life."""
        while True:
            reply = await connection.read_response(timeout=self._heartbeat, disconnect_on_error=False)
            if reply is None:
                reply = await _ping(connection, self._patience)
            if isinstance(reply, list):
                self._take(reply)

    def _take(self, reply: list[Any]) -> None:
        kind = reply[0]
        if kind == b"message":
            channel = reply[1].decode()
            if channel in self._wanted:
                self._backlog.push(channel, reply[2])
        elif kind in (b"subscribe", b"unsubscribe"):
            self._answered(reply[1].decode())

    def _answered(self, channel: str) -> None:
        """One wish was carried out. Only the answer to the last one says how things stand."""
        self._unanswered[channel] -= 1
        if self._unanswered[channel] > 0:
            return
        del self._unanswered[channel]
        if channel in self._wanted:
            self._confirmed.add(channel)
            for waiter in self._waiting.get(channel, ()):
                if not waiter.done():
                    waiter.set_result(None)
        if self._resuming is not None:
            self._resuming.discard(channel)
            self._resumed()

    def _resumed(self) -> None:
        if self._resuming is not None and not self._resuming:
            self._resuming = None
            self._backlog.gap()

    def _fail(self, why: str) -> None:
        """Redis is away: nobody need wait for a confirmation."""
        self._failure = why
        for waiter in [waiter for waiting in self._waiting.values() for waiter in waiting]:
            if not waiter.done():
                waiter.set_exception(RedisConnectionError(why))


async def _ping(connection: Any, limit: float) -> Any:
    """Ask for a sign of life and return the first, the answer or not. Raises TimeoutError after `limit` seconds."""
    async with asyncio.timeout(limit):
        await connection.send_command("PING", check_health=False)
        return await connection.read_response(disconnect_on_error=False)


async def _drop(connection: Any) -> None:
    with suppress(*LOST):
        await connection.disconnect(nowait=True)
