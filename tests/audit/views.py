"""Every view of the page and how to get there: what the screenshots draw and the accessibility checks look at."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Browser, Page, expect

from tests.audit.scene import Scene
from tests.running import Running
from tests.studio import eventually

SOON = 20_000
# What lies below the window may be lazy; what is in it must have faded in.
DRAWN = """
[...document.images]
  .filter((one) => one.loading !== 'lazy' || one.getBoundingClientRect().top < innerHeight)
  .every((one) => one.complete && getComputedStyle(one).opacity !== '0')
"""
WIDE: Mapping[str, Any] = {"viewport": {"width": 1280, "height": 900}}
PHONE: Mapping[str, Any] = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
SIZES = {"wide": WIDE, "phone": PHONE}
THEMES = ("light", "dark")
LANGUAGES = {"en": "en-GB", "fr": "fr-FR"}


# The answer of a worker that stands in for the one of a server with another page, where the address asks for it.
ANOTHER_BUILD = """
(() => {
  const other = new MessageEvent('message', { data: { type: 'build', build: 'another' } })
  const heard = (event) => location.search === '?another-build' && event.data?.type === 'build' ? other : event
  ServiceWorkerContainer.prototype.addEventListener = function (type, hear, ...rest) {
    const listener = type === 'message' ? (event) => hear(heard(event)) : hear
    return EventTarget.prototype.addEventListener.call(this, type, listener, ...rest)
  }
})()
"""


@dataclass(frozen=True)
class Look:
    """One way to see the page: its size, theme and language."""

    size: str
    theme: str
    language: str

    def __str__(self) -> str:
        return f"{self.size}-{self.theme}-{self.language}"


LOOKS = tuple(Look(size, theme, language) for size in SIZES for theme in THEMES for language in LANGUAGES)

Visit = Callable[[Page, Scene], Awaitable[None]]
VIEWS: dict[str, Visit] = {}


def view(visit: Visit) -> Visit:
    """Puts a view into the table, in the order of this file."""
    VIEWS[visit.__name__.replace("_", "-")] = visit
    return visit


@asynccontextmanager
async def signed_in(browser: Browser, atelier: Running, scene: Scene, look: Look) -> AsyncIterator[Page]:
    """A page of that person's, seen in that way."""
    options = {**SIZES[look.size], "color_scheme": look.theme, "locale": LANGUAGES[look.language]}
    context = await browser.new_context(**options, reduced_motion="reduce")
    await context.add_init_script(ANOTHER_BUILD)
    try:
        page = await context.new_page()
        await page.goto(await atelier.link(scene.email))
        await live(page)
        yield page
    finally:
        await context.close()


async def live(page: Page) -> None:
    """Until the stream stands and every picture on the screen has been drawn."""
    await expect(page.get_by_test_id("live-dot")).to_have_attribute("data-state", "live", timeout=SOON)
    await drawn(page)


async def drawn(page: Page) -> None:
    """Until every picture in the window has faded in."""
    await eventually(lambda: page.evaluate(DRAWN), bool, SOON / 1000)


async def go(page: Page, path: str) -> None:
    """There by the address bar, and by the network."""
    await page.context.set_offline(False)
    await page.goto(f"{page.url.split('/', 3)[0]}//{page.url.split('/', 3)[2]}{path}")
    await live(page)


@view
async def pictures(page: Page, scene: Scene) -> None:
    """A project full of pictures."""
    await go(page, f"/p/{scene.pictures}")
    await expect(page.locator('[data-testid=card][data-status="completed"]').nth(5)).to_be_visible(timeout=SOON)
    await drawn(page)


@view
async def states(page: Page, scene: Scene) -> None:
    """A card in every state, the workspace paused."""
    await go(page, f"/p/{scene.states}")
    await expect(page.get_by_test_id("notice")).to_be_visible(timeout=SOON)


@view
async def queue(page: Page, scene: Scene) -> None:
    """What waits, in its order."""
    await states(page, scene)
    await page.get_by_test_id("queue-chip").click()
    await expect(page.get_by_test_id("queue-row").first).to_be_visible(timeout=SOON)


@view
async def empty(page: Page, scene: Scene) -> None:
    """A project without a picture: the first minute."""
    await go(page, f"/p/{scene.empty}")
    await expect(page.get_by_test_id("sample")).to_be_visible(timeout=SOON)


@view
async def options(page: Page, scene: Scene) -> None:
    """The form with its options open."""
    await pictures(page, scene)
    await page.get_by_test_id("prompt").fill("A lighthouse at dusk, in watercolour, seen from a small boat")
    await page.get_by_test_id("options").click()


@view
async def picture(page: Page, scene: Scene) -> None:
    """One picture, large."""
    await go(page, f"/p/{scene.pictures}/i/{scene.picture}")
    await expect(page.get_by_test_id("lightbox")).to_be_visible(timeout=SOON)


@view
async def edit(page: Page, scene: Scene) -> None:
    """An edit with what it was made from."""
    await go(page, f"/p/{scene.pictures}/i/{scene.edit}")
    await expect(page.get_by_test_id("lightbox")).to_be_visible(timeout=SOON)


@view
async def spending(page: Page, scene: Scene) -> None:
    """What was spent."""
    await pictures(page, scene)
    if not await page.get_by_test_id("open-spending").is_visible():
        await page.get_by_test_id("menu").click()
    await page.get_by_test_id("open-spending").click()
    await expect(page.get_by_test_id("ledger-entry").first).to_be_visible(timeout=SOON)


@view
async def selection(page: Page, scene: Scene) -> None:
    """Several pictures selected, and what can be done with them."""
    await pictures(page, scene)
    await page.locator("body").press("Control+a")
    await expect(page.get_by_test_id("selection-count")).to_be_visible(timeout=SOON)


@view
async def notices(page: Page, scene: Scene) -> None:
    """What became of one's pictures."""
    await pictures(page, scene)
    await page.get_by_test_id("bell").click()
    await expect(page.get_by_test_id("notice-row").nth(3)).to_be_visible(timeout=SOON)


@view
async def notice_settings(page: Page, scene: Scene) -> None:
    """Where, of what and how one is told."""
    await notices(page, scene)
    await page.get_by_test_id("notices-settings").click()
    await expect(page.get_by_test_id("notice-settings")).to_be_visible(timeout=SOON)
    await expect(page.locator(".settings [aria-busy=true]")).to_have_count(0, timeout=SOON)


@view
async def offer(page: Page, scene: Scene) -> None:
    """The line that asks once, after the first wish."""
    await page.evaluate("localStorage.removeItem('atelier:offered')")
    await pictures(page, scene)
    await page.route("**/generations", lambda route: route.abort())
    await page.get_by_test_id("prompt").fill("A lighthouse at dusk, in watercolour")
    await page.get_by_test_id("generate").click()
    await expect(page.get_by_test_id("offer")).to_be_visible(timeout=SOON)
    await page.unroute("**/generations")


@view
async def renewal(page: Page, scene: Scene) -> None:
    """A newer page is there."""
    await go(page, f"/p/{scene.pictures}?another-build")
    await expect(page.get_by_test_id("renewal")).to_be_visible(timeout=SOON)


@view
async def keys(page: Page, scene: Scene) -> None:
    """What the keys do."""
    await pictures(page, scene)
    await page.locator("body").press("?")
    await expect(page.get_by_test_id("keys-sheet")).to_be_visible(timeout=SOON)


@view
async def trash(page: Page, scene: Scene) -> None:
    """What was deleted, and for how long it can be had back."""
    await go(page, "/trash")
    await expect(page.get_by_test_id("trash").get_by_test_id("card").first).to_be_visible(timeout=SOON)


@view
async def offline(page: Page, scene: Scene) -> None:
    """What was there stays there, and says so."""
    await pictures(page, scene)
    await page.context.set_offline(True)
    await expect(page.get_by_test_id("offline")).to_be_visible(timeout=SOON)


@view
async def refused(page: Page, scene: Scene) -> None:
    """A wish that did not get through: its sentence where the picture would be, and nothing of it lost."""
    await offline(page, scene)
    await page.get_by_test_id("prompt").fill("A lighthouse at dusk, in watercolour")
    await page.get_by_test_id("generate").click()
    await expect(page.locator("[data-testid=card][data-refused]")).to_be_visible(timeout=SOON)


@view
async def messages(page: Page, scene: Scene) -> None:
    """What a deed leaves: the way back."""
    await pictures(page, scene)
    await page.locator("[data-testid=card] [data-testid=view]").nth(3).focus()
    await page.keyboard.press("f")
    await expect(page.get_by_test_id("undo")).to_be_visible(timeout=SOON)


@view
async def broken(page: Page, scene: Scene) -> None:
    """A page that breaks shows itself."""
    await page.route("**/api/me", lambda route: route.fulfill(status=200, json={}))
    await page.reload()
    await expect(page.get_by_test_id("broken")).to_be_visible(timeout=SOON)
    await page.unroute("**/api/me")


@view
async def signed_out(page: Page, scene: Scene) -> None:
    """The door; it comes last."""
    await page.context.clear_cookies()
    await page.goto(f"{page.url.split('/', 3)[0]}//{page.url.split('/', 3)[2]}/")
    await expect(page.get_by_test_id("door")).to_be_visible(timeout=SOON)
