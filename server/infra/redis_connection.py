"""One connection to Redis for listening: bytes in, all replies of one read out, at the least cost a message.

redis-py's own costs several times as much a message: a coroutine and a time-out for each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

from hiredis import Reader, pack_command
from redis.asyncio import Connection, ConnectionPool, SSLConnection, UnixDomainSocketConnection
from redis.credentials import UsernamePasswordCredentialProvider
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import InvalidResponse, ResponseError

from server.infra.redis_client import SOCKET_LIMIT

Hear = Callable[[list[Any]], None]
"""Takes the replies of one read, in order; an error that Redis answers is one of them, as an exception."""

_NOT_YET = object()


class RedisAddress:
    """What a `redis`, `rediss` or `unix` URL says, as redis-py reads it. Raises ValueError for any other URL."""

    def __init__(self, url: str) -> None:
        # One that is never opened: redis-py checks the options, and loads the certificates that they name.
        pool: Any = ConnectionPool.from_url(url, socket_connect_timeout=SOCKET_LIMIT)
        read = pool.make_connection()
        self._read: Connection | UnixDomainSocketConnection = read
        self.connect_limit: float = read.socket_connect_timeout
        self.greeting: list[tuple[str, ...]] = []
        if read.username or read.password:
            provider: Any = UsernamePasswordCredentialProvider(read.username, read.password)
            self.greeting.append(("AUTH", *provider.get_credentials()))
        if read.client_name:
            self.greeting.append(("CLIENT", "SETNAME", read.client_name))

    async def dial(self, protocol: asyncio.Protocol) -> None:
        """Connect `protocol`. Raises OSError, and TimeoutError past `connect_limit` seconds."""
        loop = asyncio.get_running_loop()
        read = self._read
        async with asyncio.timeout(self.connect_limit):
            if isinstance(read, UnixDomainSocketConnection):
                await loop.create_unix_connection(lambda: protocol, read.path)
                return
            tls = read.ssl_context.get() if isinstance(read, SSLConnection) else None
            await loop.create_connection(lambda: protocol, read.host, read.port, ssl=tls)


class RedisConnection(asyncio.Protocol):
    """Opened once, used until `lost`, whose result is the reason; `heard` is the loop's time of the last read."""

    def __init__(self, hear: Hear) -> None:
        self._loop = asyncio.get_running_loop()
        self._reader = Reader(protocolError=InvalidResponse, replyError=ResponseError, notEnoughData=_NOT_YET)
        self._hear = hear
        self._answer: asyncio.Future[Any] | None = None
        self._transport: asyncio.Transport | None = None
        self.lost: asyncio.Future[Exception] = self._loop.create_future()
        self.heard = 0.0

    async def open(self, address: RedisAddress) -> None:
        """Connect, sign in, and wait for a sign of life: a frozen Redis takes connections, too.

        Raises `RedisError` where Redis refuses, OSError, and TimeoutError within `connect_limit` + 1 s.
        """
        await address.dial(self)
        async with asyncio.timeout(SOCKET_LIMIT):
            for command in (*address.greeting, ("PING",)):
                await self._ask(command)

    def send(self, *command: Any) -> None:
        """Send a command, of str and bytes; its answer is heard. After a loss it goes nowhere."""
        if self._transport is not None:
            self._transport.write(pack_command(command))

    async def live(self, heartbeat: float, patience: float) -> None:
        """Stay until it is lost; after `heartbeat` silent seconds ask for a sign of life, for `patience` more.

        Raises why it was lost, TimeoutError where no sign of life came.
        """
        while True:
            silence = self._loop.time() - self.heard
            if silence < heartbeat:
                await self._lasts(heartbeat - silence)
                continue
            asked = self._loop.time()
            self.send("PING")
            await self._lasts(patience)
            if self.heard < asked:
                raise TimeoutError("it does not answer")

    def abort(self) -> None:
        """End it at once; harmless twice, and before it was opened."""
        self.fail(RedisConnectionError("the connection was given up"))
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """For asyncio."""
        # uvloop's are no subclass of it.
        self._transport = cast(asyncio.Transport, transport)
        if self.lost.done():
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """For asyncio."""
        if self.lost.done():
            return
        self.heard = self._loop.time()
        try:
            self._reader.feed(data)
            replies = list(iter(self._reader.gets, _NOT_YET))
        except InvalidResponse as error:
            self.fail(error)
            return
        if self._answer is None:
            self._hear(replies)
        elif replies and not self._answer.done():
            self._answer.set_result(replies[0])

    def connection_lost(self, exc: Exception | None) -> None:
        """For asyncio."""
        self.fail(exc or RedisConnectionError("Redis ended the connection"))

    def fail(self, why: Exception) -> None:
        """Take it for lost: what it brings from now on is not heard."""
        if not self.lost.done():
            self.lost.set_result(why)

    async def _ask(self, command: tuple[str, ...]) -> None:
        """Send a command and wait for its answer, while nothing is subscribed to. Raises where Redis refuses it."""
        self._answer = self._loop.create_future()
        self.send(*command)
        await asyncio.wait({self._answer, self.lost}, return_when=asyncio.FIRST_COMPLETED)
        if self.lost.done():
            raise self.lost.result()
        answer, self._answer = self._answer.result(), None
        if isinstance(answer, ResponseError):
            raise answer

    async def _lasts(self, seconds: float) -> None:
        """Let time pass. Raises why it was lost as soon as it is."""
        await asyncio.wait({self.lost}, timeout=seconds)
        if self.lost.done():
            raise self.lost.result()
