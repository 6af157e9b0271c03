"""The bell and what it opens, the line that asks once, and the states in which a browser can be."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

import pytest
from playwright.async_api import Locator, Page, expect

from tests.e2e.conftest import OpenTab
from tests.e2e.hands import PAINTED, QUICK, SOON, cards, new_project, visit
from tests.e2e.outside import ALLOWED, furnish, worker_of
from tests.e2e.test_page_reach import NAMELESS, OVERFLOW, PHONE, TARGETS
from tests.e2e.test_several_tabs import asked, count, id_of, link
from tests.e2e.watched_page import WatchedPage
from tests.studio import eventually

# In the place of the question that a browser asks in a window of its own.
ANSWERS = """
Notification.requestPermission = async () => {
  await window.answer()
  return Notification.permission
}
"""
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.0 Mobile/15E148 Safari/604.1"
)
# What makes a browser one of those that cannot tell, and what it then reads in English and in French.
STATES: dict[str, tuple[str, tuple[str, str]]] = {
    "denied": (
        "Object.defineProperty(Notification, 'permission', { get: () => 'denied' })",
        ("click the sign at the left of the address", "cliquez sur le signe à gauche de l’adresse"),
    ),
    "unsupported": ("delete window.Notification", ("This browser cannot tell you", "Ce navigateur ne peut rien")),
    "insecure": (
        "Object.defineProperty(window, 'isSecureContext', { get: () => false })",
        ("Open Atelier by https", "Ouvrez Atelier en https"),
    ),
    "install": (
        f"Object.defineProperty(navigator, 'userAgent', {{ get: () => '{IPHONE}' }})",
        ("First add Atelier to the home screen", "Ajoutez d’abord Atelier à l’écran d’accueil"),
    ),
}


async def settings(page: Page) -> None:
    """Open them."""
    await page.get_by_test_id("bell").click()
    await page.get_by_test_id("notices-settings").click()
    await expect(page.get_by_test_id("notice-settings")).to_be_visible(timeout=SOON)


async def devices_of(tab: WatchedPage) -> list[dict[str, Any]]:
    """By the API."""
    return list((await asked(tab, "/api/devices"))["items"])


async def test_it_asks_once_after_the_first_wish_and_never_on_load(open_tab: OpenTab) -> None:
    tab = await open_tab(service_workers="allow")
    page, offer = tab.page, tab.page.get_by_test_id("offer")

    async def answer() -> None:
        await page.context.grant_permissions(["notifications"])

    await page.expose_function("answer", answer)
    await furnish(page.context)
    await page.add_init_script(ANSWERS)
    await page.reload()
    await tab.live()
    await worker_of(tab)
    assert await page.evaluate("Notification.permission") == "default"
    await expect(offer).to_have_count(0)
    await tab.generate(f"the first wish {QUICK}")
    await expect(offer).to_be_visible(timeout=SOON)
    await offer.get_by_test_id("offer-yes").click()
    await expect(offer).to_have_count(0)
    await expect(page.get_by_test_id("toast").filter(has_text="You will be told")).to_be_visible(timeout=SOON)
    [device] = await devices_of(tab)
    assert (device["name"], device["language"]) == ("Chrome, Linux", "en")

    # Never again: not in this tab, nor in the next.
    await page.reload()
    await tab.live()
    await tab.completed(await tab.generate(f"the second wish {QUICK}"))
    await expect(offer).to_have_count(0)
    await settings(page)
    await expect(page.get_by_test_id("tell-me-switch")).to_be_checked()
    # Who speaks another language is told in it, also with no tab open.
    await page.get_by_test_id("lang-switch").click()
    await eventually(lambda: devices_of(tab), lambda all: all[0]["language"] == "fr", 10)


async def test_who_does_not_want_to_be_told_is_left_in_peace(open_tab: OpenTab) -> None:
    tab = await open_tab(service_workers="allow")
    offer = tab.page.get_by_test_id("offer")
    await tab.generate(f"the first wish {QUICK}")
    await offer.get_by_test_id("offer-no").click()
    await expect(offer).to_have_count(0)
    await tab.page.reload()
    await tab.live()
    await tab.completed(await tab.generate(f"the second wish {QUICK}"))
    await expect(offer).to_have_count(0)
    assert await devices_of(tab) == []
    assert await tab.page.evaluate("Notification.permission") == "default"


async def test_a_browser_that_cannot_tell_says_why_and_what_helps(open_tab: OpenTab) -> None:
    first = await open_tab(**ALLOWED)
    for name, (script, words) in STATES.items():
        page = await first.page.context.new_page()
        await page.add_init_script(script)
        await page.goto(first.atelier.address)
        state = page.get_by_test_id("tell-me")
        for sentence in words:
            await settings(page)
            await expect(state).to_have_attribute("data-standing", name)
            await expect(state.get_by_role("switch")).to_have_count(0)
            await expect(state).to_contain_text(sentence)
            await page.get_by_test_id("lang-switch").click()
        await page.close()


async def test_devices_are_listed_named_tried_and_removed(open_tab: OpenTab) -> None:
    tab, elsewhere = await open_tab(**ALLOWED), await open_tab()
    page = tab.page
    await furnish(page.context)
    await page.reload()
    await tab.live()
    await worker_of(tab)
    await settings(page)
    await page.get_by_test_id("tell-me-switch").click()
    here = page.get_by_test_id("device")
    await expect(here).to_contain_text("Chrome, Linux · this one")
    await expect(here).to_contain_text("Not told anything yet")
    assert await page.evaluate(NAMELESS) == []

    await here.get_by_test_id("device-more").click()
    await here.get_by_test_id("device-name").fill("The laptop")
    await here.get_by_test_id("device-name").press("Enter")
    await here.get_by_label("A picture failed").click()
    await expect(here.locator(".device-name")).to_contain_text("The laptop")
    await eventually(
        lambda: devices_of(tab), lambda all: [(one["name"], one["off"]) for one in all] == [("The laptop", ["failed"])]
    )
    await page.get_by_test_id("kind-batch").click()
    await page.get_by_text("Projects", exact=True).last.click()
    await page.get_by_test_id("project-told").first.click()
    choices = {"on": ["ready", "failed", "credits_low", "batch"], "muted": 1}
    await eventually(lambda: chosen_by(tab), lambda found: found == {**choices, "on": sorted(choices["on"])}, 10)

    await here.get_by_test_id("device-test").click()
    await expect(page.get_by_test_id("toast")).to_contain_text("It should be there", timeout=SOON)
    # Removed on another device, this one is told nothing any more, and knows it.
    await settings(elsewhere.page)
    there = elsewhere.page.get_by_test_id("device")
    await expect(there).to_contain_text("The laptop")
    await there.get_by_test_id("device-remove").click()
    await expect(there).to_have_count(0)
    assert await devices_of(tab) == []
    await page.reload()
    await tab.live()
    await settings(page)
    await expect(page.get_by_test_id("tell-me-switch")).not_to_be_checked(timeout=SOON)
    await expect(page.get_by_test_id("device")).to_have_count(0)
    assert (tab.errors, elsewhere.errors) == ([], [])


async def chosen_by(tab: WatchedPage) -> dict[str, Any]:
    """What the account wants to be told, and of how many projects nothing."""
    told = await asked(tab, "/api/notice-choices")
    return {"on": sorted(told["on"]), "muted": len(told["muted_projects"])}


def rows(tab: WatchedPage) -> Locator:
    return tab.page.get_by_test_id("notice-row")


async def test_what_became_of_pictures_is_listed_and_counted_until_it_is_seen_anywhere(open_tab: OpenTab) -> None:
    desk, phone = await open_tab(), await open_tab(**PHONE)
    page = desk.page
    home = page.url
    address = await new_project(desk)
    await page.get_by_test_id("options").click()
    await page.get_by_test_id("count-more").click()
    await page.keyboard.press("Escape")
    await desk.generate("two lakes [[small]] [[ok]] [[duration:0.5]]")
    await link(desk, home).click()
    for tab in (desk, phone):
        await expect(tab.page.get_by_test_id("bell-count")).to_have_text("2", timeout=PAINTED)
        await expect(tab.page).to_have_title(re.compile(r"^\(2\) "))
    icon = page.locator("link[rel=icon]")
    assert ">2</text>" in unquote(str(await icon.get_attribute("href")))

    # By its keys; the two are one line, and leaving it is Escape.
    await page.get_by_test_id("prompt").blur()
    await page.keyboard.press("g")
    await page.keyboard.press("n")
    await expect(rows(desk)).to_have_count(1, timeout=SOON)
    await expect(rows(desk)).to_contain_text("2 pictures are ready.")
    await expect(rows(desk)).to_have_attribute("data-new", "true")
    assert await page.evaluate(NAMELESS) == []
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("notices")).to_have_count(0)
    await expect(page.get_by_test_id("bell")).to_be_focused()

    # On a phone it comes from below, for fingers; a touch leads to the picture. What was told leaves the bell alone.
    await phone.page.get_by_test_id("bell").tap()
    await expect(rows(phone)).to_have_count(1, timeout=SOON)
    assert (await phone.page.evaluate(OVERFLOW), await phone.page.evaluate(TARGETS)) == (0, [])
    await rows(phone).tap()
    await expect(phone.page.get_by_test_id("lightbox")).to_be_visible(timeout=SOON)
    assert phone.page.url.startswith(f"{address}/i/")
    # Seen there, it is nothing new here.
    await expect(page.get_by_test_id("bell-count")).to_have_count(0, timeout=SOON)
    await expect(page).to_have_title(re.compile(r"^\w"))
    assert "</text>" not in unquote(str(await icon.get_attribute("href")))

    # What is not looked at at all can be marked as read; and what ends while the list is open comes into it.
    await visit(phone, home)
    await link(desk, address).click()
    await page.get_by_test_id("options").click()
    await page.get_by_role("button", name="Fewer").click()
    await page.keyboard.press("Escape")
    await desk.generate("a failure [[refuse]]")
    await link(desk, home).click()
    for tab in (desk, phone):
        await expect(tab.page.get_by_test_id("bell-count")).to_have_text("1", timeout=PAINTED)
    await page.get_by_test_id("bell").click()
    await expect(rows(desk)).to_have_count(2, timeout=PAINTED)
    await expect(rows(desk).first).to_have_attribute("data-new", "true")
    await page.get_by_test_id("notices-mark-all").click()
    await expect(rows(desk).first).not_to_have_attribute("data-new", "true")
    await expect(page.get_by_test_id("bell-count")).to_have_count(0)
    for tab in (desk, phone):
        await expect(count(tab, address)).to_have_count(0)
    assert (await asked(desk, "/api/unread"))["images"] == []
    await rows(desk).first.click()
    await expect(page).to_have_url(address)
    await expect(cards(desk, "failed")).to_have_count(1)
    assert id_of(address) in page.url
    assert (desk.errors, phone.errors) == ([], [])


@pytest.mark.parametrize("on", [True, False], ids=["on", "off"])
async def test_a_short_sound_is_made_for_those_who_want_it(open_tab: OpenTab, on: bool) -> None:
    tab = await open_tab()
    await tab.page.evaluate(
        "() => { window.notes = 0; const one = OscillatorNode.prototype.start;"
        "OscillatorNode.prototype.start = function (at) { window.notes += 1; return one.call(this, at) } }"
    )
    if on:
        await settings(tab.page)
        await tab.page.get_by_test_id("sound").click()
        assert await tab.page.evaluate("window.notes") == 2, "it is heard once"
        await tab.page.get_by_test_id("notices-close").click()
    await tab.generate(f"to be heard {QUICK}")
    await expect(tab.page.get_by_test_id("toast")).to_be_visible(timeout=PAINTED)
    if on:
        await eventually(lambda: tab.page.evaluate("window.notes"), lambda notes: notes == 4, 5)
    else:
        assert await tab.page.evaluate("window.notes") == 0
