"""News from Redis: one connection that listens and heals itself.

redis-py's own pub/sub does not notice a half-open connection and reconnects behind our back, so the connection is
driven here: every loss is noticed, and told as a gap once all channels are confirmed again.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from collections.abc import AsyncIterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from redis.exceptions import ConnectionError as RedisConnectionError

from server.core.backoff import exponential
from server.core.ports import News, Unavailable
from server.ending import end
from server.infra.backlog import Backlog
from server.infra.redis_client import LOST, reason
from server.infra.redis_connection import RedisAddress, RedisConnection

LIMIT = 2.0
"""Seconds that a connection may take to stand, or a channel to be confirmed."""
FIRST_WAIT, LONGEST_WAIT = 0.05, 2.0
STEADY = 5.0
"""Seconds after which a connection counts as good, so that its loss is followed by a quick return."""

log = logging.getLogger(__name__)


class RedisSubscription:
    """The port `Subscription`, for one reader. Redis gone, it goes on trying until it is closed."""

    def __init__(self, address: RedisAddress, heartbeat: float, patience: float) -> None:
        self._address = address
        self._heartbeat = heartbeat
        self._patience = patience
        self._backlog = Backlog()
        # Channels as Redis names them, each with our name: a message is not decoded to be sorted.
        self._wanted: dict[bytes, str] = {}
        self._confirmed: set[bytes] = set()
        self._waiting: dict[bytes, set[asyncio.Future[None]]] = {}
        self._unanswered: Counter[bytes] = Counter()
        # Wishes that one turn of the loop brings leave together: in a storm of tabs they are hundreds.
        self._wishes: list[tuple[str, bytes]] = []
        self._connection: RedisConnection | None = None
        self._resuming: set[bytes] | None = None
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
        name = channel.encode()
        if name in self._confirmed:
            return
        if name not in self._wanted:
            self._wanted[name] = channel
            self._ask("SUBSCRIBE", name)
        try:
            await self._confirmation(name)
        except LOST as error:
            raise Unavailable(f"Redis did not confirm a subscription: {reason(error)}") from error

    async def remove(self, channel: str) -> None:
        """Stop listening; harmless twice, and while Redis is away."""
        name = channel.encode()
        if self._wanted.pop(name, None) is not None:
            self._ask("UNSUBSCRIBE", name)

    def messages(self) -> AsyncIterator[News]:
        """What each read from Redis brought, until `aclose`; None where news may have been missed.

        After a loss, None comes when every channel is confirmed again: what is read from elsewhere after it is whole.
        """
        return self._backlog.read()

    async def aclose(self) -> None:
        """End the subscription, and its messages."""
        self._closed = True
        self._fail("the subscription is closed")
        if self._task is not None:
            await end(self._task)
        self._backlog.close()

    def _ask(self, command: str, channel: bytes) -> None:
        """Send a wish. Without a connection it is heard of when the next one begins, with all that is wanted then."""
        self._confirmed.discard(channel)
        if self._connection is not None and not self._connection.lost.done():
            self._unanswered[channel] += 1
            if not self._wishes:
                asyncio.get_running_loop().call_soon(self._send_wishes)
            self._wishes.append((command, channel))

    def _send_wishes(self) -> None:
        """In their order: of two about one channel the later counts."""
        wishes, self._wishes = self._wishes, []
        for command, same in groupby(wishes, itemgetter(0)):
            if self._connection is not None:
                self._connection.send(command, *(channel for _, channel in same))

    async def _confirmation(self, channel: bytes) -> None:
        if channel in self._confirmed:
            return
        if self._failure is not None:
            raise RedisConnectionError(self._failure)
        loop = asyncio.get_running_loop()
        confirmed: asyncio.Future[None] = loop.create_future()
        limit = loop.call_later(LIMIT, _give_up, confirmed)
        waiting = self._waiting.setdefault(channel, set())
        waiting.add(confirmed)
        try:
            await confirmed
        finally:
            limit.cancel()
            waiting.discard(confirmed)
            if not waiting:
                self._waiting.pop(channel, None)

    async def _keep(self) -> None:
        """Connect, listen, and start again after every loss."""
        loop = asyncio.get_running_loop()
        losses, missed = 0, False
        while True:
            connection = RedisConnection(self._take)
            since = loop.time()
            try:
                async with asyncio.timeout(LIMIT):
                    await connection.open(self._address)
                self._begin(connection, missed)
                await connection.live(self._heartbeat, self._patience)
            except LOST as error:
                losses = 0 if loop.time() - since > STEADY else losses + 1
                self._lose(reason(error))
            finally:
                missed = True
                self._connection = None
                self._confirmed.clear()
                connection.abort()
            await asyncio.sleep(exponential(losses, FIRST_WAIT, LONGEST_WAIT, random.random))

    def _begin(self, connection: RedisConnection, missed: bool) -> None:
        """Ask a new connection for all that is wanted."""
        self._failure = None
        # What was wished of the last connection is among what is wanted, or is not wanted any more.
        self._wishes.clear()
        self._unanswered = Counter(self._wanted.keys())
        self._resuming = set(self._wanted) if missed else None
        if self._wanted:
            connection.send("SUBSCRIBE", *self._wanted)
        self._connection = connection
        if self._resumed():
            self._backlog.gap()

    def _lose(self, why: str) -> None:
        """Say so once; where there was not even a connection, nobody need wait for a confirmation."""
        if self._connection is not None:
            log.warning("The subscription to Redis is lost: %s", why)
            return
        if self._failure is None:
            log.warning("Redis is away: %s", why)
        self._fail(why)

    def _take(self, replies: list[Any]) -> None:
        """The replies of one read, each in its place: what stands before a gap is told before it."""
        wanted = self._wanted
        heard: list[tuple[str, bytes]] = []
        for reply in replies:
            if type(reply) is list and reply[0] == b"message":
                channel = wanted.get(reply[1])
                if channel is not None:
                    heard.append((channel, reply[2]))
            elif self._completes(reply):
                self._backlog.push(heard)
                self._backlog.gap()
                heard = []
        self._backlog.push(heard)

    def _completes(self, reply: Any) -> bool:
        """Whether this reply, no message, is the last that was waited for after a loss."""
        if isinstance(reply, Exception):
            if self._connection is not None:
                self._connection.fail(reply)
        elif type(reply) is list and reply[0] in (b"subscribe", b"unsubscribe"):
            return self._answered(reply[1])
        return False

    def _answered(self, channel: bytes) -> bool:
        """One wish was carried out. Only the answer to the last one says how things stand."""
        self._unanswered[channel] -= 1
        if self._unanswered[channel] > 0:
            return False
        del self._unanswered[channel]
        if channel in self._wanted:
            self._confirmed.add(channel)
            for waiter in self._waiting.get(channel, ()):
                if not waiter.done():
                    waiter.set_result(None)
        if self._resuming is None:
            return False
        self._resuming.discard(channel)
        return self._resumed()

    def _resumed(self) -> bool:
        """Whether all that was wanted at a new connection is confirmed just now."""
        if self._resuming is None or self._resuming:
            return False
        self._resuming = None
        return True

    def _fail(self, why: str) -> None:
        """Redis is away: nobody need wait for a confirmation."""
        self._failure = why
        for waiter in [waiter for waiting in self._waiting.values() for waiter in waiting]:
            if not waiter.done():
                waiter.set_exception(RedisConnectionError(why))


def _give_up(confirmed: asyncio.Future[None]) -> None:
    """A timer of its own costs a third of what `asyncio.timeout` does, and a storm of tabs asks thousands of times."""
    if not confirmed.done():
        confirmed.set_exception(TimeoutError())
