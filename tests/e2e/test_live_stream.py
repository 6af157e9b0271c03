"""The live stream where a browser has its own ways: no WebSocket gets through, or a page comes back as it was left."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, async_playwright, expect

from tests.chromium import find_chromium
from tests.e2e.conftest import AS_USUAL, FLAGS, OpenTab
from tests.e2e.hands import PAINTED, QUICK, SOON, new_project, visit
from tests.e2e.test_several_tabs import TURN
from tests.e2e.wall import Wall, wall
from tests.e2e.watched_page import WatchedPage, path_of, watch
from tests.running import Running

KEPT_AS = "atelier:events-until"
# An hour, in milliseconds.
REMEMBERED_FOR = 3_600_000
# More than the connections that a browser has to one server.
TABS = 7
# Notes how many sockets the page has closed by itself by the time it is left. Some browsers do it for the page, others
# do not keep a page that has one.
CLOSES = """
() => {
  const { close } = WebSocket.prototype
  let closed = 0
  WebSocket.prototype.close = function () {
    closed += 1
    close.call(this)
  }
  addEventListener('pagehide', () => {
    window.closedOnLeaving = closed
  })
}
"""


@pytest.fixture
async def blocked(atelier: Running) -> AsyncIterator[Wall]:
    """Something between the browser and Atelier that lets no WebSocket through."""
    async with wall(atelier.address) as built:
        yield built


async def behind_the_wall(tab: WatchedPage, wall: Wall) -> WatchedPage:
    """A second tab of the same browser that reaches Atelier through the wall only, on the page of the first."""
    other = await watch(await tab.page.context.new_page(), tab.atelier)
    await visit(other, wall.before(tab.page.url))
    return other


def streams(tab: WatchedPage) -> list[str]:
    """The query of each stream of events that the tab has asked for."""
    asked = [request.url for request in tab.requests if path_of(request.url) == "/api/live/events"]
    return [url.partition("?")[2] for url in asked]


async def test_a_picture_arrives_live_where_no_websocket_gets_through(open_tab: OpenTab, blocked: Wall) -> None:
    a = await open_tab()
    await new_project(a)
    b = await behind_the_wall(a, blocked)
    assert blocked.refused == 2
    b.forget()
    batch = await a.generate(f"over the wall {QUICK}")
    await b.completed(batch)
    await expect(b.page.get_by_test_id("toast")).to_be_visible()
    phases = [phase for phase in await b.phases(batch) if phase != "pending"]
    assert phases[-1] == "completed" and len(phases) > 1, "it was seen on its way"
    assert b.asked() == []
    assert b.loads == 1
    assert (a.errors, b.errors) == ([], [])


async def test_the_browser_remembers_that_none_gets_through_for_a_while(open_tab: OpenTab, blocked: Wall) -> None:
    tab = await behind_the_wall(await open_tab(), blocked)
    kept = int(await tab.page.evaluate("(key) => localStorage.getItem(key)", KEPT_AS))
    assert 0 < kept - await tab.page.evaluate("Date.now()") <= REMEMBERED_FOR
    refused = blocked.refused
    await tab.page.reload()
    await tab.live()
    assert blocked.refused == refused, "no WebSocket is tried meanwhile"

    await tab.page.evaluate("(key) => localStorage.setItem(key, Date.now() - 1)", KEPT_AS)
    await tab.page.reload()
    await tab.live()
    assert blocked.refused == refused + 1, "and once when it is over"


async def test_the_stream_of_events_goes_on_where_it_was(atelier: Running, open_tab: OpenTab, blocked: Wall) -> None:
    a = await open_tab()
    await new_project(a)
    b = await behind_the_wall(a, blocked)
    batch = await a.generate(f"before {QUICK}")
    await b.completed(batch)
    atelier.kill("web")
    await expect(b.page.get_by_test_id("live-dot")).not_to_have_attribute("data-state", "live", timeout=SOON)
    for tab in (a, b):
        await tab.live()
    batch = await a.generate(f"after {QUICK}")
    await b.completed(batch)
    assert b.loads == 1
    begun = [query for query in streams(b) if query.startswith("since=")]
    assert len(begun) == len(streams(b)) >= 2
    assert len({query.split("%3A")[0] for query in begun}) == 1, "of one epoch"
    first, last = (int(query.split("%3A")[1]) for query in (begun[0], begun[-1]))
    assert last > first


async def test_hidden_tabs_leave_the_few_connections_to_the_one_on_the_screen(open_tab: OpenTab, blocked: Wall) -> None:
    a = await open_tab()
    await new_project(a)
    for _ in range(TABS):
        hidden = await behind_the_wall(a, blocked)
        await hidden.page.evaluate(TURN, "hidden")
    shown = await behind_the_wall(a, blocked)
    batch = await a.generate(f"many tabs {QUICK}")
    for tab in (shown, hidden):
        await tab.page.evaluate(TURN, "visible")
        await tab.completed(batch)


async def test_signing_out_ends_the_stream_of_events(open_tab: OpenTab, blocked: Wall) -> None:
    tab = await open_tab()
    other = await behind_the_wall(tab, blocked)
    other.forget()
    await tab.page.get_by_test_id("sign-out").click()
    await expect(other.page.get_by_test_id("door")).to_be_visible(timeout=SOON)
    assert other.asked() == [], "the server said so, nothing had to be asked"


@pytest.fixture
async def keeping(chromium: Browser) -> AsyncIterator[Browser]:
    """A Chromium that keeps pages for the back button, as it does for everybody but for tests."""
    async with async_playwright() as playwright:
        kept_out = ["--disable-back-forward-cache"]
        path = str(find_chromium())
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS, ignore_default_args=kept_out)
        yield browser
        await browser.close()


async def test_a_page_that_the_back_button_brings_back_shows_what_it_missed(
    atelier: Running, open_tab: OpenTab, keeping: Browser
) -> None:
    a = await open_tab()
    address = await new_project(a)
    context = await keeping.new_context(**AS_USUAL, storage_state=await a.page.context.storage_state())
    b = await watch(await context.new_page(), atelier)
    await visit(b, address)
    await b.page.evaluate(CLOSES)
    await b.page.goto(f"{atelier.address}/sample.jpg")
    batch = await a.generate(f"while away {QUICK}")
    await a.completed(batch, PAINTED)
    # Playwright's own way back waits for a load, and there is none.
    await b.page.evaluate("setTimeout(() => history.back())")
    await b.page.wait_for_url(address, wait_until="commit")
    await b.completed(batch, SOON)
    await b.live()
    assert await b.page.evaluate("window.closedOnLeaving") == 1, "it was kept, not loaded again, and without its socket"
    assert b.errors == []
    await context.close()
