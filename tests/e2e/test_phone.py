"""A phone of 360 x 740 in one hand: the whole main job with a thumb, and nothing under a notch or too small to read."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import CDPSession, Locator, Page, expect

from tests.e2e.camera import camera_jpeg
from tests.e2e.conftest import OpenTab
from tests.e2e.hands import PAINTED, QUICK, SOON, cards, chosen, new_project, picture
from tests.e2e.test_hands import asked, flaws, ids_of, selected, trash_of, view
from tests.e2e.test_looking import Fingers
from tests.e2e.test_page_reach import PHONE
from tests.e2e.watched_page import WatchedPage
from tests.running import Running
from tests.studio import eventually

HEIGHT = 740
PHASES = ["pending", "submitting", "processing", "saving", "completed"]
# A phone zooms in on what is written smaller than this, and does not come back.
ZOOMS = """
() => [...document.querySelectorAll('input:not([type=radio], [type=checkbox], [type=file]), textarea, select')]
  .filter((one) => parseFloat(getComputedStyle(one).fontSize) < 16)
  .map((one) => one.outerHTML.slice(0, 120))
"""
# Upright there is a notch above and a bar to swipe on below; on its side the notch is at the left or the right.
UPRIGHT = {"top": 47, "bottom": 34, "left": 0, "right": 0}
ON_ITS_SIDE = {"top": 0, "bottom": 21, "left": 47, "right": 47}


async def in_reach(tab: WatchedPage) -> None:
    """Fingers hit everything, everything has words, nothing scrolls sideways, and no field makes the page zoom."""
    assert await flaws(tab) == (0, [], [])
    assert await tab.page.evaluate(ZOOMS) == []


async def edges(locator: Locator) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of it on the screen."""
    box = await locator.bounding_box()
    assert box is not None
    return box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]


async def is_under_the_thumb(locator: Locator) -> None:
    _, top, _, bottom = await edges(locator)
    assert top >= HEIGHT * 2 / 3 and bottom <= HEIGHT, (top, bottom)


async def two_tabs(open_tab: OpenTab) -> tuple[WatchedPage, WatchedPage, str]:
    """A phone and a wide tab of one person on a new project; its id."""
    wide = await open_tab()
    address = await new_project(wide)
    phone = await open_tab(at=address, **PHONE)
    return phone, wide, address.rsplit("/", 1)[-1]


async def pictures_of(tab: WatchedPage, project: str) -> list[dict[str, object]]:
    """The project's pictures as the API tells them, the newest first."""
    items: list[dict[str, object]] = (await asked(tab, f"/api/projects/{project}/images"))["items"]
    return items


async def test_a_thumb_alone_does_the_whole_main_job(atelier: Running, open_tab: OpenTab) -> None:
    phone, wide, project = await two_tabs(open_tab)
    page, before = phone.page, len(await atelier.charges())
    assert await page.evaluate("matchMedia('(pointer: coarse)').matches")
    await in_reach(phone)

    await is_under_the_thumb(page.get_by_test_id("attach"))
    await page.get_by_test_id("attach").tap()
    await in_reach(phone)
    async with page.expect_file_chooser() as camera:
        await page.get_by_test_id("attach-camera").tap()
    taken = await camera.value
    assert await taken.element.get_attribute("capture") == "environment"
    await taken.set_files({"name": "IMG_0002.jpg", "mimeType": "image/jpeg", "buffer": camera_jpeg(2)})
    await expect(page.locator('[data-testid=input-chip][data-state="ready"]')).to_have_count(1, timeout=PAINTED)
    await expect(cards(wide, "completed")).to_have_count(1, timeout=PAINTED)

    await page.get_by_test_id("prompt").tap()
    await page.keyboard.type("by the thumb [[small]] [[never]] [[result-500:1]]")
    await in_reach(phone)
    await is_under_the_thumb(page.get_by_test_id("generate"))
    async with page.expect_request(re.compile(r"/generations$")) as sent:
        await page.get_by_test_id("generate").tap()
    asked_for = (await sent.value).post_data_json
    assert asked_for is not None
    batch = str(asked_for["batch"])
    for tab in (phone, wide):
        await expect(tab.card(batch, "processing")).to_contain_text("Generating…", timeout=PAINTED)
    await in_reach(phone)
    (await atelier.simulator.post("/simulator/release", json={})).raise_for_status()
    for tab in (phone, wide):
        await tab.completed(batch)
    assert [phase for phase in await phone.phases(batch) if phase != "provisional"] == PHASES

    newest, photograph = await pictures_of(wide, project)
    assert (newest["batch"], newest["inputs"], newest["status"]) == (batch, [photograph["id"]], "completed")
    assert len(await atelier.charges()) == before + 1
    assert (phone.errors, wide.errors) == ([], [])


async def swipe(session: CDPSession, x: float, by: float) -> None:
    """Sideways with a finger that rests before it is lifted: a browser takes the tap after a fling as its end."""
    gesture = {"x": x, "y": 300, "xDistance": by, "yDistance": 0, "speed": 1600, "gestureSourceType": "touch"}
    await session.send("Input.synthesizeScrollGesture", gesture)


async def test_taps_swipes_and_a_long_press_do_everything_that_a_hover_would_show(open_tab: OpenTab) -> None:
    phone, wide, project = await two_tabs(open_tab)
    page = phone.page
    await chosen(wide, picture("lowest.jpg"))
    await expect(cards(phone, "completed")).to_have_count(1, timeout=PAINTED)
    await wide.completed(await wide.generate(f"what a tap opens {QUICK}"))
    await expect(cards(phone, "completed")).to_have_count(2, timeout=PAINTED)
    made, lowest = await ids_of(phone)
    session = await page.context.new_cdp_session(page)
    finger = Fingers(session)

    await view(phone, 0).tap()
    large = page.get_by_test_id("lightbox")
    await expect(large).to_have_attribute("data-id", made)
    await expect(large.locator(".slide.is-current [data-testid=preview]")).to_have_attribute("data-ready", "true")
    await in_reach(phone)
    await swipe(session, 300, -240)
    await expect(large).to_have_attribute("data-id", lowest)
    await swipe(session, 60, 240)
    await expect(large).to_have_attribute("data-id", made)

    await is_under_the_thumb(large.get_by_test_id("favorite"))
    await large.get_by_test_id("favorite").tap()
    await expect(wide.page.get_by_test_id("heart")).to_have_count(1, timeout=SOON)
    async with page.expect_download() as straight:
        await large.get_by_test_id("download").tap()
    assert (await straight.value).suggested_filename
    await page.get_by_test_id("details-switch").tap()
    await expect(page.get_by_test_id("details")).to_contain_text("what a tap opens")
    await in_reach(phone)
    await page.get_by_test_id("details").get_by_test_id("again").tap()
    await expect(cards(wide, "completed")).to_have_count(3, timeout=PAINTED)
    await page.get_by_test_id("details").get_by_test_id("delete").tap()
    await expect(large).not_to_have_attribute("data-id", made)
    await expect(cards(wide)).to_have_count(2, timeout=SOON)
    await page.get_by_test_id("undo").tap()
    await expect(cards(wide)).to_have_count(3, timeout=SOON)
    await page.get_by_test_id("close").tap()
    await expect(large).to_have_count(0)

    left, top, right, bottom = await edges(cards(phone).nth(0))
    await finger.touch("touchStart", ((left + right) / 2, (top + bottom) / 2))
    await expect(selected(phone)).to_have_count(1)
    await finger.touch("touchEnd")
    await view(phone, 1).tap()
    await expect(selected(phone)).to_have_count(2)
    await in_reach(phone)
    await is_under_the_thumb(page.get_by_test_id("selection-bar"))
    both = (await ids_of(phone))[:2]
    await page.get_by_test_id("selection-delete").tap()
    await expect(cards(wide)).to_have_count(1, timeout=SOON)
    assert await trash_of(wide) == set(both)
    await page.get_by_test_id("undo").tap()
    await expect(cards(wide)).to_have_count(3, timeout=SOON)
    assert await trash_of(wide) == set()
    assert {image["id"]: image["favorite"] for image in await pictures_of(wide, project)}[made] is True
    assert (phone.errors, wide.errors) == ([], [])


async def test_nothing_lies_under_a_notch_and_no_field_makes_the_page_zoom(open_tab: OpenTab) -> None:
    phone, wide, project = await two_tabs(open_tab)
    page = phone.page
    zoom = await page.locator("meta[name=viewport]").get_attribute("content")
    assert zoom and "viewport-fit=cover" in zoom
    assert not re.search("user-scalable|maximum-scale", zoom), "who needs to zoom, may"
    await chosen(wide, picture("notched.jpg"))
    await expect(cards(phone, "completed")).to_have_count(1, timeout=PAINTED)
    session = await page.context.new_cdp_session(page)
    await page.set_viewport_size({"width": HEIGHT, "height": 360})
    await session.send("Emulation.setSafeAreaInsetsOverride", {"insets": ON_ITS_SIDE})
    for part in (page.locator(".composer-panel"), page.get_by_test_id("menu"), page.get_by_test_id("live-dot")):
        await clear_of(page, part, ON_ITS_SIDE)
    left, _, right, _ = await edges(cards(phone).first)
    assert left >= ON_ITS_SIDE["left"] and right <= HEIGHT - ON_ITS_SIDE["right"]
    await page.set_viewport_size({"width": 360, "height": HEIGHT})
    await session.send("Emulation.setSafeAreaInsetsOverride", {"insets": UPRIGHT})
    for part in (page.locator(".composer-panel"), cards(phone).first, page.get_by_test_id("menu")):
        await clear_of(page, part, UPRIGHT)

    await page.get_by_test_id("menu").tap()
    drawer = page.locator(".side.is-open")
    await clear_of(page, drawer.locator(".side-close"), UPRIGHT)
    await clear_of(page, drawer.get_by_test_id("lang-switch"), UPRIGHT)
    await in_reach(phone)
    await drawer.get_by_test_id("rename-project").first.tap()
    await expect(page.get_by_test_id("project-name")).to_be_focused()
    await in_reach(phone)
    await page.get_by_test_id("project-name").fill("A phone's")
    await page.keyboard.press("Enter")
    await expect(wide.page.get_by_test_id("project-link").first).to_have_text("A phone's", timeout=SOON)
    await page.get_by_test_id("open-spending").tap()
    await expect(page.get_by_test_id("cap")).to_be_visible(timeout=SOON)
    await in_reach(phone)
    await clear_of(page, page.get_by_test_id("spending-close"), UPRIGHT)
    await page.get_by_test_id("spending-close").tap()

    await view(phone, 0).tap()
    await clear_of(page, page.get_by_test_id("close"), UPRIGHT)
    await clear_of(page, page.get_by_test_id("favorite"), UPRIGHT)
    await page.get_by_test_id("lightbox").get_by_test_id("delete").tap()
    await expect(cards(wide)).to_have_count(0, timeout=SOON)
    await clear_of(page, page.get_by_test_id("toast"), UPRIGHT)
    await page.get_by_test_id("undo").tap()
    await expect(cards(wide, "completed")).to_have_count(1, timeout=SOON)
    (kept,) = await pictures_of(wide, project)
    assert kept["trashed_at"] is None
    assert (phone.errors, wide.errors) == ([], [])


# What can be read or touched in a part of the page and reaches under what the phone has at its sides.
UNDER_THE_EDGE = """
([part, { left, right }]) => {
  const isRead = (one) => [...one.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim())
  const isTouched = (one) => one.matches('button, a, input, textarea, [role=slider]')
  const isSeen = (one) =>
    one.checkVisibility({ visibilityProperty: true, opacityProperty: true }) &&
    one.getBoundingClientRect().width > 1 &&
    !one.closest('.slide:not(.is-current)')
  return [...document.querySelectorAll(`${part} *`)]
    .filter((one) => (isRead(one) || isTouched(one)) && isSeen(one))
    .map((one) => [one.className || one.tagName, one.getBoundingClientRect()])
    // A button from edge to edge has its sign in the middle.
    .filter(([, box]) => box.width < innerWidth)
    .filter(([, box]) => box.left < left || box.right > innerWidth - right)
    .map(([name, box]) => `${name} from ${Math.round(box.left)} to ${Math.round(box.right)}`)
}
"""
# Turned one way or the other; the larger one differs in its menu alone, which is on the left.
SIDEWAYS = [((740, 360), ("left", "right")), ((932, 430), ("left",))]


@pytest.mark.parametrize(("size", "notch"), SIDEWAYS, ids=["phone", "large phone"])
async def test_on_its_side_nothing_that_floats_lies_under_the_notch(
    open_tab: OpenTab, size: tuple[int, int], notch: tuple[str, ...]
) -> None:
    phone, wide, _ = await two_tabs(open_tab)
    page = phone.page
    await chosen(wide, picture("before.jpg"))
    await wide.completed(await wide.generate(f"after {QUICK}"))
    session = await page.context.new_cdp_session(page)
    await page.set_viewport_size({"width": size[0], "height": size[1]})
    for side in notch:
        insets = {**ON_ITS_SIDE, ("right" if side == "left" else "left"): 0}
        await session.send("Emulation.setSafeAreaInsetsOverride", {"insets": insets})
        await page.reload()
        await phone.live()
        await expect(cards(phone, "completed")).to_have_count(2, timeout=PAINTED)
        await none_under(page, ".studio", insets)

        for key, part in (("?", ".keys"), ("g+s", ".sheet"), ("g+q", ".queue")):
            for one in key.split("+"):
                await page.keyboard.press(one)
            await expect(page.locator(part)).to_be_visible(timeout=SOON)
            await none_under(page, part, insets)
            await page.keyboard.press("Escape")
            await expect(page.locator(part)).to_have_count(0)

        await view(phone, 0).click()
        await expect(page.get_by_test_id("compare-handle")).to_be_visible(timeout=SOON)
        for _ in range(2):
            await none_under(page, ".lightbox", insets)
            await page.get_by_test_id("details-switch").click()
        await page.keyboard.press("Escape")
        # It goes by the browser's history, which takes its time; until then the keys are its own.
        await expect(page.locator(".lightbox")).to_have_count(0, timeout=SOON)
        await page.keyboard.press("ControlOrMeta+a")
        await none_under(page, ".picks", insets)
        await page.get_by_test_id("selection-move").click()
        await none_under(page, ".picks", insets)
        await page.keyboard.press("Escape")
        await page.get_by_test_id("selection-delete").click()
        await none_under(page, ".toasts", insets)
        await page.get_by_test_id("trash-link" if size[0] > 860 else "menu").click()
        if size[0] <= 860:
            await none_under(page, ".side", insets)
            await page.get_by_test_id("trash-link").click()
        await page.get_by_test_id("select-all").click()
        await none_under(page, ".picks", insets)
        await page.get_by_test_id("selection-purge").click()
        await none_under(page, ".confirm", insets)
        await page.keyboard.press("Escape")
        await page.get_by_test_id("selection-restore").click()
        await expect(cards(wide, "completed")).to_have_count(2, timeout=SOON)
        await page.go_back()
    assert (phone.errors, wide.errors) == ([], [])


async def none_under(page: Page, part: str, insets: dict[str, int]) -> None:
    """It is there, and all that is read or touched in it is clear of the phone's edges, once what moves has arrived."""
    await expect(page.locator(part)).to_be_visible(timeout=SOON)
    await page.evaluate("Promise.allSettled(document.getAnimations().map((one) => one.finished)).then(() => true)")
    assert await page.evaluate(UNDER_THE_EDGE, [part, insets]) == [], part


# What can be touched on the page and is not reached, for a message lies over it: where its middle is, or a corner.
UNDER_A_MESSAGE = """
() => [...document.querySelectorAll('button, a, input, textarea')]
  .filter((one) => !one.closest('.toasts') && one.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
  .filter((one) => {
    const { left, right, top, bottom, width } = one.getBoundingClientRect()
    if (width < 2) return false
    const places = [[(left + right) / 2, (top + bottom) / 2], [left + 3, top + 3], [right - 3, bottom - 3]]
    return places.some(([x, y]) => document.elementFromPoint(x, y)?.closest('.toast'))
  })
  .map((one) => one.outerHTML.slice(0, 120))
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_message_on_a_phone_covers_no_control(open_tab: OpenTab, scheme: str) -> None:
    wide = await open_tab()
    look = {**PHONE, "viewport": {"width": 390, "height": 844}, "color_scheme": scheme}
    phone = await open_tab(at=await new_project(wide), **look)
    page = phone.page
    await chosen(phone, *(picture(f"{number}.jpg", 64 + number) for number in range(6)))
    await expect(cards(phone, "completed")).to_have_count(6, timeout=PAINTED)
    await phone.generate(f"a message {QUICK}")
    await expect(page.get_by_test_id("toast")).to_contain_text("Your picture is ready.", timeout=PAINTED)
    await page.evaluate("Promise.allSettled(document.getAnimations().map((one) => one.finished)).then(() => true)")
    assert await page.evaluate(UNDER_A_MESSAGE) == []
    _, top, _, _ = await edges(page.get_by_test_id("toast"))
    _, _, _, bar = await edges(page.get_by_test_id("bell"))
    assert top >= bar
    # The bell can be touched as long as the message is there.
    await page.get_by_test_id("bell").tap()
    await expect(page.get_by_test_id("notice-row")).to_contain_text("Your picture is ready.", timeout=SOON)
    await page.get_by_test_id("notices-close").tap()
    assert phone.errors == []


@pytest.mark.parametrize("locale", ["en-US", "fr-FR"])
async def test_a_second_message_waits_its_turn_and_lies_over_no_picture(open_tab: OpenTab, locale: str) -> None:
    wide = await open_tab()
    phone = await open_tab(at=await new_project(wide), **PHONE, locale=locale)
    page = phone.page
    await chosen(wide, *(picture(f"{number}.jpg", 64 + number) for number in range(3)))
    await expect(cards(phone, "completed")).to_have_count(3, timeout=PAINTED)
    toasts = page.locator("[data-testid=toast]")
    shown = page.locator("[data-testid=toast]:visible")
    await view(phone, 0).focus()
    await page.keyboard.press("Delete")
    await expect(toasts).to_have_count(1)
    await view(phone, 0).focus()
    await page.keyboard.press("f")
    await expect(toasts).to_have_count(2)
    await expect(shown).to_have_count(1)
    _, first_row, _, _ = await edges(cards(phone).first)
    _, _, _, end = await edges(shown)
    assert end <= first_row, "it lies over no picture"
    assert await page.evaluate(UNDER_A_MESSAGE) == []
    # The one below is still there, with its way back, and its time begins only now.
    await shown.get_by_role("button").last.tap()
    await expect(shown).to_have_count(1)
    _, _, _, end = await edges(shown)
    assert end <= first_row
    await shown.get_by_test_id("undo").tap()
    await expect(cards(wide)).to_have_count(3, timeout=SOON)
    assert await trash_of(wide) == set()
    # A wide window has room for both beside each other's bar.
    await page.set_viewport_size({"width": 1280, "height": 900})
    await view(phone, 0).focus()
    await page.keyboard.press("f")
    await view(phone, 1).focus()
    await page.keyboard.press("f")
    await expect(shown).to_have_count(2)
    assert (phone.errors, wide.errors) == ([], [])


async def clear_of(page: Page, part: Locator, insets: dict[str, int]) -> None:
    """It lies where nothing of the phone lies, once what moves has arrived."""
    width, height = await page.evaluate("[innerWidth, innerHeight]")

    def is_clear(sides: tuple[float, float, float, float]) -> bool:
        left, top, right, bottom = sides
        return (
            left >= insets["left"]
            and top >= insets["top"]
            and right <= width - insets["right"]
            and bottom <= height - insets["bottom"]
        )

    try:
        await eventually(lambda: edges(part), is_clear, SOON / 1000)
    except TimeoutError:
        raise AssertionError(f"{part} lies under the notch: {await edges(part)}") from None
