"""The life of a card: every state's words and its one button, in two tabs; nothing jumps, and it can be heard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Locator, Page, Route, expect

from tests.e2e.conftest import OpenTab
from tests.e2e.hands import PAINTED, QUICK, SOON, cards, chosen, new_project, picture, visit
from tests.e2e.test_page_reach import PHONE
from tests.e2e.watched_page import WatchedPage
from tests.running import Running
from tests.studio import eventually

HELD = "[[small]] [[never]]"
# What of the pictures and the form moved by itself since.
STEADY = """
() => {
  window.__shift = []
  const element = ({ node }) => (node?.nodeType === Node.TEXT_NODE ? node.parentElement : node)
  const add = (list) => list.getEntries().filter((one) => !one.hadRecentInput)
    .flatMap((one) => one.sources.map(element))
    .filter((one) => one?.closest('[data-testid=grid], [data-testid=composer]'))
    .forEach((one) => window.__shift.push(one.className))
  new PerformanceObserver(add).observe({ type: 'layout-shift' })
}
"""
PAINTS = """
(canvas) => new Set(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data).size
"""
MOVING = """
() => [...document.querySelectorAll('*')]
  .filter((one) => getComputedStyle(one).transitionDuration.split(', ').some((time) => parseFloat(time) > 0)
    || getComputedStyle(one).animationName !== 'none')
  .map((one) => one.className)
"""


@pytest.fixture(autouse=True)
async def as_before(atelier: Running) -> AsyncIterator[None]:
    """What a test left waiting at the provider ends with it."""
    yield
    await release(atelier)


async def release(atelier: Running) -> None:
    (await atelier.simulator.post("/simulator/release", json={})).raise_for_status()


async def queue(tab: WatchedPage, what: str) -> None:
    """Pause or resume the workspace."""
    headers = {"origin": tab.atelier.address}
    answer = await tab.page.request.post(f"{tab.atelier.address}/api/queue/{what}", headers=headers)
    assert answer.ok, await answer.text()


async def two_tabs(open_tab: OpenTab) -> tuple[WatchedPage, WatchedPage]:
    a = await open_tab()
    b = await open_tab(at=await new_project(a))
    return a, b


async def status_of(card: Locator) -> str:
    """Its status as the API tells it."""
    answer = await card.page.request.get(
        f"{card.page.url.split('/p/')[0]}/api/images/{await card.get_attribute('data-id')}"
    )
    return str((await answer.json())["status"])


async def place_of(card: Locator) -> tuple[float, float, float]:
    """Where it begins in its row, and its size; a line above all may come and go."""
    box = await card.bounding_box()
    assert box is not None
    return box["x"], box["width"], box["height"]


async def test_from_the_click_to_the_picture_each_state_has_its_words_and_nothing_jumps(
    atelier: Running, open_tab: OpenTab
) -> None:
    a, b = await two_tabs(open_tab)
    await queue(a, "pause")
    asked = asyncio.Event()

    async def hold(route: Route) -> None:
        await asked.wait()
        await route.continue_()

    await a.page.route("**/generations", hold)
    batch = await a.generate("a lake [[late-answer:2]] [[small]] [[never]] [[result-500:1]]")
    card = cards(a)
    await expect(card).to_have_attribute("data-status", "provisional")
    await expect(card).to_contain_text("Asking…")
    place = await place_of(card)
    asked.set()
    for tab in (a, b):
        waiting = tab.card(batch, "pending")
        await expect(waiting).to_contain_text("Waiting (no. 1)", timeout=SOON)
        await expect(waiting.get_by_test_id("cancel")).to_have_accessible_name("Cancel, free of charge")
    await queue(a, "resume")
    for tab in (a, b):
        await expect(tab.page.get_by_test_id("notice")).to_have_count(0, timeout=SOON)
        await tab.page.evaluate(STEADY)
    for status, words, button in (
        ("submitting", "Sending…", "Cancel; it may still be charged"),
        ("processing", "Generating…", "Cancel; it will still be charged"),
    ):
        for tab in (a, b):
            await expect(tab.card(batch, status)).to_contain_text(words, timeout=SOON)
            await expect(tab.card(batch, status).get_by_test_id("cancel")).to_have_accessible_name(button)
            await expect(tab.card(batch, status).get_by_role("progressbar", name=words)).to_have_count(1)
    assert await status_of(card) == "processing"
    await release(atelier)
    for tab in (a, b):
        await expect(tab.card(batch, "saving")).to_contain_text("Saving…", timeout=SOON)
        await expect(tab.card(batch, "saving").get_by_role("button")).to_have_count(0)
    for tab in (a, b):
        await tab.completed(batch)
        await expect(cards(tab).locator(".card-picture")).to_have_class("card-picture is-loaded is-settled")
        await expect(cards(tab).get_by_role("progressbar")).to_have_count(0)
        assert await tab.page.evaluate("window.__shift") == []
    assert await place_of(card) == place
    assert await b.phases(batch) == ["pending", "submitting", "processing", "saving", "completed"]
    assert (a.errors, b.errors) == ([], [])


@pytest.mark.parametrize(
    ("prompt", "status", "words", "button"),
    [
        ("it broke [[flag-3]]", "failed", "NanoBanana could not make this picture.", ["Try again$0.04"]),
        ("not this [[refuse]]", "failed", "NanoBanana did not accept this prompt.", ["Edit the prompt"]),
        (
            "[[small]] [[duration:0.1]] [[result-url:http://169.254.169.254/x.png]]",
            "failed",
            "an address that this server does not visit. Tell the person who runs it. It may have been paid for.",
            ["Copy for the operator"],
        ),
        ("[[no-task-id]] [[no-callback]]", "unknown", "Checking with NanoBanana…", []),
    ],
)
async def test_what_did_not_work_has_its_sentence_and_at_most_one_button(
    open_tab: OpenTab, prompt: str, status: str, words: str, button: list[str]
) -> None:
    a, b = await two_tabs(open_tab)
    batch = await a.generate(prompt)
    for tab in (a, b):
        card = tab.card(batch, status)
        await expect(card).to_contain_text(words, timeout=PAINTED)
        await expect(card.locator(".button")).to_have_text(button)
    assert await status_of(cards(b)) == status
    assert (a.errors, b.errors) == ([], [])


async def test_canceling_tells_before_and_after_what_becomes_of_the_money(atelier: Running, open_tab: OpenTab) -> None:
    a = await open_tab()
    address = await new_project(a)
    b = await open_tab(at=address, **PHONE)
    late = await a.generate(f"late {HELD}")
    for tab in (a, b):
        await expect(tab.card(late, "processing")).to_be_visible(timeout=PAINTED)
    before = len(await atelier.charges())
    await queue(a, "pause")
    free = await a.generate("early")
    await expect(b.card(free, "pending")).to_be_visible(timeout=SOON)
    # It pushes the pictures down, away from under a pointer that came before it.
    await expect(a.page.get_by_test_id("notice")).to_be_visible(timeout=SOON)
    cancel = a.card(free, "pending").get_by_test_id("cancel")
    await cancel.hover()
    await expect(cancel.get_by_text("Free")).to_be_visible()
    await cancel.click()
    # A finger has no hover: what it costs is said at its first tap, and done at its second.
    cancel = b.card(late, "processing").get_by_test_id("cancel")
    await cancel.tap()
    await expect(cancel.get_by_text("Will be charged")).to_be_visible()
    assert await status_of(b.card(late, "processing")) == "processing"
    await cancel.tap()
    for tab in (a, b):
        await expect(tab.card(free, "canceled")).to_contain_text("Canceled, free of charge.", timeout=SOON)
        await expect(tab.card(free, "canceled").locator(".button")).to_contain_text(["Try again"])
        await expect(tab.card(late, "canceled")).to_contain_text(
            "Canceled. What was already ordered may still be charged.", timeout=SOON
        )
        await expect(tab.card(late, "canceled").locator(".button")).to_have_count(0)
    assert len(await atelier.charges()) == before
    await queue(a, "resume")
    assert (a.errors, b.errors) == ([], [])


async def test_those_who_hear_the_page_are_told_once_of_what_this_tab_asked_for(open_tab: OpenTab) -> None:
    a, b = await two_tabs(open_tab)
    assert await a.page.locator("[aria-live=polite]").count() == 1
    said = a.page.get_by_test_id("announcer").locator("p")
    await a.page.get_by_test_id("options").click()
    await a.page.get_by_test_id("count-more").click()
    await a.page.keyboard.press("Escape")
    batch = await a.generate(f"a lake {QUICK}")
    await expect(said).to_have_text(["2 pictures asked for.", "2 pictures are ready."], timeout=PAINTED)
    await expect(b.card(batch, "completed")).to_have_count(2, timeout=SOON)
    await a.page.get_by_test_id("options").click()
    await a.page.get_by_test_id("count-less").click()
    await a.page.keyboard.press("Escape")
    # In the large view everything outside of it is silent.
    await a.page.get_by_test_id("view").first.click()
    await expect(a.page.get_by_test_id("lightbox")).to_be_visible()
    await a.page.keyboard.press("Escape")
    await expect(a.page.get_by_test_id("lightbox")).to_have_count(0)
    failed = await a.generate("not this [[refuse]]")
    await expect(said.last).to_have_text("NanoBanana did not accept this prompt.", timeout=PAINTED)
    await expect(b.card(failed, "failed")).to_be_visible(timeout=SOON)
    assert await status_of(b.card(failed, "failed")) == "failed"
    assert await b.page.get_by_test_id("announcer").inner_text() == "", "it asked for nothing"


async def test_a_picture_comes_in_over_its_colours_and_without_motion_where_none_is_wanted(open_tab: OpenTab) -> None:
    a = await open_tab()
    address = await new_project(a)
    batch = await a.generate("a lake at dusk [[ok]] [[duration:0.1]]")
    await a.completed(batch)
    b = await open_tab(reduced_motion="reduce")
    shown = asyncio.Event()

    async def hold(route: Route) -> None:
        await shown.wait()
        await route.continue_()

    await b.page.route("**/file/**", hold)
    await visit(b, address)
    card = b.card(batch, "completed")
    place = await place_of(card)
    # The colours of the picture, from a few bytes.
    await eventually(lambda: card.locator("canvas").evaluate(PAINTS), lambda colors: colors > 8)
    shown.set()
    await expect(card.locator(".card-picture")).to_have_class("card-picture is-loaded is-settled", timeout=SOON)
    await expect(card.locator("canvas")).to_have_count(0)
    assert await place_of(card) == place
    assert await b.page.evaluate(MOVING) == []
    assert (a.errors, b.errors) == ([], [])


# All that moved by itself since the page was opened, and by how much.
JUMPS = """
window.__jumps = []
new PerformanceObserver((list) => {
  for (const { value, sources } of list.getEntries())
    window.__jumps.push([value, ...sources.map(({ node }) => node?.className)])
}).observe({ type: 'layout-shift', buffered: true })
"""
# What the pictures on the screen were drawn from, and whether that is larger than it need be.
DRAWN_FROM = """
() => [...document.querySelectorAll('.card-picture.is-loaded')].map((one) => {
  const [thumb] = one.srcset.match(/\\d+(?=w)/g).map(Number)
  return [thumb >= one.clientWidth * devicePixelRatio, /thumb/.test(one.currentSrc)]
})
"""


MOST = 28


async def ask(tab: WatchedPage, path: str, body: dict[str, Any] | None = None) -> None:
    headers = {"origin": tab.atelier.address, "Idempotency-Key": str(uuid4())}
    answer = await tab.page.request.post(tab.atelier.address + path, data=body, headers=headers)
    assert answer.ok, await answer.text()


async def test_a_full_page_opens_without_a_jump_and_fetches_what_it_shows(open_tab: OpenTab) -> None:
    a = await open_tab()
    project = (await new_project(a)).rsplit("/", 1)[-1]
    # More than fit on the screen, in several shapes.
    for shape in ("1:1", "3:4", "16:9", "4:5"):
        wish = {"prompt": "one of many [[ok]] [[duration:0.1]]", "count": MOST // 4, "aspect_ratio": shape}
        await ask(a, f"/api/projects/{project}/generations", wish)
    await expect(cards(a, "completed")).to_have_count(MOST, timeout=3 * PAINTED)
    # What stands above the pictures while nothing goes ahead is there from the beginning.
    await ask(a, "/api/queue/pause")
    address = a.page.url
    # What is seen here is counted off in every tab, and the numbers with it.
    await a.page.close()
    for options in ({}, PHONE):
        await opens_without_a_jump(await open_tab(**options), address)
    assert a.errors == []


async def opens_without_a_jump(b: WatchedPage, address: str) -> None:
    await b.page.add_init_script(JUMPS)
    b.forget()
    await visit(b, address)
    await expect(b.page.get_by_test_id("notice")).to_be_visible()
    await expect(cards(b, "completed")).to_have_count(MOST)
    await expect(b.page.locator(".card-picture.is-settled").nth(3)).to_be_visible(timeout=SOON)
    assert await b.page.evaluate("__jumps") == []
    assert len([line for line in b.asked() if line.endswith("/images")]) == 1
    drawn_from = await b.page.evaluate(DRAWN_FROM)
    assert len(drawn_from) >= 4
    assert all(is_thumb for is_enough, is_thumb in drawn_from if is_enough), "no more bytes than are seen"
    assert any(is_enough for is_enough, _ in drawn_from)
    assert b.errors == []


async def nodes(page: Page) -> int:
    """All that the page holds, be it on the screen or not."""
    session = await page.context.new_cdp_session(page)
    for _ in range(2):
        await session.send("HeapProfiler.collectGarbage")
    counted = await session.send("Memory.getDOMCounters")
    await session.detach()
    return int(counted["nodes"])


async def test_a_card_that_goes_is_let_go_of(open_tab: OpenTab) -> None:
    other = await open_tab()
    address = await new_project(other)
    # Here, for a page in which Playwright has chosen files keeps the form of that moment, and all it leads to.
    await chosen(other, *(picture(f"{number}.jpg", 64 + number) for number in range(4)))
    tab = await open_tab(at=address)
    await expect(cards(tab, "completed")).to_have_count(4, timeout=PAINTED)
    ids = [await card.get_attribute("data-id") for card in await cards(tab).all()]

    async def come_and_go() -> int:
        for action, left in (("trash", 0), ("restore", 4)):
            await ask(tab, "/api/images/changes", {"ids": ids, "action": action})
            await expect(cards(tab)).to_have_count(left)
        await expect(tab.page.locator(".card-picture.is-settled")).to_have_count(4)
        return await nodes(tab.page)

    await come_and_go()
    before = await come_and_go()
    for _ in range(8):
        after = await come_and_go()
    # The cards of one turn, of which there were eight, are some 160 nodes.
    assert after < before + 200
