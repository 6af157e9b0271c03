"""Fetches results: from listed hosts, or from the simulator where pictures are simulated."""

from __future__ import annotations

from collections.abc import Iterable

from server.core.destination import Destinations
from server.infra.guarded_http import (
    MEGABYTE,
    Bad,
    Caps,
    Gone,
    GuardedHttp,
    Interrupted,
    TooSlow,
    Unsafe,
    origin_of,
    parse,
)

__all__ = ["Bad", "Gone", "Interrupted", "ResultFetcher", "TooSlow", "Unsafe"]

# Signed addresses expire as 403 here, as 400 or 401 elsewhere: another address may still work.
_GONE = range(400, 500)


class ResultFetcher:
    """Fetches results. One value a process; close it with `aclose`.

    `hosts` are names or `*.name` patterns. `simulator` is the one origin that may be plain HTTP and a private address.
    `max_bytes` caps the body, `timeout` (seconds) everything from the first look-up to the last byte.
    """

    def __init__(
        self,
        hosts: Iterable[str],
        *,
        simulator: str | None = None,
        max_bytes: int = 30 * MEGABYTE,
        timeout: float = 60.0,
    ) -> None:
        trusted = origin_of(parse(simulator)) if simulator else None
        self._http = GuardedHttp(
            Destinations.listed(hosts, trusted),
            Caps(body=max_bytes, total=timeout),
            headers={"Accept": "image/*, */*;q=0.5"},
        )

    async def fetch(self, url: str) -> bytes:
        """The result's bytes, one to `max_bytes` of them. Raises Gone, Unsafe, Bad, TooSlow or Interrupted."""
        answer = await self._http.get(url)
        answer.insist(gone=_GONE)
        if answer.status != 200 or not answer.body:
            raise Bad("The result is empty, or not whole.")
        return answer.body

    async def aclose(self) -> None:
        """Close every connection."""
        await self._http.aclose()
