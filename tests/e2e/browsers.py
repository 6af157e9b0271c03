"""Browsers that are used again: as new as a fresh one, without its start.

A page in a fresh context takes a process of its own, and with all code still cold that takes twice as long as all that
the page does. So a context is kept when its test is over, without anything that was left in it, and with one page that
keeps its process. One that may be other than new is thrown away.
"""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, Error, Page, Request

# Small, and of the same site as every page under test.
KEEPER = "/sample.jpg"
# What is installed in a browser, or allowed, is not so sure to be gone.
LASTING = {"permissions", "storage_state"}
# All that a test may do to a browser which is to be used again: the rest could outlast its pages.
TRACELESS = {
    *("new_page", "cookies", "storage_state", "set_offline", "is_closed"),
    *("expect_page", "expect_event", "wait_for_event", "expect_console_message", "remove_listener"),
}
# Where anything of an earlier test would be seen from a page of a later one.
LOOK = """
async () => ({
  language: navigator.language,
  online: navigator.onLine,
  notifications: Notification.permission,
  clock: [Date.name, `${setTimeout}`, `${performance.now}`],
  names: Object.getOwnPropertyNames(window).length,
  media: ['(prefers-reduced-motion)', '(prefers-color-scheme: dark)', '(forced-colors: active)', '(hover)', 'print']
    .map((query) => matchMedia(query).matches),
  local: Object.keys(localStorage),
  session: Object.keys(sessionStorage),
  databases: (await indexedDB.databases()).map(({ name }) => name),
  caches: await caches.keys(),
  workers: (await navigator.serviceWorker.getRegistrations()).map(({ scope }) => scope),
  locks: (({ held, pending }) => held.length + pending.length)(await navigator.locks.query()),
})
"""


@dataclass
class Lent:
    """One context, and what is known of it."""

    context: BrowserContext
    kind: str
    keeper: Page
    new: dict[str, Any] = field(default_factory=dict)
    origins: set[str] = field(default_factory=set)
    in_doubt: bool = False

    def note(self, request: Request) -> None:
        """Where it has been."""
        self.origins.add("{0.scheme}://{0.netloc}".format(urlsplit(request.url)))

    def watch(self) -> None:
        """From here on, what is done to it and does not end with its pages leaves it in doubt."""
        self.context.on("request", self.note)
        for name, method in inspect.getmembers(self.context, inspect.ismethod):
            if not name.startswith("_") and name not in TRACELESS:
                setattr(self.context, name, self._doubted(method))

    async def look(self) -> dict[str, Any]:
        """What a page in it would see."""
        return {**await self.keeper.evaluate(LOOK), "cookies": await self.context.cookies()}

    def _doubted(self, method: Any) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            self.in_doubt = True
            return method(*arguments, **named)

        return call


class Browsers:
    """Contexts by their options, lent to one test at a time."""

    def __init__(self, chromium: Browser, address: str) -> None:
        self._chromium = chromium
        self._address = address
        self._free: dict[str, list[Lent]] = {}
        self._lent: dict[BrowserContext, Lent] = {}

    async def lend(self, options: Mapping[str, Any]) -> BrowserContext:
        """One in which nobody has been."""
        if _lasts(options):
            return await self._chromium.new_context(**options)
        kind = json.dumps(options, sort_keys=True)
        lent = await self._again(kind) or await self._open(kind, options)
        self._lent[lent.context] = lent
        return lent.context

    async def take_back(self, context: BrowserContext) -> None:
        """The test is over."""
        lent = self._lent.pop(context, None)
        if lent is None or not await _clean(lent):
            await context.close()
        else:
            self._free.setdefault(lent.kind, []).append(lent)

    async def _again(self, kind: str) -> Lent | None:
        """One of an earlier test, if it is as it was when it was opened."""
        while free := self._free.get(kind):
            lent = free.pop()
            if await lent.look() == lent.new and not lent.in_doubt:
                return lent
            await lent.context.close()
        return None

    async def _open(self, kind: str, options: Mapping[str, Any]) -> Lent:
        context = await self._chromium.new_context(**options)
        lent = Lent(context, kind, await context.new_page())
        lent.watch()
        await lent.keeper.goto(self._address + KEEPER)
        lent.new = await lent.look()
        return lent


def _lasts(options: Mapping[str, Any]) -> bool:
    return options.get("service_workers") == "allow" or not LASTING.isdisjoint(options)


async def _clean(lent: Lent) -> bool:
    """Leave nothing of the test; whether that went well, of one that is not in doubt."""
    if lent.in_doubt or lent.keeper.is_closed():
        return False
    try:
        await asyncio.gather(*(page.close() for page in lent.context.pages if page is not lent.keeper))
        await lent.context.set_offline(False)
        await _forget(lent)
    except Error:
        return False
    return True


async def _forget(lent: Lent) -> None:
    """Cookies, and all that is stored for anywhere it has been."""
    # By the class, for this leaves no doubt.
    await BrowserContext.clear_cookies(lent.context)
    session = await BrowserContext.new_cdp_session(lent.context, lent.keeper)
    for origin in sorted(lent.origins):
        if origin.startswith("http"):
            await session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})
    await session.detach()
