"""Fetches input pictures as the provider does: over HTTP, within bounds."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import httpx

from .envelope import Refused

MOST_INPUT_BYTES = 10 * 1024 * 1024
LONGEST_FETCH = 15.0


async def fetched(client: httpx.AsyncClient, urls: Sequence[str]) -> tuple[bytes, ...]:
    """The files behind the URLs, in order.

    Raises Refused: 451 if one cannot be had within 15 s and 10 MB, 422 if one is no jpeg, png or webp.
    """
    files = await asyncio.gather(*(_fetched(client, url) for url in urls), return_exceptions=True)
    for file in files:
        if isinstance(file, BaseException):
            raise file
    return tuple(file for file in files if isinstance(file, bytes))


async def _fetched(client: httpx.AsyncClient, url: str) -> bytes:
    try:
        async with asyncio.timeout(LONGEST_FETCH), client.stream("GET", url, follow_redirects=True) as response:
            if response.status_code != 200:
                raise Refused(451, f"Failed to fetch an input image: HTTP {response.status_code}")
            data = bytearray()
            async for chunk in response.aiter_bytes():
                data += chunk
                if len(data) > MOST_INPUT_BYTES:
                    raise Refused(451, "Failed to fetch an input image: it is larger than 10 MB")
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError, UnicodeError) as error:
        raise Refused(451, "Failed to fetch an input image: it cannot be reached") from error
    if not _is_picture(data):
        raise Refused(422, "An input file is not a jpeg, png or webp image")
    return bytes(data)


def _is_picture(data: bytearray) -> bool:
    return data.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")
