"""A provider whose tasks are never done: it answers record-info and notes when each task was asked for.

The simulator paints, charges and remembers, and would be the slower part; this one only answers. Run as
`python -m tests.bench.busy_provider`; it prints its port. `GET /asked` gives `[[task, epoch seconds], …]` and forgets.
"""

from __future__ import annotations

import asyncio
import json
import time

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
_GENERATING = (
    '{"code":200,"msg":"success","data":{"taskId":"%s","successFlag":0,"paramJson":"{}","completeTime":null,'
    '"response":null,"errorCode":null,"errorMessage":null,"createTime":"2026-01-01 00:00:00"}}'
)

asked: list[tuple[str, float]] = []


class Answering(asyncio.Protocol):
    """One kept connection; requests have no body."""

    def __init__(self) -> None:
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what is written to."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every whole request."""
        assert self._transport is not None
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, self._buffer = self._buffer.split(b"\r\n\r\n", 1)
            body = _answer(head.split(b" ", 2)[1].decode())
            self._transport.write(_HEAD % (len(body), body))


def _answer(target: str) -> bytes:
    if target == "/asked":
        told = json.dumps(asked).encode()
        asked.clear()
        return told
    task = target.partition("taskId=")[2]
    asked.append((task, time.time()))
    return (_GENERATING % task).encode()


async def main() -> None:
    """Serve until killed."""
    server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
