"""The page as an app: installed, without a network, and replaced by a new build while somebody works with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.conftest import AS_USUAL, OpenTab
from tests.e2e.deploy import House, open_house
from tests.e2e.hands import PAINTED, SOON, cards, chosen, picture
from tests.e2e.outside import worker_of
from tests.e2e.watched_page import WatchedPage, watch
from tests.studio import eventually

WITH_WORKER: dict[str, Any] = {"service_workers": "allow"}
BUILD = "document.querySelector('meta[name=build]').content"
# Where every script of this page came from, by the browser's own account.
SCRIPTS = """
performance.getEntriesByType('resource')
  .map(({ name }) => new URL(name).pathname)
  .filter((name) => name.endsWith('.js'))
"""
KEPT = """
caches.keys().then((names) => Promise.all(names.map(async (name) => [
  name, (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname)])))
"""
# The keys' sheet is a part of the page that comes late.
LATE = "KeysSheet"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """One of its own: nobody else's page is replaced."""
    async with open_house(tmp_path) as opened:
        yield opened


@pytest.fixture
async def visitor(house: House, chromium: Browser) -> AsyncIterator[WatchedPage]:
    """Somebody at work there, whose browser has the worker."""
    context = await chromium.new_context(**{**AS_USUAL, **WITH_WORKER})
    tab = await watch(await context.new_page(), house.atelier)
    await tab.page.goto(await house.atelier.link())
    await tab.live()
    await worker_of(tab)
    yield tab
    await context.close()


async def kept(tab: WatchedPage) -> dict[str, list[str]]:
    """The paths in each cache of the browser, oldest cache first."""
    return dict(await tab.page.evaluate(KEPT))


async def test_a_new_build_is_offered_and_a_reload_is_all_of_it(house: House, visitor: WatchedPage) -> None:
    page, typed = visitor.page, "A lighthouse at dusk"
    await chosen(visitor, picture("kept.jpg"))
    await expect(cards(visitor, "completed")).to_have_count(1, timeout=PAINTED)
    await page.get_by_test_id("prompt").fill(typed)
    old, old_scripts = await page.evaluate(BUILD), set(await page.evaluate(SCRIPTS))
    [late] = [path for path in (await kept(visitor))[f"atelier-shell-{old}"] if LATE in path]
    assert late not in old_scripts
    await expect(page.get_by_test_id("renewal")).to_have_count(0)

    house.deploy()
    await expect(page.get_by_test_id("renewal")).to_be_visible(timeout=PAINTED)
    await expect(page.get_by_test_id("renewal")).to_contain_text("A new version is there.")
    # The old page goes on: nothing reloaded it, and its late part, gone from the server, is there.
    await visitor.live()
    assert (visitor.loads, await page.evaluate(BUILD)) == (1, old)
    assert (await page.request.get(house.atelier.address + late)).status == 404
    await page.get_by_test_id("prompt").blur()
    await page.keyboard.press("?")
    await expect(page.get_by_test_id("keys-sheet")).to_be_visible(timeout=SOON)
    assert late in await page.evaluate(SCRIPTS)
    await page.get_by_test_id("keys-close").click()
    await expect(page.get_by_test_id("prompt")).to_have_value(typed)

    await page.get_by_test_id("renewal-reload").click()
    await visitor.live()
    new = await page.evaluate(BUILD)
    assert new != old
    assert old_scripts.isdisjoint(path for path in await page.evaluate(SCRIPTS) if path.startswith("/assets/"))
    await expect(page.get_by_test_id("prompt")).to_have_value(typed)
    await expect(cards(visitor, "completed")).to_have_count(1)
    await expect(page.get_by_test_id("renewal")).to_have_count(0)
    assert list(await kept(visitor)) == [f"atelier-shell-{old}", f"atelier-shell-{new}"]
    assert visitor.errors == []


async def test_without_a_network_the_page_opens_and_nothing_of_anybody_was_kept(open_tab: OpenTab) -> None:
    tab = await open_tab(**WITH_WORKER)
    await worker_of(tab)
    await chosen(tab, picture("kept.jpg"))
    await expect(cards(tab, "completed")).to_have_count(1, timeout=PAINTED)
    [[name, paths]] = (await kept(tab)).items()
    assert name == f"atelier-shell-{await tab.page.evaluate(BUILD)}"
    assert "/" in paths
    assert [path for path in paths if path.startswith("/api") or path.endswith((".jpg", ".webp"))] == []

    await tab.page.context.set_offline(True)
    await tab.page.reload()
    await expect(tab.page.get_by_test_id("door")).to_contain_text("Atelier does not answer", timeout=SOON)
    await expect(tab.page.locator("img")).to_have_count(0)
    await tab.page.context.set_offline(False)
    await tab.live()
    await expect(cards(tab, "completed")).to_have_count(1)
    assert tab.loads == 2, "it was the page itself that came back"


async def test_it_can_be_installed(open_tab: OpenTab) -> None:
    tab = await open_tab(**WITH_WORKER)
    await worker_of(tab)
    session = await tab.page.context.new_cdp_session(tab.page)
    manifest = await session.send("Page.getAppManifest")
    assert manifest["url"].split("?")[0] == f"{tab.atelier.address}/manifest.webmanifest"
    assert manifest["errors"] == []
    # A browser that keeps nothing installs nothing; that is all that is in the way.
    errors = [
        error["errorId"] for error in (await session.send("Page.getInstallabilityErrors"))["installabilityErrors"]
    ]
    assert set(errors) <= {"in-incognito"}
    french = await open_tab(locale="fr-FR", **WITH_WORKER)
    words = await french.page.evaluate(
        "fetch(document.querySelector('link[rel=manifest]').href).then((it) => it.json())"
    )
    assert [shortcut["name"] for shortcut in words["shortcuts"]] == ["Images", "Avis", "Corbeille"]
    assert await eventually(lambda: french.page.evaluate("document.documentElement.lang"), bool) == "fr"
