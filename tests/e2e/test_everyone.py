"""What axe cannot see: the keyboard alone, a focus one can see, few words to hear, high contrast, two languages."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.e2e.conftest import OpenTab
from tests.e2e.hands import PAINTED, QUICK, SOON, cards, chosen, new_project, picture, visit
from tests.e2e.senses import AT_REST, CONTRAST, LISTEN, MOVES, STOP, WORDS
from tests.e2e.test_hands import asked, ids_of, selected, trash_of, view
from tests.e2e.watched_page import WatchedPage
from tests.running import Running
from tests.studio import eventually

HELD = "[[small]] [[never]]"
CALM: dict[str, Any] = {"reduced_motion": "reduce"}


async def with_pictures(tab: WatchedPage, count: int) -> str:
    """A new project with that many pictures; its address."""
    address = await new_project(tab)
    await chosen(tab, *(picture(f"{number}.jpg", 64 + number) for number in range(count)))
    await expect(cards(tab, "completed")).to_have_count(count, timeout=PAINTED)
    for _ in range(count):
        await tab.page.get_by_test_id("input-face").last.press("Delete")
    return address


async def tab_to(tab: WatchedPage, testid: str, key: str = "Tab") -> Locator:
    """Press Tab until it has the focus."""
    for _ in range(60):
        if await tab.page.evaluate("document.activeElement.dataset.testid") == testid:
            return tab.page.locator(":focus")
        await tab.page.keyboard.press(key)
    raise AssertionError(f"Tab does not lead to {testid}")


async def walk(page: Page, most: int = 90) -> list[dict[str, Any]]:
    """Every stop of the Tab key from here on until it leaves the page or comes round."""
    await page.evaluate(AT_REST)
    stops: list[dict[str, Any]] = []
    for _ in range(most):
        await page.keyboard.press("Tab")
        stop = await page.evaluate(STOP)
        if stop is None or (stops and stop["one"] == stops[0]["one"]):
            return stops
        stops.append(stop)
    raise AssertionError("the Tab key never came to an end")


def wrong(stops: list[dict[str, Any]]) -> list[tuple[str, list[str]]]:
    return [(stop["name"], stop["wrong"]) for stop in stops if stop["wrong"]]


async def release(atelier: Running) -> None:
    (await atelier.simulator.post("/simulator/release", json={})).raise_for_status()


async def test_the_keyboard_alone_does_the_main_job(atelier: Running, open_tab: OpenTab) -> None:
    a, b = await open_tab(), await open_tab()
    page, press = a.page, a.page.keyboard.press
    await expect(page.get_by_role("main")).to_have_count(1)
    await expect(page.get_by_role("heading", level=1)).to_have_count(1)
    await expect(page.get_by_role("navigation", name="Projects")).to_have_count(1)
    await tab_to(a, "new-project")
    await press("Enter")
    await expect(page.get_by_test_id("project-name")).to_be_focused(timeout=SOON)
    await page.keyboard.type("By keys")
    await press("Enter")
    await expect(b.page.get_by_test_id("project-link").filter(has_text="By keys")).to_be_visible(timeout=SOON)
    await visit(b, page.url)

    # There is a way past all the projects to the form.
    await expect(page.get_by_test_id("sample")).to_be_visible(timeout=SOON)
    await press("/")
    await expect(page.get_by_test_id("prompt")).to_be_focused()
    await page.keyboard.type(f"made without a mouse {QUICK}")
    async with page.expect_file_chooser() as files:
        # Not a single key: the browser takes a moment until it hands its choosers over.
        await tab_to(a, "attach")
        await press("Enter")
    await (await files.value).set_files(picture("keys.jpg"))
    await expect(cards(b, "completed")).to_have_count(1, timeout=PAINTED)
    await tab_to(a, "options")
    await press("Enter")
    await expect(page.get_by_role("group", name="How to make it")).to_be_visible()
    await press("Escape")
    await expect(page.get_by_test_id("options")).to_be_focused()
    await tab_to(a, "generate")
    await press("Enter")
    await expect(cards(b, "completed")).to_have_count(2, timeout=PAINTED)
    await expect(cards(a, "completed")).to_have_count(2, timeout=PAINTED)

    made, uploaded = await ids_of(a)
    await tab_to(a, "view", "Shift+Tab")
    await press("Home")
    await press("Enter")
    large = page.get_by_test_id("lightbox")
    await expect(large).to_have_attribute("data-id", made)
    await press("f")
    await expect(b.page.get_by_test_id("heart")).to_have_count(1, timeout=SOON)
    # The arrows lead on at once; only on the handle that parts before from after they move the handle.
    handle = page.get_by_test_id("compare-handle")
    await expect(handle).to_have_attribute("aria-valuenow", "50")
    await press("ArrowRight")
    await expect(large).to_have_attribute("data-id", uploaded)
    await press("ArrowLeft")
    await expect(large).to_have_attribute("data-id", made)
    await expect(handle).to_have_attribute("aria-valuenow", "50")
    await press("Tab")
    await expect(handle).to_be_focused()
    await press("ArrowRight")
    await expect(handle).to_have_attribute("aria-valuenow", "51")
    await expect(large).to_have_attribute("data-id", made)
    await press("Tab")
    await press("ArrowRight")
    await expect(large).to_have_attribute("data-id", uploaded)
    await press("Escape")
    await expect(view(a, 1)).to_be_focused()
    await press("Delete")
    await expect(cards(b)).to_have_count(1, timeout=SOON)
    assert await trash_of(b) == {uploaded}
    await press("z")
    await expect(cards(b)).to_have_count(2, timeout=SOON)
    project = page.url.rsplit("/", 1)[-1]
    told = (await asked(b, f"/api/projects/{project}/images"))["items"]
    assert [(image["id"], image["inputs"], image["favorite"]) for image in told] == [
        (made, [uploaded], True),
        (uploaded, [], False),
    ]
    assert (a.errors, b.errors) == ([], [])


async def test_the_focus_is_always_seen_and_what_opens_gives_it_back(open_tab: OpenTab) -> None:
    # A window so low that the form lies over half of the pictures.
    tab = await open_tab(**CALM, viewport={"width": 1000, "height": 560})
    page, press = tab.page, tab.page.keyboard.press
    await with_pictures(tab, 5)
    await page.reload()
    await tab.live()
    await expect(cards(tab, "completed")).to_have_count(5, timeout=SOON)
    assert await page.locator('[tabindex]:not([tabindex="0"], [tabindex="-1"])').count() == 0, (
        "no order but the page's own"
    )
    stops = await walk(page)
    assert len(stops) > 20 and wrong(stops) == []
    named = [stop["name"] for stop in stops]
    assert named.index("new-project") < named.index("view") < named.index("prompt") < named.index("generate")

    await page.get_by_test_id("options").focus()
    await press("Enter")
    assert wrong(await walk(page, 40)) == []
    await page.get_by_test_id("options").focus()
    await press("Enter")
    await page.get_by_test_id("prompt").blur()

    await page.get_by_test_id("view").nth(2).focus()
    await press("Enter")
    await expect(page.get_by_test_id("details")).to_be_visible()
    await is_a_trap(page, "lightbox")
    await press("Escape")
    await expect(page.get_by_test_id("view").nth(2)).to_be_focused()
    for opener, inside in (("open-spending", "spending"), ("open-keys", "keys-sheet")):
        await page.get_by_test_id(opener).focus()
        await press("Enter")
        await expect(page.get_by_test_id(inside)).to_be_visible(timeout=SOON)
        await is_a_trap(page, "sheet" if inside == "spending" else "keys")
        await press("Escape")
        await expect(page.get_by_test_id(inside)).to_have_count(0)
        await expect(page.get_by_test_id(opener)).to_be_focused()
    await a_question_gives_the_focus_back(tab)
    assert tab.errors == []


# Whether a question was closed before it went: what is only taken away gives nothing back.
CLOSED = """
() => {
  window.__closed = 0
  document.addEventListener('close', ({ target }) => target.matches('.confirm') && (window.__closed += 1), true)
}
"""


async def a_question_gives_the_focus_back(tab: WatchedPage) -> None:
    """Whatever the answer is, but that what was asked about may go."""
    page, press = tab.page, tab.page.keyboard.press
    await page.evaluate(CLOSED)
    await page.get_by_test_id("view").first.focus()
    await press("ControlOrMeta+a")
    await press("Delete")
    await page.get_by_test_id("trash-link").click()
    await page.get_by_test_id("select-all").click()
    purge = page.get_by_test_id("selection-purge")
    for number, answer in enumerate(("Escape", "confirm-no")):
        await purge.focus()
        await press("Enter")
        await expect(page.locator("dialog.confirm")).to_be_visible()
        await is_a_trap(page, "confirm")
        if answer == "Escape":
            await press(answer)
        else:
            await page.get_by_test_id(answer).click()
        await expect(page.locator("dialog.confirm")).to_have_count(0)
        await expect(purge).to_be_focused()
        assert await page.evaluate("__closed") == number + 1
    await purge.focus()
    await press("Enter")
    await page.get_by_test_id("confirm-yes").click()
    await expect(page.get_by_test_id("trash-empty")).to_be_visible(timeout=SOON)
    assert await page.evaluate("__closed") == 3
    # The page shows it before the server has done it.
    await eventually(lambda: trash_of(tab), lambda left: not left)


async def is_a_trap(page: Page, of: str) -> None:
    """Every stop is in the dialog, and can be seen."""
    stops = await walk(page)
    assert stops and {stop["inside"].split()[0] for stop in stops} == {of}
    assert wrong(stops) == []


async def test_four_pictures_are_told_in_two_sentences_and_the_bars_speak_words(
    atelier: Running, open_tab: OpenTab
) -> None:
    a = await open_tab(**CALM)
    b = await open_tab(at=await new_project(a), **CALM, locale="fr-FR")
    await a.page.get_by_test_id("options").click()
    for _ in range(3):
        await a.page.get_by_test_id("count-more").click()
    await a.page.keyboard.press("Escape")
    for tab in (a, b):
        await tab.page.evaluate(LISTEN)
    batch = await a.generate(f"four of them {HELD}")
    for tab, words in ((a, r"^\d+% done$"), (b, r"^Fait à \d+\s%$")):
        bars = tab.card(batch, "processing").get_by_role("progressbar")
        await expect(bars).to_have_count(4, timeout=PAINTED)
        await expect(bars.first).to_have_attribute("aria-valuetext", re.compile(words))
        await expect(bars.first).to_have_attribute("aria-valuenow", re.compile(r"^\d+$"))
        assert await tab.page.evaluate(MOVES) == []
    await release(atelier)
    for tab in (a, b):
        await expect(tab.card(batch, "completed")).to_have_count(4, timeout=PAINTED)
    await expect(a.page.get_by_test_id("announcer")).to_contain_text("4 pictures are ready.")
    assert await a.page.evaluate("__said") == ["4 pictures asked for.", "4 pictures are ready."]
    assert await b.page.evaluate("__said") == [], "it asked for nothing"
    # What waits is not measured: its place is said, and no number that would mean nothing.
    await a.page.request.post(f"{a.atelier.address}/api/queue/pause", headers={"origin": a.atelier.address})
    waits = await a.generate("waits for its turn")
    bar = b.card(waits, "pending").get_by_role("progressbar").first
    await expect(bar).to_have_attribute("aria-valuetext", re.compile(r"^En attente \(n°\d\)$"), timeout=SOON)
    assert await bar.get_attribute("aria-valuenow") is None
    assert (a.errors, b.errors) == ([], [])


async def color(page: Page, of: str, name: str, pseudo: str | None = None) -> str:
    """A colour as the browser draws it."""
    found = await page.evaluate(
        "([of, name, pseudo]) => getComputedStyle(document.querySelector(of), pseudo)[name]", [of, name, pseudo]
    )
    return str(found)


CLEAR = re.compile(r"^rgba\(.*, 0\)$")


async def contrast(page: Page, one: str, other: str) -> float:
    return float(await page.evaluate(CONTRAST, [one, other]))


@pytest.mark.parametrize("way", ["forced", "more"])
async def test_in_high_contrast_nothing_is_told_by_a_shade_alone(atelier: Running, open_tab: OpenTab, way: str) -> None:
    options = {"forced_colors": "active"} if way == "forced" else {"contrast": "more"}
    tab = await open_tab(**CALM, **options)
    page = tab.page
    plain = await open_tab(at=await with_pictures(tab, 2))
    batch = await tab.generate(f"in high contrast {way} {HELD}")
    await expect(tab.card(batch, "processing")).to_be_visible(timeout=PAINTED)
    paper = await color(page, "html", "backgroundColor")

    assert await contrast(page, await color(page, ".card .bar-fill", "backgroundColor"), paper) >= 3
    if way == "forced":
        assert await color(page, ".card .bar-line", "borderTopStyle") == "solid"
    for button in (".composer-send", ".options-button", ".text-button"):
        face = await color(page, button, "backgroundColor")
        face = paper if CLEAR.search(face) else face
        assert await contrast(page, await color(page, button, "color"), face) >= 4.5, button
    await page.get_by_test_id("options").focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    assert await color(page, ":focus + .choice-face", "outlineStyle") == "solid"
    assert await contrast(page, await color(page, ":focus + .choice-face", "outlineColor"), paper) >= 3
    name = "backgroundColor" if way == "forced" else "boxShadow"
    faces = [await color(page, f"input:{which} + .choice-face", name) for which in ("checked", "not(:checked)")]
    if way == "more":
        assert faces[0] != "none" and faces[1] == "none"
    else:
        assert await contrast(page, faces[0], paper) >= 3 and CLEAR.search(faces[1]), faces
    await page.keyboard.press("Escape")

    await page.get_by_test_id("prompt").focus()
    frame = await color(page, ".composer-panel", "outlineStyle" if way == "forced" else "boxShadow")
    assert frame != "none"
    await page.get_by_test_id("prompt").blur()
    await page.keyboard.press("ControlOrMeta+a")
    await expect(selected(tab)).to_have_count(3)
    ring = "outlineStyle" if way == "forced" else "boxShadow"
    assert await color(page, "[data-selected]", ring, "::after") != "none"
    await release(atelier)
    await plain.completed(batch)
    await expect(selected(plain)).to_have_count(0)
    told = await asked(plain, f"/api/projects/{plain.page.url.rsplit('/', 1)[-1]}/images")
    assert [image["status"] for image in told["items"]] == ["completed"] * 3
    assert (tab.errors, plain.errors) == ([], [])


# What is the same in both languages: what a person or the provider wrote, names, and the few words that are.
GIVEN = re.compile(r"\[\[|\.jpg|person-\d+@|flagged as violating|^[0-9a-f]{32}$|Nano ?Banana")
SAME = {"Atelier", "Untitled", "Image", "Auto", "Messages", "Pixels", "Ctrl", "Français", "English"}


async def test_the_language_changes_every_word_at_once_in_every_tab(open_tab: OpenTab) -> None:
    a = await open_tab()
    address = await new_project(a)
    switch = await a.page.context.new_page()
    await switch.goto(address)
    await expect(switch.get_by_test_id("lang-switch")).to_be_visible(timeout=SOON)
    failed = await a.generate("not this one [[refuse]]")
    await expect(a.card(failed, "failed")).to_be_visible(timeout=PAINTED)
    made = await a.generate(f"in two languages {QUICK}")
    await a.completed(made)
    b = await open_tab(at=address, locale="fr-FR")

    async def in_both(name: str) -> None:
        """The view that is open in one language and the other, and that nothing stayed behind."""
        english = set(await a.page.evaluate(WORDS))
        await switch.get_by_test_id("lang-switch").click()
        await expect(a.page.locator("html")).to_have_attribute("lang", "fr")
        french = set(await a.page.evaluate(WORDS))
        await switch.get_by_test_id("lang-switch").click()
        await expect(a.page.locator("html")).to_have_attribute("lang", "en")
        assert len(english) > 20, name
        assert [words for words in english & french - SAME if not GIVEN.search(words)] == [], name

    page, press = a.page, a.page.keyboard.press
    await page.get_by_test_id("options").click()
    await in_both("the pictures and the form")
    await press("Escape")
    await a.card(made, "completed").get_by_test_id("view").click()
    await expect(page.get_by_test_id("details")).to_be_visible()
    await in_both("the large view")
    await press("Escape")
    for opener, inside in (("open-spending", "ledger-entry"), ("open-keys", "keys-row")):
        await page.get_by_test_id(opener).click()
        await expect(page.get_by_test_id(inside).first).to_be_visible(timeout=SOON)
        await in_both(inside)
        await press("Escape")
    await view(a, 0).click(modifiers=["ControlOrMeta"])
    await press("ControlOrMeta+a")
    await expect(selected(a)).to_have_count(2)
    await in_both("the selection")
    await press("Delete")
    await page.get_by_test_id("trash-link").click()
    await expect(page.get_by_test_id("select-all")).to_be_visible(timeout=SOON)
    await in_both("the trash")
    await is_written_as_in_france(b, address, made)
    assert (a.errors, b.errors) == ([], [])


async def is_written_as_in_france(tab: WatchedPage, address: str, batch: str) -> None:
    """Plurals, money, numbers and dates; the pictures lie in the trash by now."""
    page = tab.page
    assert len(await trash_of(tab)) == 2
    await expect(page.get_by_test_id("price")).to_have_text(re.compile(r"0,04\s\$US$"))
    await page.get_by_test_id("trash-link").click()
    await page.get_by_test_id("select-all").click()
    await expect(page.get_by_test_id("selection-count")).to_have_text("2 sélectionnées")
    await cards(tab).first.click()
    await expect(page.get_by_test_id("selection-count")).to_have_text("1 sélectionnée")
    await page.get_by_test_id("selection-restore").click()
    await expect(page.get_by_test_id("toast")).to_contain_text("Image restaurée")
    await page.get_by_test_id("select-all").click()
    await page.get_by_test_id("selection-restore").click()
    await expect(page.get_by_test_id("trash-empty")).to_be_visible(timeout=SOON)
    # The page shows it at once; who goes elsewhere before the request has left takes it back.
    await eventually(lambda: trash_of(tab), lambda left: not left)
    await visit(tab, address)
    await tab.card(batch, "completed").get_by_test_id("view").click()
    facts = page.get_by_test_id("details").locator(".facts")
    await expect(facts).to_contain_text(re.compile(r"\d{1,2} \S+ \d{4}(,| à) \d{2}:\d{2}"))
    await expect(facts).to_contain_text(re.compile(r"0,04\s\$US"))
    await expect(facts).to_contain_text(re.compile(r"\d\s(o|ko|Mo)"))
