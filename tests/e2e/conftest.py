"""One running Atelier and one real Chromium for many browser tests; a context is a browser."""

from __future__ import annotations

import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, BrowserContext, async_playwright

from server.api.page import DIST
from tests.chromium import find_chromium
from tests.e2e.browsers import Browsers
from tests.e2e.watched_page import WatchedPage, watch
from tests.running import Running, running

# What a window brings along beside its page: lists under the address bar in a process of their own, which takes half a
# second to start, and a process in reserve.
BESIDE_THE_PAGE = [
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "PreloadTopChromeWebUI"),
    "SpareRendererForSitePerProcess",
]
# Chromium heeds the last list only, so this one holds what Playwright leaves out, too.
BY_PLAYWRIGHT = [
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades"),
    *("HttpsFirstBalancedModeAutoEnable", "LensOverlay", "MediaRouter", "PaintHolding"),
    *("ThirdPartyStoragePartitioning", "AvoidCorsURLLoaderRestartOnRedirect", "TcpPortRandomizationWin"),
    *("OptimizationHints", "NetworkTimeServiceQuerying", "AimEnabled", "PreconnectToSearch"),
]
FLAGS = [
    *("--no-sandbox", "--disable-quic", "--disable-background-networking", "--force-color-profile=srgb"),
    # There is none, and what stands for one takes a tenth of the time.
    "--disable-gpu",
    f"--disable-features={','.join([*BY_PLAYWRIGHT, *BESIDE_THE_PAGE])}",
]
# Without the service worker, for which every test would fetch the page once more; tests of what it does allow it.
AS_USUAL: dict[str, Any] = {
    "locale": "en-US",
    "viewport": {"width": 1280, "height": 900},
    "service_workers": "block",
}
FIRST_BROWSER = {
    *("test_card_life", "test_errors", "test_killed_parts", "test_live_stream", "test_looking"),
    *("test_page_states", "test_queue_page"),
}
CALM = {"failure_rates": {"never": 0, "flag_3": 0, "flag_2": 0}}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests share an Atelier and a Chromium, so they run in two of the processes, about as long in each.

    They begin at once: they are busy all the while, and leave to the others, who often wait, what they do not need.
    """
    in_browser = [item for item in items if _needs_browser(item)]
    for item in in_browser:
        group = "browser" if item.path.stem in FIRST_BROWSER else "another-browser"
        item.add_marker(pytest.mark.xdist_group(group))
    others = [item for item in items if not _needs_browser(item)]
    items[:] = [*in_browser, *others]


def _needs_browser(item: pytest.Item) -> bool:
    return item.path.is_relative_to(Path(__file__).parent) and "chromium" in getattr(item, "fixturenames", ())


OpenTab = Callable[..., Awaitable[WatchedPage]]
_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
async def atelier() -> AsyncIterator[Running]:
    """Everything, as `make run` starts it."""
    assert (DIST / "index.html").is_file(), "the dashboard is not built: run `make build`"
    async with running(NANOBANANA_SIMULATOR_SPEED="12") as instance:
        await instance.simulate(**CALM)
        yield instance


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """The browser; a missing one fails."""
    found = find_chromium()
    assert found is not None, "Chromium is missing: install it with `apt-get install chromium`, or set CHROMIUM"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(found), args=FLAGS)
        yield browser
        await browser.close()


@dataclass(frozen=True)
class IdleTab:
    """A tab that nobody touches, and since when, in seconds of the monotonic clock."""

    tab: WatchedPage
    since: float


@pytest.fixture(scope="session")
async def idle_tab(atelier: Running, chromium: Browser) -> AsyncIterator[IdleTab]:
    """Opened where it is first asked for, so that its minute passes beside other tests."""
    context = await chromium.new_context(**AS_USUAL)
    tab = await _signed_in(atelier, context, "idle@example.org", atelier.address)
    await tab.page.wait_for_load_state("networkidle")
    tab.forget()
    yield IdleTab(tab, time.monotonic())
    await context.close()


@pytest.fixture(scope="session")
async def browsers(atelier: Running, chromium: Browser) -> Browsers:
    """For all tests of this process."""
    return Browsers(chromium, atelier.address)


@pytest.fixture
async def open_tab(atelier: Running, browsers: Browsers) -> AsyncIterator[OpenTab]:
    """Opens a signed-in tab in a context of its own, at an address or the first page; context options may be given.

    All tabs of a test are one person's, who is new: what an earlier test left under way is not seen by this one.
    """
    contexts: list[BrowserContext] = []
    email = f"person-{next(_NUMBERS)}@example.org"

    async def open_one(at: str = atelier.address, **options: Any) -> WatchedPage:
        contexts.append(await browsers.lend({**AS_USUAL, **options}))
        return await _signed_in(atelier, contexts[-1], email, at)

    yield open_one
    for context in contexts:
        await browsers.take_back(context)


async def _signed_in(atelier: Running, context: BrowserContext, email: str, at: str) -> WatchedPage:
    watched = await watch(await context.new_page(), atelier)
    # The link works at every address, so that the page is loaded once only.
    token = urlsplit(await atelier.link(email)).fragment
    await watched.page.goto(f"{at}#{token}")
    await watched.live()
    return watched
