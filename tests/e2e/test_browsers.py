"""A browser that is used again is one in which nobody has been."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Browser, BrowserContext, Page

from tests.e2e.browsers import LOOK, Browsers
from tests.e2e.conftest import AS_USUAL
from tests.running import Running

LEAVE = """
async () => {
  document.cookie = 'left=behind; max-age=1000'
  localStorage.setItem('left', 'behind')
  sessionStorage.setItem('left', 'behind')
  await new Promise((go, stop) => {
    const opening = indexedDB.open('left', 1)
    opening.onsuccess = () => (opening.result.close(), go())
    opening.onerror = () => stop(opening.error)
  })
  await (await caches.open('left')).put('/left', new Response('behind'))
  navigator.locks.request('left', () => new Promise(() => {}))
}
"""
LASTING: dict[str, Callable[[BrowserContext, Page], Awaitable[object]]] = {
    "a script for every page": lambda context, _: context.add_init_script("window.left = 'behind'"),
    "a permission": lambda context, _: context.grant_permissions(["notifications"]),
    "another answer": lambda context, _: context.route("**/*", lambda route: route.abort()),
    "a function": lambda context, _: context.expose_function("left", lambda: "behind"),
    "headers": lambda context, _: context.set_extra_http_headers({"X-Left": "behind"}),
    "a session of the debugger": lambda context, page: context.new_cdp_session(page),
    "another clock": lambda _, page: page.clock.install(time=0),
    "the page that is kept": lambda context, _: context.pages[0].close(),
    "what is stored by the last page": lambda context, _: context.pages[0].evaluate(LEAVE),
    "none": lambda context, _: BrowserContext.close(context),
}


@pytest.fixture
def browsers(chromium: Browser, atelier: Running) -> Browsers:
    """None of them used so far."""
    return Browsers(chromium, atelier.address)


async def test_nothing_is_left_of_the_test_before(browsers: Browsers, atelier: Running) -> None:
    context = await browsers.lend(AS_USUAL)
    page = await context.new_page()
    await page.goto(f"{atelier.address}/sample.jpg")
    new = await page.evaluate(LOOK)
    await page.evaluate(LEAVE)
    await page.emulate_media(media="print", color_scheme="dark", reduced_motion="reduce")
    await page.route(re.compile(".*"), lambda route: route.abort())
    await page.add_init_script("window.left = 'behind'")
    await context.set_offline(True)
    left = await page.evaluate(LOOK)
    assert {name for name in new if left[name] != new[name]} == {
        *("online", "media", "local", "session", "databases", "caches", "locks"),
    }
    assert [cookie["name"] for cookie in await context.cookies()] == ["left"]
    await browsers.take_back(context)

    assert await browsers.lend(AS_USUAL) is context, "it is used again"
    page = await context.new_page()
    await page.goto(f"{atelier.address}/sample.jpg")
    assert await page.evaluate(LOOK) == new
    assert await page.evaluate("window.left") is None
    assert await context.cookies() == []
    await browsers.take_back(context)
    await context.close()


@pytest.mark.parametrize("done", LASTING.values(), ids=LASTING)
async def test_one_in_doubt_is_thrown_away(
    browsers: Browsers, atelier: Running, done: Callable[[BrowserContext, Page], Awaitable[object]]
) -> None:
    context = await browsers.lend(AS_USUAL)
    page = await context.new_page()
    await page.goto(f"{atelier.address}/sample.jpg")
    await done(context, page)
    await browsers.take_back(context)
    another = await browsers.lend(AS_USUAL)
    assert another is not context
    await browsers.take_back(another)
    await another.close()


async def test_each_has_one_of_its_own_and_of_its_own_kind(browsers: Browsers) -> None:
    first, second = await browsers.lend(AS_USUAL), await browsers.lend(AS_USUAL)
    assert first is not second
    await browsers.take_back(first)
    french = await browsers.lend({**AS_USUAL, "locale": "fr-FR"})
    assert french is not first
    assert await browsers.lend(AS_USUAL) is first
    for context in (first, second, french):
        await browsers.take_back(context)
        await context.close()
