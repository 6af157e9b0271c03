"""Hands: many pictures at once, with a mouse, keys and fingers, and a way back from everything but for ever."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from playwright.async_api import Locator, expect

from tests.e2e.conftest import OpenTab
from tests.e2e.hands import PAINTED, SOON, cards, chosen, new_project, picture, visit
from tests.e2e.test_page_reach import NAMELESS, OVERFLOW, TARGETS
from tests.e2e.watched_page import WatchedPage

PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
BULK = "POST /api/images/changes"


async def with_pictures(tab: WatchedPage, count: int) -> str:
    """A new project with that many pictures; its address."""
    address = await new_project(tab)
    await chosen(tab, *(picture(f"{number}.jpg", 64 + number) for number in range(count)))
    await expect(cards(tab, "completed")).to_have_count(count, timeout=PAINTED)
    return address


async def asked(tab: WatchedPage, path: str) -> Any:
    """What the API says to the person of this tab."""
    answer = await tab.page.request.get(tab.atelier.address + path)
    return await answer.json() if answer.ok else answer.status


async def trash_of(tab: WatchedPage) -> set[str]:
    """The ids that lie in the trash, by the API."""
    return {image["id"] for image in (await asked(tab, "/api/trash"))["items"]}


async def ids_of(tab: WatchedPage) -> list[str]:
    """The cards of the page, in order."""
    ids: list[str] = await cards(tab).evaluate_all("(all) => all.map((card) => card.dataset.id)")
    return ids


def selected(tab: WatchedPage) -> Locator:
    """The cards that are selected in this tab."""
    return tab.page.locator("[data-testid=card][data-selected]")


def view(tab: WatchedPage, number: int) -> Locator:
    """The picture that is so far from the first."""
    return tab.page.get_by_test_id("view").nth(number)


async def flaws(tab: WatchedPage) -> tuple[int, list[str], list[str]]:
    """How far it scrolls sideways, what is too small for a finger, what has no words."""
    found = [await tab.page.evaluate(one) for one in (OVERFLOW, TARGETS, NAMELESS)]
    return found[0], found[1], found[2]


async def delete_project(tab: WatchedPage, project: str) -> None:
    """With the button in the list of projects."""
    row = tab.page.locator(".side-item", has=tab.page.locator(f'[data-id="{project}"]'))
    await row.hover()
    await row.get_by_test_id("delete-project").click()


async def test_many_are_selected_deleted_at_once_and_taken_back(open_tab: OpenTab) -> None:
    a = await open_tab()
    address = await with_pictures(a, 6)
    b = await open_tab(at=address)
    await expect(cards(b, "completed")).to_have_count(6, timeout=SOON)
    order = await ids_of(a)

    await cards(a).nth(0).hover()
    await a.page.get_by_test_id("check").nth(0).click()
    await view(a, 3).click(modifiers=["Shift"])
    await expect(selected(a)).to_have_count(4)
    await view(a, 1).click(modifiers=["ControlOrMeta"])
    await expect(a.page.get_by_test_id("selection-count")).to_have_text("3 selected")
    await view(a, 1).click()
    await expect(selected(a)).to_have_count(4)
    await a.page.keyboard.press("Escape")
    await expect(a.page.get_by_test_id("selection-bar")).to_have_count(0)
    await expect(selected(b)).to_have_count(0)

    await cards(b).nth(0).hover()
    await b.page.get_by_test_id("check").nth(0).click()
    await view(b, 5).click()
    await a.page.keyboard.press("ControlOrMeta+a")
    await view(a, 5).click(modifiers=["ControlOrMeta"])
    await expect(selected(a)).to_have_count(5)
    a.forget()
    await a.page.keyboard.press("Delete")
    for tab in (a, b):
        await expect(cards(tab)).to_have_count(1)
    # What was deleted here has left the selection there.
    await expect(b.page.get_by_test_id("selection-count")).to_have_text("1 selected")
    await expect(a.page.get_by_test_id("toast")).to_contain_text("5 pictures deleted")
    assert await trash_of(a) == set(order[:5])
    assert a.asked() == [BULK]

    await a.page.get_by_test_id("undo").click()
    for tab in (a, b):
        await expect(cards(tab)).to_have_count(6)
        assert await ids_of(tab) == order
    assert await trash_of(b) == set()
    assert a.asked() == [BULK, BULK]

    await a.page.context.set_offline(True)
    await a.page.keyboard.press("ControlOrMeta+a")
    await a.page.keyboard.press("Delete")
    await expect(a.page.locator("[data-testid=toast][data-tone=bad]")).to_contain_text("could not be reached")
    await expect(cards(a)).to_have_count(6)
    # What could not be done is still selected.
    await expect(selected(a)).to_have_count(6)
    await a.page.context.set_offline(False)
    assert await trash_of(b) == set()
    assert (a.errors, b.errors) == ([], [])


async def test_many_become_favourites_and_move_and_both_can_be_taken_back(open_tab: OpenTab) -> None:
    a = await open_tab()
    there = (await new_project(a)).rsplit("/", 1)[-1]
    address = await with_pictures(a, 3)
    b = await open_tab(at=address)
    await expect(cards(b, "completed")).to_have_count(3, timeout=SOON)
    first, second, third = await ids_of(a)

    await view(a, 0).click(modifiers=["ControlOrMeta"])
    await view(a, 1).click(modifiers=["Shift"])
    await a.page.get_by_test_id("selection-favorite").click()
    await expect(b.page.get_by_test_id("heart")).to_have_count(2)
    assert [(await asked(b, f"/api/images/{id}"))["favorite"] for id in (first, second, third)] == [True, True, False]
    await a.page.keyboard.press("z")
    await expect(b.page.get_by_test_id("heart")).to_have_count(0)
    await a.page.keyboard.press("f")
    await expect(b.page.get_by_test_id("heart")).to_have_count(2)
    await a.page.get_by_test_id("only-favorites").click()
    await expect(cards(a)).to_have_count(2)
    await expect(cards(b)).to_have_count(3)

    # The two are still selected.
    await a.page.keyboard.press("m")
    await a.page.locator(f'[data-testid=move-to][data-id="{there}"]').click()
    await expect(a.page.get_by_test_id("no-favorites")).to_be_visible()
    await expect(cards(b)).to_have_count(1)
    moved = await asked(b, f"/api/projects/{there}/images")
    assert {image["id"] for image in moved["items"]} == {first, second}
    await a.page.keyboard.press("z")
    await expect(cards(a)).to_have_count(2)
    await expect(cards(b)).to_have_count(3)
    assert (await asked(b, f"/api/projects/{there}/images"))["items"] == []


async def test_several_come_as_one_archive_and_one_comes_as_it_is(open_tab: OpenTab) -> None:
    a = await open_tab()
    address = await with_pictures(a, 3)
    b = await open_tab(at=address)
    await expect(cards(b, "completed")).to_have_count(3, timeout=SOON)
    ids = await ids_of(a)
    stored = [await a.page.request.get(f"{a.atelier.address}/api/images/{id}/file/original") for id in ids]
    files = [await one.body() for one in stored]

    await view(a, 0).click(modifiers=["ControlOrMeta"])
    await view(a, 1).click()
    async with a.page.expect_download() as archive:
        await a.page.get_by_test_id("selection-download").click()
    name = (await archive.value).suggested_filename
    assert name.startswith("atelier-") and name.endswith(".zip")
    with zipfile.ZipFile(await (await archive.value).path()) as opened:
        assert opened.testzip() is None
        assert [opened.read(entry) for entry in opened.namelist()] == files[:2]
    await expect(selected(a)).to_have_count(2)

    await view(b, 2).hover()
    await b.page.get_by_test_id("check").nth(2).click()
    b.forget()
    async with b.page.expect_download() as straight:
        await b.page.keyboard.press("d")
    content = io.BytesIO((await (await straight.value).path()).read_bytes())
    assert content.getvalue() == files[2]
    assert "POST /api/images/archive" not in b.asked()


async def test_the_trash_gives_back_and_deletes_for_ever_in_every_tab(open_tab: OpenTab) -> None:
    a, b = await open_tab(), await open_tab()
    address = await with_pictures(a, 3)
    order = await ids_of(a)
    await b.page.get_by_test_id("trash-link").click()
    await expect(b.page.get_by_test_id("trash-empty")).to_be_visible(timeout=SOON)
    await a.page.keyboard.press("ControlOrMeta+a")
    await a.page.get_by_test_id("selection-delete").click()
    await expect(cards(b)).to_have_count(3)
    await expect(cards(b).first).to_contain_text("gone in 30 days")
    await visit(a, f"{a.atelier.address}/trash")
    await expect(cards(a)).to_have_count(3, timeout=SOON)
    assert await ids_of(a) == await ids_of(b)

    back = cards(a).nth(0)
    kept = await back.get_attribute("data-id")
    await back.hover()
    await back.get_by_test_id("restore").click()
    for tab in (a, b):
        await expect(cards(tab)).to_have_count(2)
    assert await trash_of(a) == {id for id in order if id != kept}

    await b.page.get_by_test_id("select-all").click()
    await a.page.get_by_test_id("select-all").click()
    await a.page.get_by_test_id("selection-purge").click()
    await expect(a.page.locator("dialog.confirm")).to_contain_text("Delete 2 pictures for ever?")
    a.forget()
    await a.page.get_by_test_id("confirm-yes").click()
    for tab in (a, b):
        await expect(tab.page.get_by_test_id("trash-empty")).to_be_visible()
        await expect(tab.page.get_by_test_id("selection-bar")).to_have_count(0)
    assert a.asked() == ["POST /api/trash/purge"]
    assert [await asked(b, f"/api/images/{id}") for id in order if id != kept] == [404, 404]
    await visit(b, address)
    await expect(cards(b)).to_have_count(1, timeout=SOON)
    assert await ids_of(b) == [kept]


async def test_a_project_goes_at_once_and_comes_back_with_its_pictures(open_tab: OpenTab) -> None:
    a = await open_tab()
    address = await with_pictures(a, 2)
    project = address.rsplit("/", 1)[-1]
    await cards(a).first.hover()
    await cards(a).first.get_by_test_id("delete").click()
    await expect(a.page.get_by_test_id("undo")).to_have_count(1)
    b = await open_tab(at=address)
    await expect(cards(b)).to_have_count(1, timeout=SOON)
    await delete_project(a, project)
    await expect(b.page.get_by_test_id("project-gone")).to_be_visible()
    assert await asked(b, f"/api/projects/{project}") == 404
    assert len(await trash_of(a)) == 2

    await a.page.get_by_test_id("undo").last.click()
    for tab in (a, b):
        await expect(cards(tab)).to_have_count(1)
        assert tab.page.url == address
    # What had been deleted before stays where it was.
    assert len(await trash_of(a)) == 1

    empty = await new_project(b)
    link = a.page.locator(f'[data-testid=project-link][data-id="{empty.rsplit("/", 1)[-1]}"]')
    await expect(link).to_have_count(1)
    await delete_project(b, empty.rsplit("/", 1)[-1])
    await expect(link).to_have_count(0)
    await b.page.get_by_test_id("undo").last.click()
    await expect(link).to_have_count(1)
    await expect(b.page).to_have_url(empty)


async def test_all_keys_stand_on_one_sheet_and_do_what_it_says(open_tab: OpenTab) -> None:
    a = await open_tab()
    page = a.page
    address = await with_pictures(a, 3)
    b = await open_tab(at=address)
    await expect(cards(b, "completed")).to_have_count(3, timeout=SOON)
    await page.keyboard.press("?")
    sheet = page.get_by_test_id("keys-sheet")
    await expect(sheet.get_by_role("heading", level=3)).to_have_count(4)
    await expect(sheet.locator('[data-name="goTrash"]')).to_have_text("To the trashGthenT")
    await expect(sheet.locator("[data-testid=keys-row]:not(:has(kbd))")).to_have_count(0)
    await page.keyboard.press("Escape")
    await expect(sheet).to_have_count(0)

    await page.keyboard.press("ArrowRight")
    await expect(view(a, 0)).to_be_focused()
    await page.keyboard.press("ArrowRight")
    await expect(view(a, 1)).to_be_focused()
    await page.keyboard.press("Space")
    await page.keyboard.press("Shift+ArrowRight")
    await expect(selected(a)).to_have_count(2)
    await page.keyboard.press("x")
    await expect(selected(a)).to_have_count(1)
    await page.keyboard.press("Escape")
    await page.keyboard.press("f")
    await expect(b.page.get_by_test_id("heart")).to_have_count(1)
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("lightbox")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("lightbox")).to_have_count(0)
    await page.keyboard.press("Home")
    await page.keyboard.press("Delete")
    await expect(cards(b)).to_have_count(2)
    # The focus is on what follows.
    await expect(view(a, 0)).to_be_focused()

    await page.keyboard.press("/")
    await expect(page.get_by_test_id("prompt")).to_be_focused()
    await page.keyboard.type("x?ngt")
    await expect(page.get_by_test_id("prompt")).to_have_value("x?ngt")
    await expect(sheet).to_have_count(0)
    await page.get_by_test_id("prompt").blur()
    await page.keyboard.press("g")
    await page.keyboard.press("t")
    await expect(cards(a)).to_have_count(1)
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("r")
    await expect(cards(b)).to_have_count(3)
    assert await trash_of(b) == set()
    before = len((await asked(b, "/api/projects"))["items"])
    await page.keyboard.press("n")
    await expect(b.page.get_by_test_id("project-link")).to_have_count(before + 1)

    await page.keyboard.press("Escape")
    await page.get_by_test_id("open-keys").click()
    await page.get_by_test_id("letters").click()
    await page.keyboard.press("Escape")
    await page.keyboard.press("?")
    await page.keyboard.press("n")
    await page.keyboard.press("g")
    await page.keyboard.press("t")
    await expect(sheet).to_have_count(0)
    assert len((await asked(b, "/api/projects"))["items"]) == before + 1
    assert not page.url.endswith("/trash")


async def test_a_long_press_selects_and_then_taps_do(open_tab: OpenTab) -> None:
    wide = await open_tab()
    address = await with_pictures(wide, 4)
    phone = await open_tab(at=address, **PHONE)
    await expect(cards(phone, "completed")).to_have_count(4, timeout=SOON)
    order = await ids_of(phone)
    finger = await phone.page.context.new_cdp_session(phone.page)
    box = await cards(phone).nth(0).bounding_box()
    assert box is not None
    middle = [{"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}]
    await finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": middle})
    await expect(selected(phone)).to_have_count(1)
    await finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    await view(phone, 1).tap()
    await expect(selected(phone)).to_have_count(2)
    await expect(phone.page.get_by_test_id("lightbox")).to_have_count(0)
    assert await flaws(phone) == (0, [], [])
    await phone.page.get_by_test_id("selection-delete").tap()
    for tab in (phone, wide):
        await expect(cards(tab)).to_have_count(2)
    assert await trash_of(wide) == set(order[:2])
    await phone.page.get_by_test_id("undo").tap()
    await expect(cards(wide)).to_have_count(4)
    await visit(phone, f"{phone.atelier.address}/trash")
    await expect(phone.page.get_by_test_id("trash-empty")).to_be_visible(timeout=SOON)
    await view(wide, 0).click(modifiers=["ControlOrMeta"])
    await wide.page.keyboard.press("Delete")
    await cards(phone).tap()
    await expect(phone.page.get_by_test_id("selection-restore")).to_be_visible()
    assert await flaws(phone) == (0, [], [])
    await phone.page.get_by_test_id("selection-restore").tap()
    await expect(cards(wide)).to_have_count(4)
