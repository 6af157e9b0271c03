"""The one place that fetches a result: from listed hosts only, at an address checked and then held, within caps."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from jobs.nanobanana.destination import Forbidden, Origin, Resolve, is_public, matches, origin_of, parse, resolve

MEGABYTE = 1024 * 1024
USER_AGENT = "Mozilla/5.0 (compatible; Atelier/0.1)"
"""The result host answers 403 to the default names of HTTP libraries."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 3
_MOST_TRIES = 3
_MOST_ADDRESSES = 3
_TRY_LATER = frozenset({408, 425, 429})
_CONNECT_TIMEOUT = 5.0
_SILENCE = 20.0
_NETWORK = (httpx.HTTPError, httpx.StreamError, OSError)


class FetchFailed(Exception):
    """A result that was not fetched; the message is a sentence without the address's path or query."""


class Gone(FetchFailed):
    """The host no longer has it, or no longer lets us: ask the provider for another address."""


class Unsafe(FetchFailed):
    """The address is not one we visit; nothing was sent to it. Final."""


class Bad(FetchFailed):
    """What is there is too large, too slow, empty, cut short each time, or no plain answer. Final."""


class TooSlow(Bad):
    """It did not arrive in time; or this process stood still, so that nobody was there to take it."""


class Interrupted(FetchFailed):
    """Trouble on the way: worth another try, later."""


class _CutShort(Exception):
    """The body ended before its announced end."""


class ResultFetcher:
    """Fetches results. One value a process; close it with `aclose`.

    `hosts` are names or `*.name` patterns. `simulator` is the one origin that may be plain HTTP and a private address.
    `max_bytes` caps the body, `timeout` (seconds) everything from the first look-up to the last byte. `resolve`,
    `permits` (is this numeric address allowed?) and `tls` stand for the system's, and are there for tests.
    """

    def __init__(
        self,
        hosts: Iterable[str],
        *,
        simulator: str | None = None,
        max_bytes: int = 30 * MEGABYTE,
        timeout: float = 60.0,
        resolve: Resolve = resolve,
        permits: Callable[[str], bool] = is_public,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._hosts = tuple(host.strip().lower().rstrip(".") for host in hosts if host.strip())
        self._simulator = origin_of(parse(simulator)) if simulator else None
        self._max_bytes = max_bytes
        self._timeout = timeout
        self._resolve = resolve
        self._permits = permits
        # A kept connection would be found again by its number alone, under whatever name it was opened.
        self._client = httpx.AsyncClient(
            headers={"User-Agent": USER_AGENT, "Accept": "image/*, */*;q=0.5", "Accept-Encoding": "identity"},
            timeout=httpx.Timeout(_SILENCE, connect=_CONNECT_TIMEOUT, pool=_CONNECT_TIMEOUT),
            limits=httpx.Limits(max_connections=32, max_keepalive_connections=0),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            verify=tls or True,
            trust_env=False,
            follow_redirects=False,
        )

    async def fetch(self, url: str) -> bytes:
        """The result's bytes, at least one and at most `max_bytes`. Raises Gone, Unsafe, Bad or Interrupted."""
        try:
            async with asyncio.timeout(self._timeout):
                return await self._fetch_whole(url)
        except TimeoutError as error:
            raise TooSlow(f"The result did not arrive within {self._timeout:g} s.") from error
        except Forbidden as error:
            raise Unsafe(str(error)) from error

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    async def _fetch_whole(self, url: str) -> bytes:
        """A body that was cut short is asked for again: only a host that always cuts it is bad."""
        for _ in range(_MOST_TRIES):
            try:
                return await self._follow(parse(url))
            except _CutShort:
                continue
        raise Bad("The result ended before its announced length, each time.")

    async def _follow(self, url: httpx.URL) -> bytes:
        for _ in range(_MOST_REDIRECTS + 1):
            async with self._answer(url) as response:
                if response.status_code not in _REDIRECTS:
                    return await self._read(response)
                location = response.headers.get("location", "")
            if not location:
                raise Bad("The result's host redirects to nowhere.")
            url = parse(location, base=url)
        raise Bad(f"The result's host redirects more than {_MOST_REDIRECTS} times.")

    @asynccontextmanager
    async def _answer(self, url: httpx.URL) -> AsyncIterator[httpx.Response]:
        """The answer's head, from an address that was checked, and that alone is connected to."""
        origin = origin_of(url)
        addresses = await self._checked_addresses(origin)
        try:
            response = await self._send(url, origin, addresses)
        except _NETWORK as error:
            raise Interrupted(f"{origin.host} could not be asked: {type(error).__name__}.") from error
        try:
            yield response
        finally:
            await response.aclose()

    async def _checked_addresses(self, origin: Origin) -> Sequence[str]:
        """Where the host lives, looked up once. A name that leads inside even once is not visited at all."""
        trusted = origin == self._simulator
        if not trusted and origin.scheme != "https":
            raise Forbidden("Results are fetched over https only.")
        if not trusted and not matches(origin.host, self._hosts):
            raise Forbidden(f"{origin.host} is not on the list of result hosts.")
        try:
            async with asyncio.timeout(_CONNECT_TIMEOUT):
                addresses = await self._resolve(origin.host, origin.port)
        except (OSError, UnicodeError) as error:
            raise Interrupted(f"{origin.host} could not be looked up.") from error
        if not addresses:
            raise Interrupted(f"{origin.host} has no address.")
        if not trusted and not all(self._permits(address) for address in addresses):
            raise Forbidden(f"{origin.host} leads to an address that is not public.")
        return addresses

    async def _send(self, url: httpx.URL, origin: Origin, addresses: Sequence[str]) -> httpx.Response:
        headers = {"Host": origin.header(), "Connection": "close"}
        failure: httpx.TransportError | None = None
        for address in addresses[:_MOST_ADDRESSES]:
            request = self._client.build_request(
                "GET",
                url.copy_with(host=address, fragment=None),
                headers=headers,
                extensions={"sni_hostname": origin.host},
            )
            try:
                return await self._client.send(request, stream=True)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = error
        raise failure or httpx.ConnectError("no address")

    async def _read(self, response: httpx.Response) -> bytes:
        _check_status(response.status_code)
        self._check_head(response.headers)
        chunks: list[bytes] = []
        size = 0
        try:
            async for chunk in response.aiter_raw():
                size += len(chunk)
                if size > self._max_bytes:
                    raise self._too_large()
                chunks.append(chunk)
        except httpx.RemoteProtocolError as error:
            raise _CutShort from error
        except _NETWORK as error:
            raise Interrupted(f"The download broke off: {type(error).__name__}.") from error
        if not size:
            raise Bad("The result is empty.")
        return b"".join(chunks)

    def _check_head(self, headers: httpx.Headers) -> None:
        if headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
            raise Bad("The result is packed, which was not asked for.")
        announced = headers.get("content-length", "")
        if announced.isascii() and announced.isdigit() and int(announced[:18]) > self._max_bytes:
            raise self._too_large()

    def _too_large(self) -> Bad:
        return Bad(f"The result is larger than {self._max_bytes} bytes.")


def _check_status(status: int) -> None:
    if status == 200:
        return
    if status in _TRY_LATER or status >= 500:
        raise Interrupted(f"The result's host answered {status}.")
    if status >= 400:
        # Signed addresses expire as 403 here, as 400 or 401 elsewhere: another address may still work.
        raise Gone(f"The result's host answered {status}.")
    raise Bad(f"The result's host answered {status}.")
