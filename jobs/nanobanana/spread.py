"""Many connections in several small pools: httpcore looks at each of a pool's connections, twice, at every request."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import httpx

POOL_SIZE = 8
"""Connections a pool. At 64 in one pool, four fifths of a worker's time went into looking at them."""


class SpreadTransport(httpx.AsyncBaseTransport):
    """Sends each request through whichever pool has least to do. `open_pool` makes one of `POOL_SIZE` connections."""

    def __init__(self, pools: int, open_pool: Callable[[], httpx.AsyncBaseTransport]) -> None:
        self._pools = [_Pool(open_pool()) for _ in range(pools)]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The pool is busy with it until its body has been read or left."""
        pool = min(self._pools, key=lambda pool: pool.busy)
        return await pool.send(request)

    async def aclose(self) -> None:
        """Close every pool."""
        for pool in self._pools:
            await pool.transport.aclose()


class _Pool:
    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self.transport = transport
        self.busy = 0

    async def send(self, request: httpx.Request) -> httpx.Response:
        self.busy += 1
        try:
            response = await self.transport.handle_async_request(request)
        except BaseException:
            self.busy -= 1
            raise
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _Counted(response.stream, self)
        return response


class _Counted(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream, pool: _Pool) -> None:
        self._stream = stream
        self._pool: _Pool | None = pool

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            yield chunk

    async def aclose(self) -> None:
        if self._pool is not None:
            self._pool.busy -= 1
            self._pool = None
        await self._stream.aclose()
