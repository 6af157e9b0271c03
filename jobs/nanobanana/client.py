"""The provider over HTTP: every wait bounded, every body capped, and no paid request written before its intent.

The events of httpcore's trace are what tells "connected" from "first byte"; a test on a real socket holds it to that.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx

from jobs.nanobanana.envelope import excerpt, retry_after
from jobs.nanobanana.protocol import (
    Record,
    Reply,
    Request,
    Submission,
    SubmitFact,
    credit_request,
    read_credit,
    read_record,
    read_submit,
    record_request,
    submit_request,
)
from jobs.nanobanana.spread import POOL_SIZE, SpreadTransport
from server.core.facts import Accepted, Ambiguous, Halt, PollFailed, Refused

BODY_CAP = 1024 * 1024
"""Bytes of an answer that are read; what follows is left."""

STOOD_STILL = 0.5
"""Seconds by which an alarm rings late only where this process was stopped: nobody was there to read."""

GRACE = 2.0
"""Seconds in which what arrived meanwhile is read: a task id that lies in the socket is paid for."""

_FIRST_BYTE = "http11.send_request_headers.started"
_NETWORK = (httpx.HTTPError, httpx.StreamError, OSError, TimeoutError)

BeforeSend = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Balance:
    """What the provider holds for us, in its credits; None where it cannot be learned now. `retry_after` is seconds."""

    credits: float | None
    retry_after: float | None = None


class NanoBanana:
    """The provider's API under one key. One value a process; close it with `aclose`. Timeouts are seconds.

    `submit_timeout` runs from the first byte written to the whole answer read, `ask_timeout` likewise for the other
    calls; connecting, TLS included, and waiting for a free connection are bounded on their own.
    """

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        submit_timeout: float = 30.0,
        ask_timeout: float = 15.0,
        connect_timeout: float = 5.0,
        pool_timeout: float = 5.0,
        max_connections: int = 64,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """ValueError: the key cannot stand in a header."""
        key = key.strip()
        if not key or not key.isascii() or not key.isprintable():
            raise ValueError("The NanoBanana key must be printable ASCII without line breaks.")
        self._submit_timeout = submit_timeout
        self._ask_timeout = ask_timeout
        self._opening = connect_timeout * 2 + pool_timeout
        open_client = _opener(base_url, key, tls, connect_timeout, pool_timeout)
        size = min(POOL_SIZE, max_connections)
        pools = max_connections // size
        # Reading has no time-out of the library's: it would not know that the process stood still.
        # A submit needs a connection of its own: a kept one may be dead, and nobody could tell before writing to it.
        fresh = httpx.Limits(max_connections=size, max_keepalive_connections=0)
        self._submits = open_client(fresh, {"Connection": "close"}, pools)
        kept = httpx.Limits(max_connections=size, keepalive_expiry=20.0)
        self._asks = open_client(kept, {}, pools)

    async def submit(self, attempt: int, submission: Submission, before_send: BeforeSend) -> SubmitFact:
        """Ask for one picture, which the provider charges for.

        `before_send` is awaited once the connection stands, right before the first byte is written: it commits the
        intent, and bounds its own waits. Where it raises, nothing was written and its exception comes out unchanged.
        Where no connection can be had it is never called, and the fact is Refused. It runs in the caller's task.
        """
        exchange = _Exchange(self._submits, submit_request(submission), self._opening, self._submit_timeout)
        try:
            reply = await exchange.run(before_send)
        except _NETWORK as error:
            if error is exchange.stopped_by:
                raise
            if not exchange.begun:
                return Refused(attempt, Halt.UNREACHABLE, None, _words(error))
            return _cut_short(attempt, exchange, error)
        return read_submit(attempt, reply)

    async def ask(self, attempt: int, task_id: str) -> Record:
        """The provider's record of a task; PollFailed where it cannot be asked now."""
        exchange = _Exchange(self._asks, record_request(task_id), self._opening, self._ask_timeout)
        try:
            return read_record(attempt, task_id, await exchange.run())
        except _NETWORK as error:
            return Record(PollFailed(attempt, _words(error)))

    async def balance(self) -> Balance:
        """The balance, which may be asked for freely."""
        exchange = _Exchange(self._asks, credit_request(), self._opening, self._ask_timeout)
        try:
            reply = await exchange.run()
        except _NETWORK:
            return Balance(None)
        return Balance(read_credit(reply), retry_after(reply))

    async def aclose(self) -> None:
        """Close every connection."""
        await self._submits.aclose()
        await self._asks.aclose()


class _Exchange:
    """One request and its answer.

    `begun`: a byte may have been written. `stopped_by`: what `before_send` raised. The rest: what came of the answer.
    """

    def __init__(self, client: httpx.AsyncClient, request: Request, opening: float, timeout: float) -> None:
        self.begun = False
        self.stopped_by: Exception | None = None
        self.status: int | None = None
        self.headers: Mapping[str, str] = {}
        self.body = bytearray()
        self._client = client
        self._request = request
        self._opening = opening
        self._timeout = timeout
        self._alarm: asyncio.TimerHandle | None = None

    async def run(self, before_send: BeforeSend | None = None) -> Reply:
        """The answer, its body up to the cap. Raises one of `_NETWORK`, or what `before_send` raised."""
        with suppress(_Stopped):
            async with asyncio.timeout(self._opening) as bound:
                try:
                    await self._converse(before_send, bound)
                finally:
                    if self._alarm is not None:
                        self._alarm.cancel()
        if self.stopped_by is not None:
            raise self.stopped_by
        return self.reply()

    def reply(self) -> Reply:
        """What has been read of the answer so far."""
        return Reply(self.status or 0, self.headers, bytes(self.body))

    async def _converse(self, before_send: BeforeSend | None, bound: asyncio.Timeout) -> None:
        async def trace(event: str, _: Mapping[str, Any]) -> None:
            if event == _FIRST_BYTE:
                await self._begin(before_send, bound)

        request = self._request
        extensions = {"trace": trace}
        async with self._client.stream(
            request.method, request.path, json=request.json, params=request.params, extensions=extensions
        ) as response:
            if not self.begun:
                raise RuntimeError("The HTTP library no longer tells when it begins to write.")
            self.status, self.headers = response.status_code, response.headers
            async for chunk in response.aiter_bytes():
                self.body += chunk[: BODY_CAP - len(self.body)]
                if len(self.body) >= BODY_CAP:
                    return

    async def _begin(self, before_send: BeforeSend | None, bound: asyncio.Timeout) -> None:
        if before_send is not None:
            bound.reschedule(None)
            try:
                await before_send()
            except Exception as error:
                # Neither httpcore nor we may mistake the caller's exception for one of the network.
                self.stopped_by = error
                raise _Stopped from error
        self.begun = True
        bound.reschedule(None)
        self._set_alarm(bound, self._timeout)

    def _set_alarm(self, bound: asyncio.Timeout, wait: float) -> None:
        loop = asyncio.get_running_loop()

        def ring(due: float) -> None:
            if loop.time() - due > STOOD_STILL:
                self._set_alarm(bound, GRACE)
            else:
                bound.reschedule(loop.time())

        due = loop.time() + wait
        self._alarm = loop.call_at(due, ring, due)


class _Stopped(Exception):
    """`before_send` raised."""


def _cut_short(attempt: int, exchange: _Exchange, error: Exception) -> SubmitFact:
    """An answer that broke off: only a task id in it is believed."""
    if exchange.status is not None:
        fact = read_submit(attempt, exchange.reply())
        if isinstance(fact, Accepted):
            return fact
    return Ambiguous(attempt, _words(error), excerpt(bytes(exchange.body)))


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200].removesuffix(": ")


def _opener(
    base_url: str, key: str, tls: ssl.SSLContext | None, connect: float, pool: float
) -> Callable[[httpx.Limits, Mapping[str, str], int], httpx.AsyncClient]:
    """Makes the clients, which differ in whether they keep connections; `limits` are those of one of the pools."""
    common = {
        "Authorization": f"Bearer {key}",
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": "Atelier/0.1",
    }
    trusted = tls or httpx.create_ssl_context(trust_env=False)

    def open_client(limits: httpx.Limits, headers: Mapping[str, str], pools: int) -> httpx.AsyncClient:
        def open_pool() -> httpx.AsyncHTTPTransport:
            return httpx.AsyncHTTPTransport(verify=trusted, limits=limits, trust_env=False)

        return httpx.AsyncClient(
            base_url=base_url,
            headers={**common, **headers},
            timeout=httpx.Timeout(None, connect=connect, pool=pool),
            transport=SpreadTransport(pools, open_pool),
            trust_env=False,
            follow_redirects=False,
        )

    return open_client
