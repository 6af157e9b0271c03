"""Answers that are none, or not what they should be."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import cast

from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

# Nothing here lasts longer, whatever the client does.
LONGEST_HOLD = 600.0


def html(status: int) -> Response:
    """What a proxy says in place of the provider behind it."""
    title = f"{status} {HTTPStatus(status).phrase}"
    page = f"<html><head><title>{title}</title></head><body><center><h1>{title}</h1></center></body></html>"
    return HTMLResponse(page, status_code=status)


class Hangup(Response):
    """The connection is cut before a byte of an answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Cut, and wait until the server has noticed, so that it does not answer on its own."""
        transport_of(receive).abort()
        await until_gone(receive)


class Silence(Response):
    """Nothing is said: the connection stays open until the client leaves, the server stops, or ten minutes passed."""

    def __init__(self, closing: asyncio.Event) -> None:
        super().__init__()
        self._closing = closing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold, then cut."""
        await held(receive, self._closing, LONGEST_HOLD)
        await Hangup()(scope, receive, send)


async def held(receive: Receive, closing: asyncio.Event, seconds: float) -> bool:
    """Waits until the time is over (True), or the client left or the server stops (False)."""
    waits = [asyncio.ensure_future(until_gone(receive)), asyncio.ensure_future(closing.wait())]
    try:
        done, _ = await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        return not done
    finally:
        for wait in waits:
            wait.cancel()


async def until_gone(receive: Receive) -> None:
    """Waits until the client's side of the connection is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def transport_of(receive: Receive) -> asyncio.Transport:
    """The connection itself. ASGI has no word for cutting it, but uvicorn's `receive` belongs to what holds it."""
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    # uvloop's transports are no subclass of asyncio's.
    if not callable(getattr(transport, "abort", None)):
        raise RuntimeError("The simulator cuts connections through uvicorn's receive(), and this server has another.")
    return cast(asyncio.Transport, transport)
