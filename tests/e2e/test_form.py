"""The form: what was sent before, inputs in an order, the same once more, and a phone's thumb and keyboard."""

from __future__ import annotations

import re
from typing import Any

from playwright.async_api import Locator, expect

from tests.e2e.conftest import OpenTab
from tests.e2e.hands import PAINTED, QUICK, SOON, cards, chosen, new_project, picture
from tests.e2e.test_page_reach import NAMELESS, OVERFLOW, PHONE, TARGETS
from tests.e2e.watched_page import WatchedPage
from tests.running import Running

# As a browser that lays its keyboard over the page tells of it.
OVERLAID = """
(covered) => {
  Object.defineProperty(visualViewport, 'height', { configurable: true, value: innerHeight - covered })
  visualViewport.dispatchEvent(new Event('resize'))
}
"""
SIDES = (64, 72, 80)


async def listed(tab: WatchedPage) -> list[dict[str, Any]]:
    """The project's pictures as the API tells them, the newest first."""
    project = tab.page.url.split("/p/")[1].split("/")[0]
    answer = await tab.page.request.get(f"{tab.atelier.address}/api/projects/{project}/images")
    items: list[dict[str, Any]] = (await answer.json())["items"]
    return items


def chips(tab: WatchedPage) -> Locator:
    return tab.page.get_by_test_id("input-chip")


async def order(tab: WatchedPage) -> list[str]:
    """The inputs as they stand in the form."""
    ids: list[str] = await chips(tab).evaluate_all("all => all.map((one) => one.dataset.id)")
    return ids


async def three_inputs(tab: WatchedPage) -> list[str]:
    await chosen(tab, *(picture(f"{side}.jpg", side) for side in SIDES))
    await expect(tab.page.locator('[data-testid=input-chip][data-state="ready"]')).to_have_count(3, timeout=SOON)
    return await order(tab)


async def middle(locator: Locator) -> tuple[float, float]:
    box = await locator.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


async def test_the_arrow_keys_lead_through_the_last_prompts_and_back_to_the_draft(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await new_project(tab)
    other = await tab.page.context.new_page()
    await other.goto(tab.page.url)
    first, second = f"the first {QUICK}", f"the second {QUICK}"
    for text in (first, second):
        await tab.generate(text)
    prompt, press = tab.page.get_by_test_id("prompt"), tab.page.keyboard.press
    await prompt.fill("half a thought")
    await press("ArrowUp")
    await expect(prompt).to_have_value("half a thought")
    await press("Home")
    for key, shown in (
        *(("ArrowUp", second), ("ArrowUp", first), ("ArrowUp", first)),
        *(("ArrowDown", second), ("ArrowDown", "half a thought"), ("ArrowDown", "half a thought"), ("ArrowUp", second)),
    ):
        await press(key)
        await expect(prompt).to_have_value(shown)
    await prompt.press_sequentially(", changed")
    await tab.page.reload()
    await tab.live()
    await expect(prompt).to_have_value(f"{second}, changed")
    await prompt.focus()
    await press("Control+End")
    await press("ArrowDown")
    await expect(prompt).to_have_value("half a thought")
    # The other tab has a draft of its own, and the same memory.
    await other.get_by_test_id("prompt").press("ArrowUp")
    await expect(other.get_by_test_id("prompt")).to_have_value(second)
    await other.get_by_test_id("prompt").press("Control+Enter")
    await expect(cards(tab, "completed")).to_have_count(3, timeout=PAINTED)
    assert [image["prompt"] for image in await listed(tab)] == [second, second, first]
    await expect(prompt).to_have_value("half a thought")
    assert tab.errors == []


async def test_inputs_reach_the_server_in_the_order_they_were_dragged_to(open_tab: OpenTab) -> None:
    a = await open_tab()
    b = await open_tab(at=await new_project(a))
    one, two, three = await three_inputs(a)
    assert await chips(a).locator(".chip-no").all_inner_texts() == ["1", "2", "3"]
    mouse, faces = a.page.mouse, a.page.get_by_test_id("input-face")
    await mouse.move(*await middle(faces.nth(0)))
    await mouse.down()
    await mouse.move(*await middle(faces.nth(2)), steps=4)
    await a.page.keyboard.press("Escape")
    await mouse.up()
    assert await order(a) == [one, two, three], "Escape leaves all as it was"
    await mouse.move(*await middle(faces.nth(0)))
    await mouse.down()
    await mouse.move(*await middle(faces.nth(2)), steps=4)
    await mouse.up()
    await expect(chips(a).nth(2)).to_have_attribute("data-id", one)
    assert await order(a) == [two, three, one]
    await faces.nth(2).focus()
    await a.page.keyboard.press("ArrowLeft")
    await expect(chips(a).nth(1)).to_have_attribute("data-id", one)
    await expect(faces.nth(1)).to_be_focused()
    await a.page.keyboard.press("Home")
    assert await order(a) == [one, two, three]
    await a.page.keyboard.press("End")
    # Who can neither drag nor type takes the buttons that a click shows.
    await faces.nth(1).click()
    await a.page.get_by_test_id("input-back").click()
    assert await order(a) == [three, two, one]
    batch = await a.generate(f"together {QUICK}")
    await b.completed(batch)
    assert (await listed(b))[0]["inputs"] == [three, two, one]
    await faces.nth(0).press("Delete")
    await expect(faces).to_have_count(2)
    assert await order(a) == [two, one]
    assert (a.errors, b.errors) == ([], [])


async def test_again_asks_for_one_more_of_the_same(atelier: Running, open_tab: OpenTab) -> None:
    a = await open_tab()
    b = await open_tab(at=await new_project(a))
    (one, *_) = await three_inputs(a)
    for _ in range(2):
        await a.page.get_by_test_id("input-face").last.press("Delete")
    await a.completed(await a.generate(f"the same {QUICK}"))
    await a.page.get_by_test_id("prompt").fill("something else")
    before = len(await atelier.charges())
    made = cards(a, "completed").first
    await made.hover()
    await expect(made.get_by_test_id("again")).to_contain_text("$0.04")
    a.forget()
    await made.get_by_test_id("again").click()
    for tab in (a, b):
        await expect(cards(tab, "completed")).to_have_count(5, timeout=PAINTED)
    assert [line for line in a.asked() if line.endswith("/generations")] == [
        f"POST /api/projects/{a.page.url.split('/p/')[1]}/generations"
    ]
    newer, older = (await listed(b))[:2]
    same = ("prompt", "inputs", "model", "resolution", "aspect_ratio", "width", "height")
    assert [newer[name] for name in same] == [older[name] for name in same]
    assert (newer["inputs"], newer["batch"] != older["batch"]) == ([one], True)
    assert len(await atelier.charges()) == before + 1
    await expect(a.page.get_by_test_id("prompt")).to_have_value("something else")


async def test_on_a_phone_the_form_is_docked_above_the_keyboard(open_tab: OpenTab) -> None:
    wide = await open_tab()
    address = await new_project(wide)
    tab = await open_tab(at=address, **PHONE)
    page = tab.page
    form, prompt = page.locator(".composer-panel"), page.get_by_test_id("prompt")
    one, two, three = await three_inputs(tab)
    await prompt.tap()
    assert await prompt.evaluate("one => getComputedStyle(one).fontSize") == "16px", "or a phone zooms in"
    # A browser that makes the page smaller, and one that lays its keyboard over it.
    await page.set_viewport_size({"width": 360, "height": 420})
    await expect(page.get_by_test_id("generate")).to_be_in_viewport(ratio=1)
    await page.set_viewport_size({"width": 360, "height": 740})
    await page.evaluate(OVERLAID, 320)
    await expect(page.locator("html")).to_have_attribute("style", re.compile("--keyboard: 320px"))
    box = await form.bounding_box()
    assert box is not None and 420 - 12 <= box["y"] + box["height"] <= 420
    await page.evaluate(OVERLAID, 0)
    await lifted(tab, await middle(chips(tab).nth(0)), await middle(chips(tab).nth(1)))
    await expect(chips(tab).nth(1)).to_have_attribute("data-id", one)
    assert await order(tab) == [two, one, three]
    await page.get_by_test_id("attach").tap()
    async with page.expect_file_chooser() as asked:
        await page.get_by_test_id("attach-camera").tap()
    assert await (await asked.value).element.get_attribute("capture") == "environment"
    await page.get_by_test_id("attach").tap()
    await expect(page.get_by_test_id("attach-files")).to_be_visible()
    assert await page.get_by_test_id("file-input").get_attribute("capture") is None
    await page.keyboard.press("Escape")
    await page.get_by_test_id("input-face").first.tap()
    assert [await page.evaluate(look) for look in (TARGETS, NAMELESS, OVERFLOW)] == [[], [], 0]
    batch = await tab.generate(f"by thumb {QUICK}")
    await wide.completed(batch)
    assert (await listed(wide))[0]["inputs"] == [two, one, three]
    await expect(tab.card(batch, "completed").get_by_test_id("again")).to_be_visible()
    assert (tab.errors, wide.errors) == ([], [])


async def lifted(tab: WatchedPage, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Rest a finger until what is under it is lifted, drag, let go."""
    session = await tab.page.context.new_cdp_session(tab.page)

    async def touch(kind: str, *points: tuple[float, float]) -> None:
        await session.send(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]}
        )

    await touch("touchStart", start)
    await expect(tab.page.locator(".chip.is-lifted")).to_have_count(1)
    for share in (0.3, 0.7, 1.0):
        await touch("touchMove", (start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])))
    await touch("touchEnd")
