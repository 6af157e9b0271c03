"""Looking at pictures: zoom and keys, before and after, what goes away meanwhile, and fingers on a phone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playwright.async_api import CDPSession, Locator, Page, expect

from tests.e2e.conftest import OpenTab
from tests.e2e.hands import PAINTED, SOON, cards, chosen, edited, new_project, picture, visit
from tests.e2e.watched_page import WatchedPage
from tests.studio import eventually

PHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 740},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}
# The picture's point under a point of the screen, in shares of the picture.
UNDER = """([x, y]) => {
  const box = document.querySelector('.slide.is-current .pane.is-main .figure').getBoundingClientRect()
  return [(x - box.left) / box.width, (y - box.top) / box.height]
}"""
# The frames of a step in which the picture that is looked at was not drawn: neither it nor, before it, its thumb.
BLANKS = """async (steps) => {
  let blanks = 0
  const look = () => {
    const figure = document.querySelector('.slide.is-current .pane.is-main .figure')
    if (![...(figure?.querySelectorAll('img') ?? [])].some((img) => img.complete && img.naturalWidth)) blanks += 1
  }
  for (const key of steps) {
    document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))
    for (let frame = 0; frame < 4; frame += 1) {
      await new Promise(requestAnimationFrame)
      look()
    }
  }
  return blanks
}"""

ARRIVED = "slide => Promise.all(slide.getAnimations({ subtree: true }).map((way) => way.finished)).then(() => true)"
CUT_OFF = "before => parseFloat(getComputedStyle(before).clipPath.split(' ')[1])"


def large(tab: WatchedPage) -> Locator:
    return tab.page.get_by_test_id("lightbox")


def figure(page: Page) -> Locator:
    """The picture that is looked at."""
    return page.locator(".slide.is-current .pane.is-main").get_by_test_id("figure")


async def box(locator: Locator) -> dict[str, float]:
    found = await locator.bounding_box()
    assert found is not None
    return {side: float(found[side]) for side in ("x", "y", "width", "height")}


async def lies(page: Page, x: float, y: float) -> None:
    """The picture that is looked at has its corner there, once what was done is drawn."""
    await eventually(lambda: box(figure(page)), lambda now: abs(now["x"] - x) < 3 and abs(now["y"] - y) < 3)


async def shown(tab: WatchedPage) -> str:
    """Which picture is open."""
    return str(await large(tab).get_attribute("data-id"))


async def told(tab: WatchedPage, id: str) -> dict[str, Any]:
    """What the API says of a picture."""
    image: dict[str, Any] = await tab.page.evaluate("id => fetch(`/api/images/${id}`).then((a) => a.json())", id)
    return image


async def scale(page: Page) -> float:
    return float(str(await figure(page).get_attribute("data-scale")))


async def three_pictures(tab: WatchedPage) -> str:
    """A project with three uploads; the newest is large."""
    address = await new_project(tab)
    await chosen(tab, picture("old.jpg"), picture("middle.jpg", 80))
    await expect(cards(tab, "completed")).to_have_count(2, timeout=SOON)
    await chosen(tab, picture("new.jpg", 1900))
    await expect(cards(tab, "completed")).to_have_count(3, timeout=PAINTED)
    return address


async def test_one_zooms_and_pans_and_does_everything_by_keys(open_tab: OpenTab) -> None:
    a = await open_tab()
    address = await three_pictures(a)
    b = await open_tab(at=address)
    await a.page.get_by_test_id("view").first.click()
    page, first = a.page, await shown(a)
    preview = figure(page).get_by_test_id("preview")
    await expect(preview).to_have_attribute("data-ready", "true")
    await expect(page.get_by_test_id("zoom-level")).to_be_visible()

    # What is under the pointer stays there, and only now is the original worth its bytes.
    assert not [r for r in a.requests if "/file/original" in r.url]
    stage = await box(page.get_by_test_id("stage"))
    middle = (stage["x"] + stage["width"] / 2, stage["y"] + stage["height"] / 2)
    spot = [middle[0] + 90, middle[1] - 60]
    await page.mouse.move(spot[0], spot[1])
    for _ in range(2):
        await page.mouse.wheel(0, -120)
    # Until the picture fills its place it stays in the middle of it.
    await expect(figure(page)).to_have_attribute("data-scale", "1.62")
    before = await page.evaluate(UNDER, spot)
    for _ in range(6):
        await page.mouse.wheel(0, -120)
    await expect(figure(page).get_by_test_id("original")).to_have_attribute("data-ready", "true", timeout=SOON)
    after = await page.evaluate(UNDER, spot)
    assert max(abs(x - y) for x, y in zip(before, after, strict=True)) < 0.005
    assert len([r for r in a.requests if "/file/original" in r.url]) == 1
    # A hand takes it along, and cannot push it out.
    was = await box(figure(page))
    await page.mouse.down()
    await page.mouse.move(spot[0] - 40, spot[1] + 25)
    await lies(page, was["x"] - 40, was["y"] + 25)
    await page.mouse.move(spot[0] + 5000, spot[1] + 5000)
    await page.mouse.up()
    await lies(page, stage["x"], stage["y"])
    # Keys: all of it, nearer, farther; a double-click is pixel on pixel and back.
    await page.keyboard.press("0")
    await expect(figure(page)).to_have_attribute("data-scale", "1.00")
    await page.keyboard.press("+")
    await expect(figure(page)).to_have_attribute("data-scale", "1.50")
    await page.keyboard.press("-")
    await expect(figure(page)).to_have_attribute("data-scale", "1.00")
    await page.mouse.dblclick(*middle)
    await expect(page.get_by_test_id("zoom-level")).to_have_text("100%")
    await page.mouse.dblclick(*middle)
    await expect(figure(page)).to_have_attribute("data-scale", "1.00")

    # Stepping shows no blank; it leads to the ends, and a zoomed picture begins anew.
    for key in ("End", "Home", "ArrowRight", "ArrowLeft"):
        await page.keyboard.press(key)
    assert await shown(a) == first
    assert await page.evaluate(BLANKS, ["ArrowRight", "ArrowRight", "ArrowLeft", "ArrowLeft"]) == 0
    # The panel, the favourite and the file.
    await expect(page.get_by_test_id("details")).to_be_visible()
    await page.keyboard.press("i")
    await expect(page.get_by_test_id("details")).to_have_count(0)
    await page.keyboard.press("f")
    await expect(large(a).get_by_test_id("favorite")).to_have_attribute("aria-pressed", "true", timeout=SOON)
    async with page.expect_download() as download:
        await page.keyboard.press("d")
    assert (await (await download.value).path()).stat().st_size > 10_000
    await page.reload()
    await a.live()
    await expect(large(a).get_by_test_id("favorite")).to_have_attribute("aria-pressed", "true", timeout=SOON)
    await expect(page.get_by_test_id("details")).to_have_count(0)
    assert (await told(b, first))["favorite"] is True

    # To the trash, and on to the next one, silently but for the undo.
    await page.keyboard.press("Delete")
    await expect(large(a)).not_to_have_attribute("data-id", first)
    await expect(page.get_by_test_id("undo")).to_be_visible()
    await expect(cards(b)).to_have_count(2, timeout=SOON)
    assert (await told(b, first))["trashed_at"]
    assert len(await a.toasts()) == 1
    second = await shown(a)
    await page.keyboard.press("Escape")
    await expect(large(a)).to_have_count(0)
    await expect(page.locator(f'[data-id="{second}"] a').first).to_be_focused()
    assert (a.errors, b.errors) == ([], [])


async def test_an_edit_is_held_against_what_it_was_made_from(open_tab: OpenTab) -> None:
    a = await open_tab()
    address = await new_project(a)
    await edited(a)
    b = await open_tab(at=address)
    await a.page.get_by_test_id("view").first.click()
    page = a.page
    handle = page.get_by_test_id("compare-handle")
    await expect(handle).to_have_attribute("aria-valuetext", "50% before")
    # The picture under the line is the one that the server names as its input.
    image = await told(b, await shown(a))
    source = await figure(page).get_by_test_id("before").locator("img").get_attribute("src")
    assert image["inputs"][0] in str(source)
    # By keys, and by a pointer that takes the line where it is.
    await handle.focus()
    for key in ("ArrowRight", "Shift+ArrowRight", "PageUp"):
        await page.keyboard.press(key)
    await expect(handle).to_have_attribute("aria-valuenow", "71")
    grip, whole = await box(handle), await box(figure(page))
    assert grip["width"] == 44
    await page.mouse.move(grip["x"] + 22, grip["y"] + 30)
    await page.mouse.down()
    await page.mouse.move(whole["x"] + whole["width"] / 4, grip["y"] + 60)
    await page.mouse.up()
    await expect(handle).to_have_attribute("aria-valuenow", "25")
    # Zoomed, the line divides what is seen, and the pictures part exactly below it.
    await page.keyboard.press("+")
    await page.keyboard.press("+")
    await expect(figure(page)).to_have_attribute("data-scale", "2.25")
    await page.locator(".slide.is-current").evaluate(ARRIVED)
    line, near = await box(handle), await box(figure(page))
    clip = float(await figure(page).get_by_test_id("before").evaluate(CUT_OFF))
    assert abs(near["x"] + near["width"] * (1 - clip / 100) - (line["x"] + 22)) < 2
    # Side by side, both are moved as one.
    await page.get_by_test_id("side-by-side").click()
    figures = page.locator(".slide.is-current").get_by_test_id("figure")
    await expect(figures).to_have_count(2)
    transforms = await figures.evaluate_all("all => all.map((f) => f.style.transform)")
    assert transforms[0] == transforms[1] != "none"
    await page.keyboard.press("0")
    # It is how this browser compares, now and in its other tabs.
    other = await page.context.new_page()
    await other.goto(page.url)
    await expect(other.locator(".slide.is-current").get_by_test_id("figure")).to_have_count(2, timeout=SOON)
    await page.get_by_test_id("compare").click()
    await expect(other.locator(".slide.is-current").get_by_test_id("compare-handle")).to_be_visible()
    await other.close()
    # The panel: what the provider said, and the same once more.
    await page.get_by_test_id("metadata").locator("summary").click()
    await expect(page.get_by_test_id("metadata")).to_contain_text(image["metadata"]["nanobanana_task_id"])
    await page.get_by_test_id("details").get_by_test_id("again").click()
    await expect(cards(b)).to_have_count(3, timeout=SOON)
    batch = await cards(b).first.get_attribute("data-id")
    repeated = await told(b, str(batch))
    for what in ("prompt", "inputs", "model", "aspect_ratio", "resolution"):
        assert repeated[what] == image[what]
    # Its input is one click away.
    await page.get_by_test_id("input-link").click()
    await expect(large(a)).to_have_attribute("data-id", image["inputs"][0])
    assert a.errors == []


async def test_what_is_deleted_elsewhere_moves_on_and_says_why(open_tab: OpenTab) -> None:
    a = await open_tab()
    address = await new_project(a)
    await chosen(a, picture("one.jpg"), picture("two.jpg", 70), picture("three.jpg", 80))
    await expect(cards(a, "completed")).to_have_count(3, timeout=SOON)
    b = await open_tab(at=address)
    ids = [str(await cards(a).nth(place).get_attribute("data-id")) for place in range(3)]
    await a.page.get_by_test_id("view").nth(1).click()
    await expect(large(a)).to_have_attribute("data-id", ids[1])
    # The other tab deletes it: here the next one comes, with a word and a way back.
    await cards(b).nth(1).hover()
    await cards(b).nth(1).get_by_test_id("delete").click()
    await expect(large(a)).to_have_attribute("data-id", ids[2])
    toast = large(a).get_by_test_id("toast")
    await expect(toast).to_contain_text("This picture was deleted elsewhere.")
    assert await b.toasts() != [] and not any("elsewhere" in text for text in await b.toasts())
    await toast.get_by_test_id("restore").click()
    await expect(large(a)).to_have_attribute("data-id", ids[1])
    await expect(cards(b, "completed")).to_have_count(3, timeout=SOON)
    assert (await told(b, ids[1]))["trashed_at"] is None
    # The last of the row is followed by the one before; when none is left, it closes.
    for gone, left in ((ids[1], ids[2]), (ids[2], ids[0]), (ids[0], None)):
        await b.page.evaluate("id => fetch(`/api/images/${id}`, {method: 'DELETE'})", gone)
        if left:
            await expect(large(a)).to_have_attribute("data-id", left)
    await expect(large(a)).to_have_count(0)
    await expect(a.page.get_by_test_id("toast").last).to_contain_text("deleted elsewhere")
    # What is somebody else's, or nobody's, is told too.
    await a.page.goto(f"{address}/i/{ids[0][:-4]}0000")
    await expect(a.page.get_by_test_id("toast")).to_contain_text("no longer yours", timeout=SOON)
    await expect(large(a)).to_have_count(0)
    assert (a.errors, b.errors) == ([], [])


@dataclass
class Fingers:
    """What a hand does on glass."""

    session: CDPSession

    async def touch(self, kind: str, *points: tuple[float, float]) -> None:
        touches = [{"x": x, "y": y, "id": finger} for finger, (x, y) in enumerate(points)]
        await self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    async def drag(self, start: tuple[float, float], end: tuple[float, float], lift: bool = True) -> None:
        await self.touch("touchStart", start)
        for step in range(1, 7):
            await self.touch("touchMove", tuple(a + (b - a) * step / 6 for a, b in zip(start, end, strict=True)))  # type: ignore[arg-type]
        if lift:
            await self.touch("touchEnd")

    async def pinch(self, middle: tuple[float, float], near: float, far: float) -> None:
        x, y = middle
        await self.touch("touchStart", (x - near, y), (x + near, y))
        for step in range(1, 7):
            apart = near + (far - near) * step / 6
            await self.touch("touchMove", (x - apart, y), (x + apart, y))
        await self.touch("touchEnd")


async def test_on_a_phone_fingers_pinch_swipe_and_pull(open_tab: OpenTab) -> None:
    a, b = await open_tab(**PHONE), await open_tab()
    page = a.page
    address = await new_project(b)
    # The large one last, so that it is the first of the row: a small one cannot be pinched that far.
    await chosen(b, picture("one.jpg"))
    await expect(cards(b, "completed")).to_have_count(1, timeout=SOON)
    await chosen(b, picture("two.jpg", 1700))
    await expect(cards(b, "completed")).to_have_count(2, timeout=SOON)
    await visit(a, address)
    fingers = Fingers(await page.context.new_cdp_session(page))
    await page.get_by_test_id("view").first.tap()
    first = await shown(a)
    await expect(figure(page).get_by_test_id("preview")).to_have_attribute("data-ready", "true")
    # What one does most is under the thumb.
    await large(a).get_by_test_id("favorite").tap()
    await expect(large(a).get_by_test_id("favorite")).to_have_attribute("aria-pressed", "true", timeout=SOON)
    assert (await told(b, first))["favorite"] is True
    # The picture follows the finger and goes back where it was not pushed far.
    await fingers.drag((200, 300), (150, 300), lift=False)
    await eventually(lambda: box(figure(page)), lambda now: now["x"] < -30)
    await fingers.touch("touchMove", (190, 300))
    await fingers.touch("touchEnd")
    await expect(page.locator(".slide.is-current")).not_to_have_class("is-settling")
    assert await shown(a) == first
    await fingers.drag((300, 300), (60, 310))
    await expect(large(a)).not_to_have_attribute("data-id", first)
    # Nothing follows the last one.
    second = await shown(a)
    await fingers.drag((300, 300), (60, 310))
    await fingers.drag((60, 300), (300, 310))
    await expect(large(a)).to_have_attribute("data-id", first)
    assert second != first
    # Two fingers zoom between them; one then moves the picture, and does not leave it.
    spot = [180, 340]
    before = await page.evaluate(UNDER, spot)
    await fingers.pinch((180, 340), 40, 130)
    await eventually(lambda: scale(page), lambda now: abs(now - 130 / 40) < 0.2)
    after = await page.evaluate(UNDER, spot)
    assert max(abs(x - y) for x, y in zip(before, after, strict=True)) < 0.02
    was = await box(figure(page))
    await fingers.drag((300, 300), (120, 300))
    assert await shown(a) == first
    await lies(page, was["x"] - 180, was["y"])
    for _ in range(2):
        await fingers.touch("touchStart", (180, 340))
        await fingers.touch("touchEnd")
    await expect(figure(page)).to_have_attribute("data-scale", "1.00")
    # Up: the details; down: away with them, and then with the picture.
    await fingers.drag((180, 400), (180, 200))
    await expect(page.get_by_test_id("details")).to_be_visible()
    await fingers.drag((180, 100), (180, 300))
    await expect(page.get_by_test_id("details")).to_have_count(0)
    await fingers.drag((180, 200), (180, 420))
    await expect(large(a)).to_have_count(0)
    assert page.url == address
    assert (a.errors, b.errors) == ([], [])
