"""HTTP to addresses that somebody else chose: looked up once, checked, held, and every answer within caps."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Container, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from types import MappingProxyType

import httpx

from server.core.destination import PORTS, Destinations, Forbidden, Origin

MEGABYTE = 1024 * 1024
EXCERPT = 2_048
"""Bytes that are read of a body nobody asked for."""

USER_AGENT = "Mozilla/5.0 (compatible; Atelier/0.1)"
"""Some hosts answer 403 to the default names of HTTP libraries."""

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""A name and a port to its numeric addresses, best first. OSError: the name cannot be resolved."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TRY_LATER = frozenset({408, 425, 429})
_MOST_TRIES = 3
_MOST_ADDRESSES = 3
_MOST_CONNECTIONS = 32
_LOOK_UPS = 4
_FIRST_WORDS = 1.0
_NONE: Mapping[str, str] = MappingProxyType({})
_NETWORK = (httpx.HTTPError, httpx.StreamError, OSError)


class RequestFailed(Exception):
    """There is no answer to go by; the message is a sentence without the address's path or query."""


class Unsafe(RequestFailed):
    """The address is not one we visit; nothing was sent to it. Final."""


class Gone(RequestFailed):
    """The host no longer has it, or no longer lets us: another address may still work."""


class Bad(RequestFailed):
    """What came is too large, too slow, packed, cut short each time, or no plain answer. Final."""


class TooSlow(Bad):
    """It did not come in time; or this process stood still, so that nobody was there to take it."""


class Interrupted(RequestFailed):
    """Trouble on the way or at the host: worth another try, later."""


class _CutShort(Exception):
    """The body ended before its announced end."""


@dataclass(frozen=True, slots=True)
class Caps:
    """What a request may take: `body` bytes of its answer, seconds, and redirects.

    `total` runs from the first look-up to the last byte, redirects and repetitions included; `connect` is for one
    look-up or one connection, `silence` for the longest pause between two bytes.
    """

    body: int = 30 * MEGABYTE
    total: float = 60.0
    connect: float = 5.0
    silence: float = 20.0
    redirects: int = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer. Names of headers are lower-case; `body` is as it was sent, never unpacked."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    def insist(self, gone: Container[int] = (404, 410)) -> None:
        """Return where it is a success (2xx). Raises Gone for those statuses, Interrupted or Bad for the others."""
        if 200 <= self.status < 300:
            return
        if self.status in _TRY_LATER or self.status >= 500:
            raise Interrupted(f"The host answered {self.status}.")
        raise (Gone if self.status in gone else Bad)(f"The host answered {self.status}.")


class GuardedHttp:
    """Asks hosts that are not ours. One value a process and a policy; close it with `aclose`.

    `headers` go with every request. `resolve` and `tls` stand for the system's, and are there for tests. Nothing of
    the environment counts (proxies, passwords, certificates), and no cookie is kept.
    """

    def __init__(
        self,
        destinations: Destinations,
        caps: Caps | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        resolve: Resolve | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._destinations = destinations
        self._caps = caps = caps or Caps()
        self._resolve = resolve or self._look_up
        # A name server that hangs starves no other work of threads.
        self._threads = ThreadPoolExecutor(_LOOK_UPS, "look-up")
        self._headers = {"User-Agent": USER_AGENT, "Accept": "*/*", **(headers or {})}
        self._timeout = httpx.Timeout(caps.silence, connect=caps.connect, pool=caps.connect).as_dict()
        # The transport alone: a client would bring cookies, proxies, passwords and redirects of its own.
        # A kept connection would be found again by its number alone, under whatever name it was opened.
        self._transport = httpx.AsyncHTTPTransport(
            verify=tls or True,
            trust_env=False,
            limits=httpx.Limits(max_connections=_MOST_CONNECTIONS, max_keepalive_connections=0),
        )

    async def get(self, url: str) -> Answer:
        """The answer, redirects followed: a success with its whole body, anything else with its first words.

        Raises Unsafe, Bad, TooSlow or Interrupted. A body that was cut short is asked for again: only a host that
        always cuts it is bad.
        """
        async with self._bounds():
            for _ in range(_MOST_TRIES):
                try:
                    return await self._follow(parse(url))
                except _CutShort:
                    continue
            raise Bad("The answer ended before its announced length, each time.")

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """The answer with its first words. It is sent once, to that address alone: a redirect is an answer.

        Raises Unsafe, TooSlow or Interrupted; after the last two it may have been received.
        """
        async with self._bounds(), self._answer("POST", parse(url), body, headers) as response:
            return await _in_short(response)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._transport.aclose()
        self._threads.shutdown(wait=False, cancel_futures=True)

    @asynccontextmanager
    async def _bounds(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._caps.total):
                yield
        except TimeoutError as error:
            raise TooSlow(f"The answer did not come within {self._caps.total:g} s.") from error
        except Forbidden as error:
            raise Unsafe(str(error)) from error

    async def _follow(self, url: httpx.URL) -> Answer:
        for _ in range(self._caps.redirects + 1):
            async with self._answer("GET", url) as response:
                if response.status_code not in _REDIRECTS:
                    return await self._whole(response) if response.is_success else await _in_short(response)
                location = response.headers.get("location", "")
            if not location:
                raise Bad("The host redirects to nowhere.")
            url = parse(location, base=url)
        raise Bad(f"The host redirects more than {self._caps.redirects} times.")

    @asynccontextmanager
    async def _answer(
        self, method: str, url: httpx.URL, body: bytes = b"", headers: Mapping[str, str] = _NONE
    ) -> AsyncIterator[httpx.Response]:
        """The answer's head, from an address that was checked, and that alone is connected to."""
        origin = origin_of(url)
        addresses = await self._checked_addresses(origin)
        request = httpx.Request(method, url.copy_with(fragment=None), headers=self._headers, content=body)
        request.headers.update(headers)
        request.headers.update({"Host": origin.header(), "Connection": "close", "Accept-Encoding": "identity"})
        try:
            response = await self._send(request, origin, addresses)
        except _NETWORK as error:
            raise Interrupted(f"{origin.host} could not be asked: {type(error).__name__}.") from error
        try:
            yield response
        finally:
            await response.aclose()

    async def _checked_addresses(self, origin: Origin) -> Sequence[str]:
        """Where the host lives, looked up once."""
        self._destinations.check(origin)
        try:
            async with asyncio.timeout(self._caps.connect):
                addresses = await self._resolve(origin.host, origin.port)
        except (OSError, UnicodeError) as error:
            raise Interrupted(f"{origin.host} could not be looked up.") from error
        if not addresses:
            raise Interrupted(f"{origin.host} has no address.")
        self._destinations.check_addresses(origin, addresses)
        return addresses

    async def _look_up(self, host: str, port: int) -> Sequence[str]:
        found = await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
        return list(dict.fromkeys(str(entry[4][0]) for entry in found))

    async def _send(self, request: httpx.Request, origin: Origin, addresses: Sequence[str]) -> httpx.Response:
        """The first address that can be connected to gets the request; nothing was written to those before it."""
        failure: httpx.TransportError | None = None
        for address in addresses[:_MOST_ADDRESSES]:
            pinned = httpx.Request(
                request.method,
                request.url.copy_with(host=address),
                headers=request.headers,
                content=request.content,
                extensions={"sni_hostname": origin.host, "timeout": self._timeout},
            )
            try:
                return await self._transport.handle_async_request(pinned)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = error
        raise failure or httpx.ConnectError("no address")

    async def _whole(self, response: httpx.Response) -> Answer:
        self._check_head(response.headers)
        body = bytearray()
        try:
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > self._caps.body:
                    raise self._too_large()
        except httpx.RemoteProtocolError as error:
            raise _CutShort from error
        except _NETWORK as error:
            raise Interrupted(f"The answer broke off: {type(error).__name__}.") from error
        return Answer(response.status_code, dict(response.headers), bytes(body))

    def _check_head(self, headers: httpx.Headers) -> None:
        if headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
            raise Bad("The answer is packed, which was not asked for.")
        announced = headers.get("content-length", "")
        if announced.isascii() and announced.isdigit() and int(announced[:18]) > self._caps.body:
            raise self._too_large()

    def _too_large(self) -> Bad:
        return Bad(f"The answer is larger than {self._caps.body} bytes.")


async def _in_short(response: httpx.Response) -> Answer:
    """The answer with what its body begins with; with less, or nothing, where that does not come at once."""
    words = bytearray()
    with suppress(TimeoutError, *_NETWORK):
        async with asyncio.timeout(_FIRST_WORDS):
            async for chunk in response.aiter_raw():
                words += chunk[: EXCERPT - len(words)]
                if len(words) >= EXCERPT:
                    break
    return Answer(response.status_code, dict(response.headers), bytes(words))


def origin_of(url: httpx.URL) -> Origin:
    """The origin of a web address. Forbidden: another scheme, no host, or credentials in it."""
    if url.scheme not in PORTS:
        raise Forbidden(f"{url.scheme or 'no scheme'!r} is not visited.")
    if not url.host or url.userinfo:
        raise Forbidden("The address names no host, or holds credentials.")
    host = url.raw_host.decode("ascii").lower().rstrip(".")
    port = PORTS[url.scheme] if url.port is None else url.port
    if not host or not 0 < port < 65_536:
        raise Forbidden("The address names a host or a port that cannot be.")
    return Origin(url.scheme, host, port)


def parse(address: str, base: httpx.URL | None = None) -> httpx.URL:
    """The address, relative to `base` where there is one. Forbidden: it cannot be read."""
    try:
        url = httpx.URL(address) if base is None else base.join(address)
        # Reading these is what finds a host or a port that cannot be encoded.
        _ = url.raw_host, url.port
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        raise Forbidden("The address cannot be read.") from error
    return url


def anywhere_and(private_origin: str | None) -> Destinations:
    """Any https host of the open internet; beside them the one origin that may be plain and private.

    Raises `Forbidden` where that is no origin.
    """
    return Destinations(None, origin_of(parse(private_origin)) if private_origin else None)
