"""Browsers that are used again: as new as a fresh one, without its start.

A page in a fresh context takes a process of its own, and with all code still cold that takes twice as long as all that
the page does. So a context is kept when its test is over, without anything that was left in it, and with one page that
keeps its process.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext

# Small, and of the same site as every page under test.
KEEPER = "/sample.jpg"
# What is installed in a browser, or allowed, is not so sure to be gone.
LASTING = {"permissions", "storage_state"}


class Browsers:
    """Contexts by their options, lent to one test at a time."""

    def __init__(self, chromium: Browser, address: str) -> None:
        self._chromium = chromium
        self._address = address
        self._free: dict[str, list[BrowserContext]] = {}
        self._lent: dict[BrowserContext, str | None] = {}

    async def lend(self, options: Mapping[str, Any]) -> BrowserContext:
        """One in which nobody has been."""
        kind = None if _lasts(options) else json.dumps(options, sort_keys=True)
        free = self._free.get(kind, []) if kind else []
        context = free.pop() if free else await self._open(options, keep=kind is not None)
        self._lent[context] = kind
        return context

    async def take_back(self, context: BrowserContext) -> None:
        """The test is over."""
        kind = self._lent.pop(context)
        if kind is None:
            await context.close()
            return
        await _clean(context)
        self._free.setdefault(kind, []).append(context)

    async def _open(self, options: Mapping[str, Any], keep: bool) -> BrowserContext:
        context = await self._chromium.new_context(**options)
        if keep:
            await (await context.new_page()).goto(self._address + KEEPER)
        return context


def _lasts(options: Mapping[str, Any]) -> bool:
    return options.get("service_workers") == "allow" or not LASTING.isdisjoint(options)


async def _clean(context: BrowserContext) -> None:
    keeper, *pages = context.pages
    origins = {"{0.scheme}://{0.netloc}".format(urlsplit(page.url)) for page in (keeper, *pages)}
    for page in pages:
        await page.close()
    await context.set_offline(False)
    await context.clear_permissions()
    await context.clear_cookies()
    session = await context.new_cdp_session(keeper)
    for origin in origins:
        await session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})
    await session.detach()
