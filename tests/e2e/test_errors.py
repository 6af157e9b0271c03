"""What is refused or breaks has a sentence and at most one button, in both languages; nothing is lost or blank."""

from __future__ import annotations

import asyncio
import json
import re
import struct
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Browser, BrowserContext, Locator, Page, Route, expect

from tests.e2e.conftest import AS_USUAL, OpenTab
from tests.e2e.hands import PAINTED, QUICK, SOON, cards, chosen, new_project, picture, visit
from tests.e2e.test_hands import asked
from tests.e2e.test_page_reach import PHONE
from tests.e2e.test_page_states import CLICKS
from tests.e2e.watched_page import WatchedPage
from tests.pictures import png_bomb
from tests.running import Running
from tests.studio import eventually

RETRY = ("Try again", "Réessayer")
EDIT = ("Edit the prompt", "Modifier la description")


async def two_tabs(open_tab: OpenTab, **options: Any) -> tuple[WatchedPage, WatchedPage, str]:
    """Two browsers of one person on a new project; its id."""
    a = await open_tab(**options)
    address = await new_project(a)
    b = await open_tab(at=address)
    return a, b, address.rsplit("/", 1)[-1]


async def count_of(tab: WatchedPage, project: str) -> int:
    """How many pictures the project has, by the API."""
    return len((await asked(tab, f"/api/projects/{project}/images"))["items"])


def refused(tab: WatchedPage, code: str) -> Locator:
    return tab.page.locator(f'[data-testid=card][data-refused="{code}"]')


async def says(tab: WatchedPage, where: Locator, sentences: tuple[str, str], button: tuple[str, str] | None) -> None:
    """It says so in English and, once the language is changed, in French, with that one button or none."""
    for index in (0, 1):
        await expect(where).to_contain_text(sentences[index], timeout=SOON)
        await expect(where.locator(".button")).to_have_text([button[index]] if button else [])
        await tab.page.get_by_test_id("lang-switch").click()


async def spends_at_most(tab: WatchedPage, usd: float | None) -> None:
    answer = await tab.page.request.patch(
        f"{tab.atelier.address}/api/workspace", data={"daily_cap_usd": usd}, headers={"origin": tab.atelier.address}
    )
    assert answer.ok, await answer.text()


def broken(status: int, body: str) -> Callable[[Route], Awaitable[None]]:
    """A fault of the server that it cannot be brought to by itself."""

    async def answer(route: Route) -> None:
        await route.fulfill(status=status, body=body, content_type="application/problem+json")

    return answer


async def test_what_is_refused_says_so_keeps_what_was_typed_and_leaves_nothing_half_done(
    atelier: Running, open_tab: OpenTab
) -> None:
    a, b, project = await two_tabs(open_tab)
    page, before = a.page, len(await atelier.charges())
    typed = f"typed once {QUICK}"
    prompt, generate = page.get_by_test_id("prompt"), page.get_by_test_id("generate")
    await prompt.fill(typed)

    async def nothing_came_of_it(made: int) -> None:
        await expect(prompt).to_have_value(typed)
        await expect(cards(b)).to_have_count(made)
        assert await count_of(b, project) == made
        assert len(await atelier.charges()) == before + made

    await page.context.set_offline(True)
    await generate.click()
    unreachable = refused(a, "unreachable")
    await says(a, unreachable, ("The server could not be reached.", "Le serveur est injoignable."), RETRY)
    await nothing_came_of_it(0)
    await page.context.set_offline(False)
    await unreachable.get_by_test_id("retry").click()
    for tab in (a, b):
        await expect(cards(tab, "completed")).to_have_count(1, timeout=PAINTED)

    faults = (
        (
            503,
            json.dumps({"code": "unavailable"}),
            "unavailable",
            ("The server is busy for a moment.", "Le serveur est occupé pour un instant."),
        ),
        (500, "<html>", "internal", ("Something broke on the server.", "Une erreur s’est produite sur le serveur.")),
    )
    for status, body, code, sentences in faults:
        await page.route("**/generations", broken(status, body))
        await generate.click()
        await says(a, refused(a, code), sentences, RETRY)
        await nothing_came_of_it(1)
        await page.unroute("**/generations")
        await refused(a, code).get_by_test_id("dismiss").click()
        await expect(cards(a)).to_have_count(1)

    await spends_at_most(a, 0.05)
    await generate.click()
    cap = (
        "The limit for today is $0.05: $0.04 is spent or on its way, and this costs $0.04.",
        "La limite du jour est de 0,05 $US : 0,04 $US sont dépensés ou engagés, et ceci coûte 0,04 $US.",
    )
    await says(a, refused(a, "daily_cap_reached"), cap, EDIT)
    await nothing_came_of_it(1)
    await prompt.fill("something else")
    await refused(a, "daily_cap_reached").get_by_test_id("edit").click()
    await expect(prompt).to_have_value(typed)
    await spends_at_most(a, None)
    await generate.click()
    for tab in (a, b):
        await expect(cards(tab, "completed")).to_have_count(2, timeout=PAINTED)
    await nothing_came_of_it(2)
    assert (a.errors, b.errors) == ([], [])


def claimed(side: int) -> bytes:
    """A PNG whose head tells of a square of that side; what follows is 8 pixels."""
    small = png_bomb(8, 1)
    head = b"IHDR" + struct.pack(">II", side, side) + small[24:29]
    return small[:12] + head + struct.pack(">I", zlib.crc32(head)) + small[33:]


async def test_a_file_that_will_not_do_says_why_and_is_not_kept(open_tab: OpenTab, tmp_path: Path) -> None:
    a, b, project = await two_tabs(open_tab)
    await a.page.get_by_test_id("prompt").fill("what is typed stays")
    large = tmp_path / "large.jpg"
    with large.open("wb") as file:
        file.truncate(40_000_000)
    await chosen(
        a,
        {"name": "moving.gif", "mimeType": "image/gif", "buffer": b"GIF89a"},
        {"name": "letter.png", "mimeType": "image/png", "buffer": b"no picture at all"},
        {"name": "huge.png", "mimeType": "image/png", "buffer": claimed(30_000)},
    )
    await a.page.get_by_test_id("file-input").set_input_files(large)
    unsupported = ("Only JPEG, PNG and WebP pictures can be used.", "Seules les images JPEG, PNG et WebP conviennent.")
    pixels = ("This picture has too many pixels.", "Cette image a trop de pixels.")
    heavy = ("The file is too large. The limit is 31 MB.", "Le fichier est trop lourd. La limite est de 31 Mo.")
    for code, name, sentences in (
        ("unsupported_picture", "moving.gif", unsupported),
        ("unsupported_picture", "letter.png", unsupported),
        ("too_many_pixels", "huge.png", pixels),
        ("too_large", "large.jpg", heavy),
    ):
        await says(a, refused(a, code).filter(has_text=name), sentences, None)
    await expect(a.page.get_by_test_id("input-chip")).to_have_count(0)

    # Its head is that of a picture: the server takes it, and finds out when it reads it.
    whole = picture("half.jpg", 300)
    await chosen(a, {**whole, "buffer": whole["buffer"][: len(whole["buffer"]) // 3]})
    for tab in (a, b):
        await expect(cards(tab, "failed").filter(has_text="half.jpg")).to_be_visible(timeout=PAINTED)
    unreadable = ("This file is not a picture that can be read.", "Ce fichier n’est pas une image lisible.")
    await says(a, cards(a, "failed").filter(has_text="half.jpg"), unreadable, None)
    await expect(a.page.get_by_test_id("prompt")).to_have_value("what is typed stays")
    await expect(cards(b)).to_have_count(1)
    (only,) = (await asked(b, f"/api/projects/{project}/images"))["items"]
    assert (only["status"], only["error"]["code"], only["renditions"]) == ("failed", "bad_image", {})
    assert (a.errors, b.errors) == ([], [])


async def test_too_much_at_once_counts_down_in_french_and_what_was_taken_is_all_there(open_tab: OpenTab) -> None:
    a, b, project = await two_tabs(open_tab, locale="fr-FR")
    await a.page.get_by_test_id("prompt").fill(f"encore {QUICK}")
    async with asyncio.timeout(SOON / 1000):
        await a.page.get_by_test_id("generate").evaluate(CLICKS)
    limited = refused(a, "rate_limited")
    await expect(limited.first).to_contain_text("C’était beaucoup à la fois.")
    await expect(limited.first.locator(".button")).to_have_count(1)
    await expect(cards(a, "provisional")).to_have_count(0, timeout=SOON)
    taken = 14 - await limited.count()
    await expect(a.page.get_by_test_id("rate-countdown")).to_have_count(0, timeout=SOON)
    await expect(limited.first.locator(".button")).to_have_text("Réessayer")
    await expect(limited.first).not_to_contain_text("Reprenez")
    await expect(a.page.get_by_test_id("prompt")).to_have_value(f"encore {QUICK}")
    for tab in (a, b):
        await expect(cards(tab, "completed")).to_have_count(taken, timeout=PAINTED)
    assert await count_of(b, project) == taken
    assert (a.errors, b.errors) == ([], [])


async def test_what_is_gone_says_so_and_leads_on(open_tab: OpenTab) -> None:
    a, b, project = await two_tabs(open_tab)
    page = a.page
    await chosen(a, picture("gone.jpg"))
    await expect(page.locator('[data-testid=input-chip][data-state="ready"]')).to_have_count(1, timeout=SOON)
    await cards(b, "completed").hover()
    await b.page.get_by_test_id("delete").click()
    await expect(page.locator('[data-testid=input-chip][data-state="failed"]')).to_have_count(1, timeout=SOON)
    await a.generate("of a picture that is gone")
    gone = ("One of the pictures cannot be used any more.", "Une des images ne peut plus servir.")
    await says(a, page.locator("[data-testid=card][data-refused]"), gone, EDIT)
    assert await count_of(b, project) == 0

    for language, words in ((0, "no longer there, or no longer yours"), (1, "n’est plus là, ou n’est plus à vous")):
        await visit(a, f"{a.atelier.address}/p/{project}/i/{uuid4()}")
        await expect(page.get_by_test_id("toast")).to_contain_text(words, timeout=SOON)
        await expect(page.get_by_test_id("toast").locator(".text-button")).to_have_count(0)
        await expect(page.get_by_test_id("lightbox")).to_have_count(0)
        if language == 0:
            await page.get_by_test_id("lang-switch").click()
    await page.get_by_test_id("lang-switch").click()

    # The session is ended from elsewhere: at the door again, and back to what was typed.
    await page.get_by_test_id("prompt").fill("typed before the session ended")
    headers = {"origin": a.atelier.address}
    assert (await page.request.delete(f"{a.atelier.address}/api/sessions/current", headers=headers)).ok
    await expect(page.get_by_test_id("door")).to_contain_text("Sign in with a link", timeout=SOON)
    await page.get_by_test_id("lang-switch").click()
    await expect(page.get_by_test_id("door")).to_contain_text("Entrez avec un lien")
    await page.get_by_test_id("lang-switch").click()
    await expect(b.page.get_by_test_id("composer")).to_be_visible()
    email = (await asked(b, "/api/me"))["account"]["email"]
    await page.goto(await a.atelier.link(email))
    await a.live()
    await expect(page.get_by_test_id("prompt")).to_have_value("typed before the session ended")

    row = b.page.locator(".side-item", has=b.page.locator(f'[data-id="{project}"]'))
    await row.hover()
    await row.get_by_test_id("delete-project").click()
    sentences = (
        "It was deleted, or it belongs to somebody else.",
        "Il a été supprimé, ou il appartient à quelqu’un d’autre.",
    )
    back = ("Back to my projects", "Retour à mes projets")
    await says(a, page.get_by_test_id("project-gone"), sentences, back)
    assert await asked(b, f"/api/projects/{project}") == 404
    await page.get_by_test_id("project-gone").locator(".button").click()
    await a.live()
    await expect(page.get_by_test_id("project-gone")).to_have_count(0)
    assert (a.errors, b.errors) == ([], [])


async def test_a_list_that_cannot_be_fetched_is_asked_for_again_by_one_button(open_tab: OpenTab) -> None:
    a, b, project = await two_tabs(open_tab)
    await chosen(b, picture("there.jpg"))
    await expect(cards(a, "completed")).to_have_count(1, timeout=PAINTED)
    images = re.compile(rf"/projects/{project}/images")
    await a.page.route(images, broken(503, json.dumps({"code": "unavailable"})))
    await a.page.reload()
    trouble = a.page.get_by_role("alert")
    await says(a, trouble, ("The server is busy for a moment.", "Le serveur est occupé pour un instant."), RETRY)
    await a.page.unroute(images)
    await a.page.get_by_test_id("reload-list").click()
    await expect(cards(a, "completed")).to_have_count(1, timeout=SOON)
    assert await count_of(b, project) == 1


async def test_a_view_that_breaks_shows_itself_and_how_to_report_it(open_tab: OpenTab) -> None:
    a, b, project = await two_tabs(open_tab, permissions=["clipboard-read", "clipboard-write"])
    page = a.page
    await chosen(b, picture("whole.jpg"))
    await expect(cards(a, "completed")).to_have_count(1, timeout=PAINTED)
    await page.get_by_test_id("prompt").fill("typed before it broke")

    # As a server would answer that is newer than the page.
    async def strange(route: Route) -> None:
        answer = await (await route.fetch()).json()
        await route.fulfill(json={**answer, "items": [{**one, "renditions": None} for one in answer["items"]]})

    images = re.compile(rf"/projects/{project}/images")
    await page.route(images, strange)
    await page.reload()
    broken_view = page.get_by_test_id("broken")
    await expect(broken_view).to_contain_text("This page broke", timeout=SOON)
    await expect(broken_view).to_contain_text("send it to the person who runs this Atelier")
    await page.get_by_test_id("broken-copy").click()
    await expect(broken_view.get_by_role("status")).to_have_text("Copied")
    copied = await page.evaluate("navigator.clipboard.readText()")
    assert "thumb" in copied, "what happened"
    assert page.url in copied and "Mozilla/" in copied
    assert "typed before" not in copied, "what one wrote is nobody's business"
    await expect(cards(b, "completed")).to_have_count(1)
    assert await count_of(b, project) == 1

    await page.evaluate("localStorage.setItem('atelier:language', 'fr')")
    await page.reload()
    await expect(broken_view).to_contain_text("Cette page s’est brisée", timeout=SOON)
    await expect(page.get_by_test_id("broken-copy")).to_have_text("Copier ce qui s’est passé")
    await page.unroute(images)
    await page.get_by_test_id("broken-reload").click()
    await a.live()
    await expect(cards(a, "completed")).to_have_count(1, timeout=SOON)
    await expect(page.get_by_test_id("prompt")).to_have_value("typed before it broke")

    # What breaks before the first view is drawn is not a page that loads for ever.
    await page.route("**/api/me", broken(200, "{}"))
    await page.reload()
    await expect(broken_view).to_be_visible(timeout=SOON)
    assert b.errors == []


OLD = ("This page is older than the server. Reload it.", "Cette page est plus ancienne que le serveur. Rechargez-la.")
AWAY = ("The server could not be reached.", "Le serveur est injoignable.")


@pytest.mark.parametrize(("options", "language"), [({}, 0), (PHONE, 1)], ids=["wide, english", "phone, french"])
async def test_a_part_that_does_not_come_says_so_and_has_one_button(
    open_tab: OpenTab, options: dict[str, Any], language: int
) -> None:
    a, b, _ = await two_tabs(open_tab)
    a = await open_tab(**options)
    page = a.page
    await chosen(b, picture("later.jpg"))
    await visit(a, b.page.url)
    await expect(cards(a, "completed")).to_have_count(1, timeout=PAINTED)
    view, sheet, large = page.get_by_test_id("view"), page.get_by_test_id("keys-sheet"), page.get_by_test_id("lightbox")

    async def open_keys() -> None:
        await page.keyboard.press("?")

    # The server has other files by now: only another page can be whole.
    parts = re.compile(r"/assets/(Looking|KeysSheet)-.*\.js")
    await page.evaluate("words => localStorage.setItem('atelier:language', words)", ("en", "fr")[language])
    for ask, opened in ((view.click, large), (open_keys, sheet)):
        await page.route(parts, broken(404, ""))
        await page.reload()
        await a.live()
        await ask()
        await one_message(page, OLD[language], ("Reload", "Recharger")[language])
        await expect(opened).to_have_count(0)
        await page.unroute(parts)
        loads = a.loads
        await page.get_by_test_id("reload").click()
        await eventually(lambda: a_moment(a.loads), lambda now, before=loads: now > before)  # type: ignore[misc]
        await a.live()
        await ask()
        await expect(opened).to_be_visible(timeout=SOON)
        await page.keyboard.press("Escape")
        await expect(opened).to_have_count(0)

    # There is no network: what the button tries works once there is. What was kept by the browser is not asked for.
    await page.route(parts, lambda route: route.abort())
    await page.reload()
    await a.live()
    await page.context.set_offline(True)
    await expect(page.get_by_test_id("offline")).to_be_visible(timeout=SOON)
    await open_keys()
    await one_message(page, AWAY[language], RETRY[language])
    await page.unroute(parts)
    await page.context.set_offline(False)
    await page.get_by_test_id("load-again").click()
    await expect(sheet).to_be_visible(timeout=SOON)
    await page.keyboard.press("Escape")
    await expect(cards(b, "completed")).to_have_count(1)
    assert (a.errors, b.errors) == ([], [])


async def a_moment(value: int) -> int:
    return value


async def one_message(page: Page, words: str, button: str) -> None:
    """It says this, with one button beside the one that closes it."""
    toast = page.get_by_test_id("toast").last
    await expect(toast).to_contain_text(words, timeout=SOON)
    await expect(toast.locator(".text-button")).to_have_text([button])


@pytest.fixture
async def stranger(atelier: Running, chromium: Browser) -> AsyncIterator[Callable[..., Awaitable[BrowserContext]]]:
    """A browser that was never here."""
    contexts: list[BrowserContext] = []

    async def open_one(**options: Any) -> BrowserContext:
        contexts.append(await chromium.new_context(**{**AS_USUAL, **options}))
        return contexts[-1]

    yield open_one
    for context in contexts:
        await context.close()


async def test_without_its_program_the_page_is_not_blank(
    atelier: Running, stranger: Callable[..., Awaitable[BrowserContext]]
) -> None:
    for language, words in (("en-US", "Atelier takes long to load"), ("fr-FR", "Atelier met du temps à se charger")):
        page = await (await stranger(locale=language)).new_page()
        await page.route(re.compile(r"/assets/index-.*\.js"), broken(500, ""))
        await page.goto(atelier.address)
        boot = page.get_by_test_id("boot")
        # It is patient with a slow network; the test is not.
        assert await boot.evaluate("one => getComputedStyle(one).animationDelay") == "5s"
        await boot.evaluate("one => one.getAnimations().forEach((way) => way.finish())")
        await expect(boot.get_by_role("heading")).to_have_text([words], timeout=SOON)
        await expect(boot.get_by_role("link")).to_have_count(1)
        await page.unroute(re.compile(r"/assets/index-.*\.js"))
        await boot.get_by_role("link").click()
        await expect(page.get_by_test_id("door")).to_be_visible(timeout=SOON)
        await expect(boot).to_have_count(0)
    silent = await (await stranger(java_script_enabled=False)).new_page()
    await silent.goto(atelier.address)
    await expect(silent.locator("noscript main")).to_be_visible()
    for words in ("Atelier needs JavaScript.", "Atelier a besoin de JavaScript."):
        await expect(silent.locator("noscript main")).to_contain_text(words)
    await expect(silent.get_by_test_id("boot")).to_be_hidden()
