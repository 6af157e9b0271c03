"""Everybody can use the page: fingers on a small phone, and those who hear it."""

from __future__ import annotations

from typing import Any

from playwright.async_api import expect

from tests.e2e.conftest import OpenTab
from tests.e2e.hands import SOON, chosen, edited, new_project, picture

PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}

# Everything that can be touched and seen, with its size.
TARGETS = """
() => [...document.querySelectorAll('button, a, textarea, summary, select, .choice, input:not([type=radio])')]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }))
  .map((one) => [one.getBoundingClientRect(), one])
  .filter(([{ width, height }]) => width > 0 && (Math.round(width) < 44 || Math.round(height) < 44))
  .map(([{ width, height }, { className }]) => `${className} ${Math.round(width)} x ${Math.round(height)}`)
"""
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
# What reaches beyond the right edge, where the page scrolls sideways.
BEYOND = """
() => [...document.querySelectorAll('body *')]
  .filter((one) => one.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5)
  .map((one) => one.outerHTML.slice(0, 160))
"""
# What a screen reader would have no words for.
NAMELESS = """
() => [...document.querySelectorAll('button, a, input, textarea, img, [role=progressbar], dialog')]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }))
  .filter((one) => !(one.matches('img') ? one.hasAttribute('alt') : one.ariaLabel || one.labels?.length
    || one.textContent.trim() || one.querySelector('img[alt]:not([alt=""])')))
  .map((one) => one.outerHTML.slice(0, 120))
"""


async def test_a_phone_has_no_sideways_scroll_and_targets_for_fingers(open_tab: OpenTab) -> None:
    tab = await open_tab(**PHONE)
    page = tab.page
    await page.get_by_test_id("menu").tap()
    await new_project(tab)
    await page.keyboard.press("Escape")
    await page.reload()
    await tab.live()
    await chosen(tab, picture("one.jpg"), picture("two.jpg", 80))
    await expect(page.locator('[data-testid=input-chip][data-state="ready"]')).to_have_count(2, timeout=SOON)
    assert (await page.evaluate(OVERFLOW), await page.evaluate(TARGETS)) == (0, [])
    for opens, closes in (("options", "options"), ("menu", None)):
        await page.get_by_test_id(opens).tap()
        assert (await page.evaluate(OVERFLOW), await page.evaluate(TARGETS)) == (0, [])
        if closes:
            await page.get_by_test_id(closes).tap()
    # The drawer listens for keys once it has the focus, a frame after it is there.
    await expect(page.locator(".side.is-open .side-close")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.locator(".side.is-open")).to_have_count(0)
    await page.get_by_test_id("view").first.tap()
    await expect(page.get_by_test_id("lightbox")).to_be_visible()
    assert (await page.evaluate(OVERFLOW), await page.evaluate(TARGETS)) == (0, [])


async def test_everything_on_the_page_has_words(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await new_project(tab)
    assert await tab.page.evaluate(NAMELESS) == []
    await edited(tab)
    await tab.page.get_by_test_id("options").click()
    assert await tab.page.evaluate(NAMELESS) == []
    await tab.page.keyboard.press("Escape")
    await tab.page.get_by_test_id("view").first.click()
    await expect(tab.page.get_by_test_id("lightbox")).to_be_visible()
    assert await tab.page.evaluate(NAMELESS) == []
